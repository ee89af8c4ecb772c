// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/targets.hpp"

#include <algorithm>

namespace smmu3 {
namespace {

void forget_all_at(const Target& target, Commands::ReadSection& section)
{
	(void)target.commands->issue(section, std::array{target.all});
}

// Not inlined: a call for each target takes fewer instructions.
[[gnu::noinline]] void forget_at(const Target& target, Commands::ReadSection& section,
				 const TlbRange& range)
{
	if (!target.ranges && too_big_for_entries(range)) {
		forget_all_at(target, section);
		return;
	}

	[[clang::uninitialized]] Commands::Batch batch(*target.commands, section);
	auto added = target.ranges ? add_ranges(batch, target.by_address, range)
				   : add_entries(batch, target.by_address, range);
	if (!added) {
		forget_all_at(target, section);
		return;
	}
	(void)batch.submit();
}

// Calls `forget` for each of `targets`.  Interrupts are enabled for a moment between two of them,
// each of which may take until its SMMU times out.  The list is that of one section, which goes on.
template <class Forget>
[[gnu::always_inline]] inline void for_each(core::RcuArray<Target, Platform>::Elements targets,
					    Commands::ReadSection& section, Forget forget)
{
	for (const Target* target = targets.begin(); target != targets.end();) {
		forget(*target);
		if (++target != targets.end()) [[unlikely]]
			section.breathe();
	}
}

}  // namespace

void Targets::forget_all()
{
	Commands::ReadSection section;
	for_each(list_.read(), section,
		 [&](const Target& target) { forget_all_at(target, section); });
}

void Targets::forget(u64 iova, u64 size, u64 granule, Levels levels)
{
	const TlbRange range{iova, size, granule, page_shift_, levels};
	Commands::ReadSection section;
	for_each(list_.read(), section,
		 [&](const Target& target) { forget_at(target, section, range); });
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
		if (!target.is_at(smmu)) {
			only = &target;
			others++;
		}
	set_gate(others == 1 ? only->commands->gate() : never_stopped_);
}

}  // namespace smmu3
