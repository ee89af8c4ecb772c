// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/targets.hpp"

#include <algorithm>

namespace smmu3 {
namespace {

void forget_all_at(const Target& target, Commands::ReadSection& section)
{
	(void)target.commands->issue(section, std::array{target.all});
}

// Not inlined, so that ranges need no registers for it.
[[gnu::noinline]] void forget_entries_at(const Target& target, Commands::ReadSection& section,
					 const TlbRange& range)
{
	[[clang::uninitialized]] Commands::Batch batch(*target.commands, section);
	if (!too_big_for_entries(range) && add_entries(batch, target.by_address, range))
		(void)batch.submit();
	else
		forget_all_at(target, section);
}

// Not inlined, so that one piece needs no stack for the others.
[[gnu::noinline]] void forget_pieces_at(const Target& target, Commands::ReadSection& section,
					const TlbRange& range)
{
	[[clang::uninitialized]] Commands::Batch batch(*target.commands, section);
	if (add_ranges(batch, RangeCommands(target.by_address, range)))
		(void)batch.submit();
	else
		forget_all_at(target, section);
}

// Not inlined: a call for each target takes fewer instructions.
[[gnu::noinline]] void forget_at(const Target& target, Commands::ReadSection& section,
				 const TlbRange& range)
{
	if (!target.ranges) {
		forget_entries_at(target, section, range);
		return;
	}

	RangeCommands commands(target.by_address, range);
	const Command first = commands.next();
	if (commands.at_end()) [[likely]]
		(void)target.commands->issue(section, std::array{first});
	else
		forget_pieces_at(target, section, range);
}

// The commands of one device share a CMD_SYNC.  Returns the first target behind those of the device.
const Target* forget_device(Targets::Span left, Commands::ReadSection& section, AtcSpan span)
{
	const Target* target = left.begin();
	AtsDevice& device = *target->ats;
	[[clang::uninitialized]] AtsDevice::Batch batch(device, section);
	for (; target != left.end() && target->ats == &device; ++target)
		batch.add(in_span(target->by_address, span));
	batch.submit();
	return target;
}

// The devices in front of the next SMMU.
const Target* forget_devices_in(Targets::Span left, Commands::ReadSection& section, AtcSpan span)
{
	const Target* target = left.begin();
	while (target != left.end() && target->ats) {
		target = forget_device({target, left.end()}, section, span);
		if (target != left.end())
			section.breathe();
	}
	return target;
}

// Not inlined, so that SMMUs need no stack and no registers for it.
[[gnu::noinline]] const Target* forget_devices(Targets::Span left, Commands::ReadSection& section)
{
	return forget_devices_in(left, section, kWholeAtc);
}

[[gnu::noinline]] const Target* forget_devices(Targets::Span left, Commands::ReadSection& section,
					       const TlbRange& range)
{
	return forget_devices_in(left, section, atc_span(range.iova, range.iova + range.size - 1));
}

// Calls `forget` for each SMMU, and `forget_devices` for the devices behind it, which it passes over.  Interrupts are
// enabled for a moment between two of them, each of which may take until its SMMU times out.  The list is that of one
// section, which goes on.
template <class Forget, class ForgetDevices>
[[gnu::always_inline]] inline void for_each(Targets::Span targets, Commands::ReadSection& section,
					    Forget forget, ForgetDevices forget_devices)
{
	for (const Target* target = targets.begin(); target != targets.end();) {
		forget(*target);
		if (++target == targets.end()) [[likely]]
			return;
		section.breathe();
		target = forget_devices(Targets::Span(target, targets.end()));
	}
}

}  // namespace

void Targets::forget_all()
{
	Commands::ReadSection section;
	for_each(
		list_.read(), section,
		[&](const Target& target) { forget_all_at(target, section); },
		[&](Span left) { return forget_devices(left, section); });
}

void Targets::forget(u64 iova, u64 size, Leaves leaves, Levels levels)
{
	const TlbRange range{iova, size, leaves, page_shift_, levels};
	Commands::ReadSection section;
	for_each(
		list_.read(), section,
		[&](const Target& target) { forget_at(target, section, range); },
		[&](Span left) { return forget_devices(left, section, range); });
}

// A target that was removed since has forgotten everything, too.
bool Targets::have_forgotten() const
{
	Commands::ReadSection section;
	return std::ranges::none_of(list_.read(), [](const Target& target) {
		return target.unanswered && target.unanswered->owes();
	});
}

// A suspended SMMU has completed them (Smmu::quiesce()).
core::Result<> Targets::complete()
{
	core::Result<> all_done;
	Commands::ReadSection section;
	for_each(
		list_.read(), section,
		[&](const Target& target) {
			if (auto done = target.commands->issue(section, {}); !done)
				all_done = core::error(done.error());
		},
		[](Span left) { return std::ranges::find(left, nullptr, &Target::ats); });
	return all_done;
}

core::Result<> Targets::make_room(size_t count)
{
	TRY(list_.reserve(count + streams_));
	smmus_ = count;
	return {};
}

bool Targets::has(Smmu& smmu) const
{
	return std::ranges::any_of(all(), [&](const Target& target) { return target.is_at(smmu); });
}

// The gate is changed before the list, whose grace period covers both.
void Targets::add(const Target& target)
{
	set_gate(all().empty() ? target.commands->gate() : never_stopped_);
	list_.add(target);
}

void Targets::remove(Smmu& smmu)
{
	set_gate_without(smmu);
	list_.remove_if([&](const Target& target) { return target.is_at(smmu); });
}

void Targets::set_gate_without(Smmu& smmu)
{
	const Target* only = nullptr;
	u32 others = 0;
	for (const Target& target : all())
		if (!target.ats && !target.is_at(smmu)) {
			only = &target;
			others++;
		}
	set_gate(others == 1 ? only->commands->gate() : never_stopped_);
}

// The gate stays that of the SMMU.
core::Result<> Targets::add(Smmu& smmu, AtsDevice& device, Pasid pasid)
{
	TRY(list_.reserve(smmus_ + streams_ + device.sids().size()));
	streams_ += device.sids().size();
	for (Sid sid : device.sids())
		list_.insert(Target(smmu, device, sid, pasid),
			     [&](const Target& target) { return target.ats == &device; });
	return {};
}

void Targets::remove(AtsDevice& device, Pasid pasid)
{
	list_.remove_if([&](const Target& target) { return target.is_atc_of(device, pasid); });
	streams_ -= device.sids().size();
}

}  // namespace smmu3
