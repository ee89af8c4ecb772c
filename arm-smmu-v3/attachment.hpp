// SPDX-License-Identifier: GPL-2.0-only
// A device in an address space.
#pragma once

#include "arm-smmu-v3/tlb.hpp"
#include "core/list.hpp"

namespace smmu3 {

class Domain;
class Smmu;

// From enter() to leave() the domain's invalidations reach the device's SMMU.  One caller at a time.
class Attachment {
public:
	explicit Attachment(Smmu& smmu)
		: smmu_(smmu)
	{
	}
	~Attachment() { leave(); }
	Attachment(const Attachment&) = delete;
	Attachment& operator=(const Attachment&) = delete;

	// Before an STE or CD leads to the domain.  In a domain that has been entered at this SMMU before, this
	// needs neither memory nor a number, and does not fail.  Sleeps.  kInvalid: the SMMU can't use the domain's
	// page table.  kNoSpace: no ASID or VMID left.  kNoMemory.
	core::Result<> enter(Domain& domain);
	// After none does any more.  Does nothing where it is in no domain.  Sleeps.
	void leave();

	Smmu& smmu() const { return smmu_; }
	// While it is in a domain.
	const TlbTag& tag() const { return tag_; }

private:
	friend core::ListNode<Attachment>;

	Smmu& smmu_;
	Domain* domain_ = nullptr;
	TlbTag tag_{};
	core::ListNode<Attachment> node_;  // under the domain's lock
};

}  // namespace smmu3
