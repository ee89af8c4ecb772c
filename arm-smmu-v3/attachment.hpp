// SPDX-License-Identifier: GPL-2.0-only
// The attachment of a device to a domain: of its transactions without a PASID, or of those with one.
#pragma once

#include "arm-smmu-v3/tlb.hpp"
#include "core/list.hpp"

namespace smmu3 {

class AtsDevice;
struct Cd;
class Contexts;
class Domain;
class Smmu;

// From enter() to leave() invalidations of the domain reach the SMMU of the device.  Callers must
// exclude each other.
class Attachment {
public:
	Attachment(Contexts& contexts, Pasid pasid)
		: contexts_(contexts),
		  pasid_(pasid)
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

	// From add() to remove(), which must come before leave(), invalidations of the domain reach
	// the ATC of the device.  Do nothing a second time, or while in no domain.  Sleep.
	// kNoMemory.
	core::Result<> add(AtsDevice& device);
	void remove(AtsDevice& device);

	// Writes the CD of a PASID, while the process of the domain that is left does not exit.  Errors
	// are those of Contexts::write().
	core::Result<> write(const Cd& cd);
	// For a process that exits: Contexts::quieten() for its CD.
	void quieten();

	Smmu& smmu() const;
	// Valid while in a domain.
	const TlbTag& tag() const { return tag_; }

private:
	friend core::ListNode<Attachment>;

	Contexts& contexts_;
	const Pasid pasid_;
	bool reaches_atc_ = false;
	Domain* domain_ = nullptr;
	TlbTag tag_{};
	core::ListNode<Attachment> node_;  // protected by the domain's lock
};

// Both are used while one domain replaces another.
class Attachments {
public:
	Attachments(Contexts& contexts, Pasid pasid)
		: pair_{Attachment(contexts, pasid), Attachment(contexts, pasid)}
	{
	}

	Attachment& present() { return pair_[present_]; }
	const Attachment& present() const { return pair_[present_]; }
	Attachment& next() { return pair_[!present_]; }
	// Leaves the present domain, and next() becomes present().
	void advance();

private:
	Attachment pair_[2];  // NOLINT(modernize-use-default-member-init): by arguments
	u32 present_ = 0;
};

}  // namespace smmu3
