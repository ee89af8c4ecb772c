// SPDX-License-Identifier: GPL-2.0-only
// A device behind an IPMMU: its micro-TLBs and the context they use.
#pragma once

#include <span>

#include "ipmmu/instance.hpp"

namespace ipmmu {

class Master {
public:
	// Sleeps.  kInvalid: a micro-TLB that does not exist (logged).  kNoMemory.
	static Result<core::Box<Master>> create(Ipmmu& ipmmu, device* dev,
						std::span<const u32> utlbs);

	Master(Ipmmu& ipmmu, device* dev, core::Array<u32> utlbs);
	// Detaches the device.
	~Master();
	Master(const Master&) = delete;
	Master& operator=(const Master&) = delete;

	// SAFETY: as Ipmmu::from().
	static Master& from(ipmmu_master* master) { return *reinterpret_cast<Master*>(master); }
	ipmmu_master* to_core() { return reinterpret_cast<ipmmu_master*>(this); }

	device* dev() const { return dev_; }
	Root& root() const { return ipmmu_.root(); }

	// Any context.  kBusy, kTimedOut: the device keeps its translation; kIo: the root has
	// failed.
	Result<> attach(Context& context, const void* group);
	Result<> attach_identity(const void* group);
	// Attaches to the empty context and takes it first if needed.  Also kNoSpace.
	Result<> attach_blocked(const void* group);

	bool shares_with(const Master& other) const;  // a micro-TLB
	bool is_attached_to(const Context& context) const REQUIRES(the_roots_lock)
	{
		return context_ == &context;
	}
	// Whether other devices are attached to the same context.
	bool shares_context() const;

private:
	friend core::ListNode<Master>;

	Result<> check(const Context* context, const void* group) REQUIRES(the_roots_lock);
	void move(Context* context, const void* group) REQUIRES(the_roots_lock);
	void detach();

	Ipmmu& ipmmu_;
	device* dev_;
	core::Array<u32> utlbs_;
	Context* context_ GUARDED_BY(the_roots_lock) = nullptr;
	core::ListNode<Master> node_;
};

}  // namespace ipmmu
