// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/instance.hpp"

#include "ipmmu/master.hpp"

namespace ipmmu {
namespace {

const char* find_obstacle(const Soc& soc, const ipmmu_platform& platform)
{
	if (platform.size < soc.layout.span())
		return "the register range is too small for this SoC";
	if (platform.root && !soc.layout.leaves)
		return "this SoC has no roots and leaves";
	if (platform.root && &Ipmmu::from(platform.root).layout() != &soc.layout)
		return "its root is of another generation";
	if (platform.root && !Ipmmu::from(platform.root).is_root())
		return "its renesas,ipmmu-main is a leaf";
	return nullptr;
}

// An empty box for a leaf, which uses the root of another IPMMU.
Result<core::Box<Root>> create_root(device* dev, const Soc& soc, const ipmmu_platform& platform)
{
	if (platform.root)
		return core::Box<Root>();

	const char* why_not;
	const u32 stage = choose_stage(soc, platform, why_not);
	if (why_not)
		os_log(dev, OS_WARNING, "stage 2 requested, stage 1 is used: %s", why_not);
	return Root::create(dev, soc, stage);
}

}  // namespace

Result<core::Box<Ipmmu>> Ipmmu::create(device* dev, const ipmmu_platform& platform)
{
	const Soc* soc = find_soc(platform.soc);
	if (!soc) {
		os_log(dev, OS_ERROR, "unknown SoC (%u)", platform.soc);
		return core::error(core::Errno::kNoDevice);
	}
	if (const char* why = find_obstacle(*soc, platform)) {
		os_log(dev, OS_ERROR, "%s: %s", soc->name, why);
		return core::error(core::Errno::kInvalid);
	}
	if (os_dma_set_mask(dev, kPhysicalBits) < 0) {
		os_log(dev, OS_ERROR, "failed to set DMA mask of %u bits", kPhysicalBits);
		return core::error(core::Errno::kIo);
	}
	auto owned = TRY(create_root(dev, *soc, platform));
	Root& root = owned ? *owned : from(platform.root).root();
	return core::make_box<Ipmmu>(dev, platform.base, root, std::move(owned));
}

Ipmmu::Ipmmu(device* dev, void* base, Root& root, core::Box<Root> owned)
	: dev_(dev),
	  mmio_(base),
	  root_(root),
	  owned_(std::move(owned))
{
	info_ = {
		.utlbs = layout().utlbs,
		.contexts = root_.usable_contexts(),
		.first_context = root_.layout().first_context,
		.domains = root_.usable_domains(),
		.stage = root_.stage(),
		.ias = input_bits(root_.stage()),
		.is_root = static_cast<bool>(owned_),
		.has_masters = !owned_ || !layout().leaves,
	};
	root_.join(*this);
}

// The root is destroyed while this IPMMU is still its first member: Domain::flush() uses the
// registers of own() until ~Root() has orphaned the domains.
Ipmmu::~Ipmmu()
{
	if (is_root())
		owned_.reset();
	else
		root_.leave(*this);
}

Result<> Ipmmu::hold(Context& context)
{
	if (users_[context.number]++)
		return {};
	in_use_ |= context.bit();
	update_live();
	if (!active())
		return {};
	auto flushed = root_.flush(context);  // also enables it here
	if (!flushed)
		release(context);
	return flushed;
}

void Ipmmu::release(Context& context)
{
	if (--users_[context.number])
		return;
	in_use_ &= ~context.bit();
	update_live();
	if (!active())
		leave_on(context);
	else if (!is_root())
		disable(context.bank);
}

void Ipmmu::point(u32 n, Context* context)
{
	Context* const old = std::exchange(utlbs_[n].context, context);
	if (context)
		users_[context->number]++;
	utlbs_[n].written = false;
	if (active())
		write_utlb(n);
	if (old)
		release(*old);
}

void Ipmmu::join(Master& master)
{
	Guard guard(root_.lock());
	masters_.prepend(master);
}

void Ipmmu::leave(Master& master)
{
	Guard guard(root_.lock());
	masters_.remove(master);
}

}  // namespace ipmmu
