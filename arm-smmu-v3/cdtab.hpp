// SPDX-License-Identifier: GPL-2.0-only
// A context descriptor table (IHI 0070 3.3.2): from a SubstreamID to its CD, one table for each master.
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

	// A table for 2^ssid_bits substreams.  Where the SMMU has only linear tables, as many as 64 KiB hold.
	// Sleeps.  kNoMemory.
	static core::Result<CdTable> create(device* dev, const Features& features, u32 ssid_bits);

	CdTable(CdTable&&) = default;
	CdTable& operator=(CdTable&&) = delete;

	bool covers(Ssid ssid) const { return table_.covers(ssid.value()); }

	// Make sure that `ssid`, which is covered, has a CD in memory.  True: a new leaf was linked in, and
	// the SMMU must forget the old L1 descriptor.  Sleeps; callers exclude each other.
	core::Result<bool> prepare(Ssid ssid) { return table_.prepare(ssid.value()); }

	// The eight doublewords of a prepared substream's CD; nullptr where there is none.
	u64* find(Ssid ssid) const { return table_.find(ssid.value()); }

	// Give a prepared substream a new CD while the SMMU runs.  `forget` drops the cached CD and returns
	// when it is gone.  Callers exclude each other.
	template <class Forget>
	core::Result<> write(Ssid ssid, const Cd& cd, Forget forget)
	{
		return update_entry<Cd>(find(ssid), cd.words, forget);
	}

	CdTableRef ref() const;

	core::Box<CdTable> next;  // of those that the SMMU may still use

private:
	using Table = TwoLevelTable<Cd, L1ContextDescriptor, kLeafLog2>;

	explicit CdTable(Table table)
		: table_(std::move(table))
	{
	}

	Table table_;
};

}  // namespace smmu3
