// SPDX-License-Identifier: GPL-2.0-only
// The attachment of a device to a domain.
#pragma once

#include "arm-smmu-v3/tlb.hpp"
#include "core/list.hpp"

namespace smmu3 {

class AtsDevice;
class Domain;
class Smmu;

// From enter() to leave() invalidations of the domain reach the SMMU of the device.  Callers must
// exclude each other.
class Attachment {
public:
	explicit Attachment(Smmu& smmu)
		: smmu_(smmu)
	{
	}
	~Attachment() { leave(); }
	Attachment(const Attachment&) = delete;
	Attachment& operator=(const Attachment&) = delete;

	// Must be called before an STE or CD points to the domain.  Sleeps.  kInvalid: the SMMU
	// can't use the page table of the domain.  kNoSpace: no ASID or VMID left.  kNoMemory.
	// None of these if the domain has been entered at this SMMU before.
	core::Result<> enter(Domain& domain);
	// Must be called after no STE or CD points to the domain any more.  Does nothing while in
	// no domain.  Sleeps.
	void leave();

	bool is_in_domain() const { return domain_; }

	// From add() to remove() invalidations of the domain reach the ATC of the
	// device.  Must be in a domain.  Sleep.  kNoMemory.
	core::Result<> add(AtsDevice& device);
	void remove(AtsDevice& device);

	Smmu& smmu() const { return smmu_; }
	// Valid while in a domain.
	const TlbTag& tag() const { return tag_; }

private:
	friend core::ListNode<Attachment>;

	Smmu& smmu_;
	Domain* domain_ = nullptr;
	TlbTag tag_{};
	core::ListNode<Attachment> node_;  // protected by the domain's lock
};

}  // namespace smmu3
