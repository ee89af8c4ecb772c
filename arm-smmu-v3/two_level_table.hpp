// SPDX-License-Identifier: GPL-2.0-only
// A table of STEs or CDs (IHI 0070 3.3), linear or in two levels.  A leaf of the second level is
// allocated when the first of its entries is prepared.
#pragma once

#include "arm-smmu-v3/entry.hpp"
#include "arm-smmu-v3/regs.hpp"
#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "core/owner.hpp"
#include "core/result.hpp"

namespace smmu3 {

// Descriptor: an entry of the first level; leaf() makes one.  kLeafLog2: log2 of the entries in a
// leaf.
template <class Entry, class Descriptor, u32 kLeafLog2>
class TwoLevelTable {
	static constexpr u32 kLeafEntries = 1u << kLeafLog2;

public:
	// Allocates 2^log2 entries with the value `initial`.  Sleeps.  kNoMemory.
	static core::Result<TwoLevelTable> create(device* dev, u32 log2, TableFormat format,
						  const Entry& initial)
	{
		TwoLevelTable table(dev, log2, format, initial);
		TRY(format == TableFormat::kTwoLevel ? table.allocate_levels()
						     : table.allocate_entries());
		return table;
	}

	u64 entries() const { return u64{1} << log2_; }
	u32 log2() const { return log2_; }
	TableFormat format() const { return format_; }
	u64 bus() const { return root_.bus(); }
	bool covers(u32 index) const { return index < entries(); }

	// Allocates the entry at `index`, which must be covered.  True: a leaf was linked in, and
	// the cached descriptor must be invalidated.  Sleeps; callers must exclude each other.
	// kNoMemory.
	core::Result<bool> prepare(u32 index)
	{
		if (find(index))
			return false;
		core::Dma leaf = TRY(filled(kLeafEntries));
		const auto descriptor = Descriptor::leaf(leaf.bus());
		core::dma_wmb();  // ORDER: the entries before the descriptor that points to them
		core::store_relaxed(root_.as<u64>()[index >> kLeafLog2], descriptor.words[0]);
		leaves_[index >> kLeafLog2] = std::move(leaf);
		return true;
	}

	// The doublewords of the entry, or nullptr if it is not prepared.
	u64* find(u32 index) const
	{
		if (!covers(index))
			return nullptr;
		if (format_ == TableFormat::kLinear)
			return &root_.as<u64>()[u64{index} * kEntryWords];
		const core::Dma& leaf = leaves_[index >> kLeafLog2];
		if (!leaf)
			return nullptr;
		return &leaf.as<u64>()[(index & (kLeafEntries - 1)) * kEntryWords];
	}

private:
	TwoLevelTable(device* dev, u32 log2, TableFormat format, const Entry& initial)
		: dev_(dev),
		  initial_(initial),
		  log2_(log2),
		  format_(format)
	{
	}

	core::Result<core::Dma> filled(u64 count) const
	{
		auto memory = TRY(core::Dma::allocate(dev_, count * sizeof(Entry)));
		for (u64 i = 0; i < count; i++)
			memory.as<Entry>()[i] = initial_;
		return memory;
	}

	core::Result<> allocate_entries()
	{
		root_ = TRY(filled(entries()));
		return {};
	}

	// Zeroed descriptors are invalid.
	core::Result<> allocate_levels()
	{
		const u64 count = entries() >> kLeafLog2;
		root_ = TRY(core::Dma::allocate(dev_, count * sizeof(Descriptor)));
		leaves_ = TRY(core::Array<core::Dma>::allocate(count));
		return {};
	}

	device* dev_;
	Entry initial_;
	core::Dma root_;                 // the entries, or the descriptors
	core::Array<core::Dma> leaves_;  // in two levels; empty until prepared
	u32 log2_;
	TableFormat format_;
};

}  // namespace smmu3
