// SPDX-License-Identifier: GPL-2.0-only
// The context descriptors of a device, one for each SubstreamID: allocated, changed while the SMMU may read them, and
// invalidated there.
//
// Callers must exclude each other: attaches and detaches of a device do, and those of a PASID also exclude the exit of
// the process that it is attached to (Attachment::write()).
#pragma once

#include "arm-smmu-v3/cdtab.hpp"
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

class Contexts {
public:
	// Of `ssid_bits` at most.
	Contexts(Smmu& smmu, std::span<const Sid> sids, u32 ssid_bits)
		: smmu_(smmu),
		  sids_(sids),
		  ssid_bits_(std::min(ssid_bits, CdTable::max_bits(smmu.features())))
	{
	}
	Contexts(const Contexts&) = delete;
	Contexts& operator=(const Contexts&) = delete;

	Smmu& smmu() const { return smmu_; }
	u32 ssid_bits() const { return ssid_bits_; }

	// Allocates a table of which STEs heed S1DSS, for a device without PASIDs, too: S1CDMAX is at least 1.
	// Must be called before prepare().  Sleeps.  kNoMemory.  kInvalid: the SMMU has no SubstreamIDs.
	core::Result<> prepare_default();
	// Allocates the CD of `ssid`, which must be in range.  Sleeps.  kNoMemory.
	core::Result<> prepare(Ssid ssid);
	// Its eight doublewords, which may change meanwhile.  It must be prepared.
	const u64* find(Ssid ssid) const { return table_->find(ssid); }
	// prepare_default() or prepare() must have been called.
	CdTableRef ref() const { return table_->ref(); }

	// Change a prepared CD.  Sleep.  kTimedOut, kIo: the CD in memory has changed, but the SMMU may
	// still use what it has cached.
	core::Result<> write(Ssid ssid, const Cd& cd);
	// Makes it invalid, if it is prepared.
	core::Result<> clear(Ssid ssid);

	// The same for a process that exits: transactions abort without a record, or stall where stalls
	// are forced.  Does nothing if the CD has another ASID by now.
	void quieten(Ssid ssid, Asid asid);

	// Must be called after no STE points to the table any more.  If the SMMU may still use it, it is
	// not freed (logged).
	void let_go();

private:
	core::Result<> prepare_table(u32 ssid_bits);
	core::Result<> forget(Ssid ssid, Levels levels);

	Smmu& smmu_;
	const std::span<const Sid> sids_;
	const u32 ssid_bits_;
	core::Box<CdTable> table_;  // since the first prepare*()
};

}  // namespace smmu3
