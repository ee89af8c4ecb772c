// SPDX-License-Identifier: GPL-2.0-only
// The stream table (IHI 0070 3.3.1): the STE of each StreamID.
//
// Linear, or in two levels.  A second-level table has 256 STEs and is allocated when the first of
// its streams is prepared.  An STE aborts until it is written.
#pragma once

#include "arm-smmu-v3/ids.hpp"
#include "arm-smmu-v3/limits.hpp"
#include "arm-smmu-v3/regs.hpp"
#include "arm-smmu-v3/ste.hpp"
#include "arm-smmu-v3/two_level_table.hpp"
#include "core/result.hpp"

namespace smmu3 {

struct Features;

// 5.1: the first level's entry.
struct L1StreamDescriptor : core::Bits<L1StreamDescriptor, u64, 1> {
	using Span = Field<4, 0>;  // log2 of the second level's entries, plus 1; 0: none
	using L2Ptr = Address<51, 6>;

	static constexpr L1StreamDescriptor leaf(u64 bus)
	{
		return L1StreamDescriptor{}.with<Span>(kStreamTableSplit + 1).with<L2Ptr>(bus);
	}
};

class StreamTable {
public:
	static constexpr u32 kSplit = kStreamTableSplit;
	static constexpr u32 kMaxL1Log2 = 17;  // 1 MiB of first level

	// Sleeps.  kNoMemory.
	static core::Result<StreamTable> create(device* dev, const Features& features);

	StreamTable(StreamTable&&) = default;
	StreamTable& operator=(StreamTable&&) = delete;

	// Whether the table can have an STE for `sid`.
	bool covers(Sid sid) const { return table_.covers(sid.value()); }
	u64 streams() const { return table_.entries(); }

	// Allocates the STE of `sid`, which must be covered.  True: a second-level table was linked
	// in, and the cached L1 descriptor must be invalidated.  Sleeps; callers must exclude each
	// other.  kNoMemory.
	core::Result<bool> prepare(Sid sid) { return table_.prepare(sid.value()); }

	// The eight doublewords of the STE, or nullptr if `sid` is not prepared.
	u64* find(Sid sid) const { return table_.find(sid.value()); }

	// Changes the STE of a prepared stream while the SMMU may read it.  `forget` invalidates
	// the cached STE and waits.  Callers must exclude each other for the same stream.
	template <class Forget>
	core::Result<> write(Sid sid, const Ste& ste, Forget forget)
	{
		return update_entry<Ste>(find(sid), ste.words, forget);
	}

	STRTAB_BASE base() const;
	STRTAB_BASE_CFG base_cfg() const;

private:
	using Table = TwoLevelTable<Ste, L1StreamDescriptor, kSplit>;

	explicit StreamTable(Table table)
		: table_(std::move(table))
	{
	}

	Table table_;
};

}  // namespace smmu3
