// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/master.hpp"

namespace ipmmu {

Result<core::Box<Master>> Master::create(Ipmmu& ipmmu, device* dev, std::span<const u32> utlbs)
{
	for (u32 n : utlbs) {
		if (n < ipmmu.info().utlbs)
			continue;
		os_log(ipmmu.dev(), OS_ERROR, "micro-TLB %u is out of range (%u micro-TLBs)", n,
		       ipmmu.info().utlbs);
		return core::error(core::Errno::kInvalid);
	}
	auto copy = TRY(core::Array<u32>::allocate(utlbs.size()));
	for (size_t i = 0; i < utlbs.size(); i++)
		copy[i] = utlbs[i];
	return core::make_box<Master>(ipmmu, dev, std::move(copy));
}

Master::Master(Ipmmu& ipmmu, device* dev, core::Array<u32> utlbs)
	: ipmmu_(ipmmu),
	  dev_(dev),
	  utlbs_(std::move(utlbs))
{
	ipmmu_.join(*this);
}

Master::~Master()
{
	detach();
}

void Master::detach()
{
	core::Locked reports(root().reports());
	{
		Guard guard(root().lock());
		move(nullptr, nullptr);
	}
	ipmmu_.leave(*this);
}

bool Master::shares_with(const Master& other) const
{
	if (&ipmmu_ != &other.ipmmu_)
		return false;
	for (size_t i = 0; i < utlbs_.size(); i++)
		for (size_t j = 0; j < other.utlbs_.size(); j++)
			if (utlbs_[i] == other.utlbs_[j])
				return true;
	return false;
}

bool Master::shares_context() const
{
	Guard guard(root().lock());
	return context_ && context_->masters > 1;
}

// A micro-TLB has one context, so devices of different groups can't share it with different
// contexts.
//
// Every micro-TLB of a failed root is quarantined.  Linux frees the old domain even if the attach
// to the new one fails, so the device is detached from it.
Result<> Master::check(const Context* context, const void* group)
{
	if (context && root().failed()) {
		move(nullptr, group);
		return core::error(core::Errno::kIo);
	}
	for (size_t i = 0; context && i < utlbs_.size(); i++) {
		const Utlb& utlb = ipmmu_.utlb(utlbs_[i]);
		const u32 others = utlb.users - (context_ ? 1 : 0);
		if (others && utlb.group != group && utlb.context != context)
			return core::error(core::Errno::kBusy);
	}
	return {};
}

// The first device of a group changes the translation of the micro-TLB for all of them.  The last
// device that is detached disables the micro-TLB.
void Master::move(Context* context, const void* group)
{
	for (size_t i = 0; i < utlbs_.size(); i++) {
		Utlb& utlb = ipmmu_.utlb(utlbs_[i]);
		utlb.users += (context ? 1 : 0) - (context_ ? 1 : 0);
		utlb.group = context ? group : utlb.group;
		Context* const wanted = context ? context : utlb.users ? utlb.context : nullptr;
		if (utlb.context != wanted)
			ipmmu_.point(utlbs_[i], wanted);
	}
	Context* const old = std::exchange(context_, context);
	if (context)
		context->masters++;
	if (old && --old->masters == 0 && old == &root().empty_context())
		(void)root().give(*old);  // has the empty table
}

Result<> Master::attach(Context& context, const void* group)
{
	Guard guard(root().lock());
	TRY(check(&context, group));
	ipmmu_.claim();
	TRY(ipmmu_.hold(context));
	move(&context, group);
	ipmmu_.release(context);
	return {};
}

Result<> Master::attach_identity(const void* group)
{
	Guard guard(root().lock());
	TRY(check(nullptr, group));
	ipmmu_.claim();
	move(nullptr, group);
	return {};
}

Result<> Master::attach_blocked(const void* group)
{
	Guard guard(root().lock());
	Context& empty = root().empty_context();
	TRY(check(&empty, group));
	ipmmu_.claim();
	if (!empty.taken())
		TRY(root().take(empty));
	auto held = ipmmu_.hold(empty);
	if (held) {
		move(&empty, group);
		ipmmu_.release(empty);
	} else if (!empty.masters) {
		(void)root().give(empty);
	}
	return held;
}

}  // namespace ipmmu
