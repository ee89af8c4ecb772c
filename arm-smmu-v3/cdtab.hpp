// SPDX-License-Identifier: GPL-2.0-only
// A context descriptor table (IHI 0070 3.3.2): the CD of each SubstreamID of one master.
#pragma once

#include "arm-smmu-v3/cd.hpp"
#include "arm-smmu-v3/ids.hpp"
#include "arm-smmu-v3/ste.hpp"
#include "arm-smmu-v3/two_level_table.hpp"
#include "core/owner.hpp"
#include "core/result.hpp"

namespace smmu3 {

struct Features;

// 5.3: the first level's entry.
struct L1ContextDescriptor : core::Bits<L1ContextDescriptor, u64, 1> {
	using V = Bit<0>;
	using L2Ptr = Address<51, 12>;

	static constexpr L1ContextDescriptor leaf(u64 bus)
	{
		return L1ContextDescriptor{}.with<V>(true).with<L2Ptr>(bus);
	}
};

class CdTable {
public:
	static constexpr u32 kLeafLog2 = 10;  // 64 KiB leaves of a two-level table

	// log2 of the most substreams that a table can have.
	static u32 max_bits(const Features& features);
	// A table for 2^ssid_bits substreams.  Without support of two levels it has at most 64
	// KiB.  Sleeps.  kNoMemory.
	static core::Result<CdTable> create(device* dev, const Features& features, u32 ssid_bits);

	CdTable(CdTable&&) = default;
	CdTable& operator=(CdTable&&) = delete;

	bool covers(Ssid ssid) const { return table_.covers(ssid.value()); }

	// Allocates the CD of `ssid`, which must be covered.  True: a leaf was linked in, and the
	// cached L1 descriptor must be invalidated.  Sleeps; callers must exclude each other.
	// kNoMemory.
	core::Result<bool> prepare(Ssid ssid) { return table_.prepare(ssid.value()); }

	// The eight doublewords of the CD, or nullptr if `ssid` is not prepared.
	u64* find(Ssid ssid) const { return table_.find(ssid.value()); }

	// Changes the CD of a prepared substream while the SMMU may read it.  `forget` invalidates
	// the cached CD and waits.  Callers must exclude each other.
	template <class Forget>
	core::Result<> write(Ssid ssid, const Cd& cd, Forget forget)
	{
		return update_entry<Cd>(find(ssid), cd.words, forget);
	}

	CdTableRef ref() const;

	core::Box<CdTable> next;  // list of tables that the SMMU may still use

private:
	using Table = TwoLevelTable<Cd, L1ContextDescriptor, kLeafLog2>;

	explicit CdTable(Table table)
		: table_(std::move(table))
	{
	}

	Table table_;
};

}  // namespace smmu3
