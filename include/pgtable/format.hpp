// SPDX-License-Identifier: GPL-2.0-only
// Formats: properties of tables and descriptors that follow from the translation granule and the
// size of output addresses.
#pragma once

#include <concepts>

#include "pgtable/descriptor.hpp"

namespace pgtable {

enum class Stage { k1, k2 };

// Where a descriptor holds the output address (D8.3.1).
enum class Output {
	k48,   // bits 47 and below in place
	k52,   // 64K: bits 51:48 in 15:12
	kLpa2  // 4K and 16K with TCR.DS: bits 49 and below in place, 51:50 in 9:8 instead of SH
};

// VMSAv8-64 with one granule and size of output addresses: what both stages have in common, which
// is all that maps, unmaps and look-ups depend on.
template <unsigned PageShift, Output O>
struct Vmsa64Layout {
	static_assert(PageShift == 12 || PageShift == 14 || PageShift == 16);
	static_assert((PageShift == 16) == (O == Output::k52));

	static constexpr bool kLpa2 = O == Output::kLpa2;
	static constexpr unsigned kPageShift = PageShift;
	// Input address bits that one table resolves.
	static constexpr unsigned kStride = PageShift - 3;
	static constexpr u64 kEntries = bit(kStride);
	static constexpr size_t kTableBytes = size_t{1} << PageShift;

	// The most bits of an address, input or output.
	static constexpr unsigned kMaxBits = O == Output::k48 ? 48 : 52;
	// The fewest input address bits.
	static constexpr unsigned kMinBits = 32;

	// The lowest input address bit that a table of this level resolves.
	static constexpr unsigned shift(int level)
	{
		return PageShift + static_cast<unsigned>(kLastLevel - level) * kStride;
	}
	// Bytes that one entry translates.
	static constexpr u64 size(int level) { return bit(shift(level)); }

	// The index of the entry for `iova`; not for the first table, whose size differs.
	static constexpr u64 index(u64 iova, int level)
	{
		return iova >> shift(level) & (kEntries - 1);
	}

	// The first level that may hold blocks (D8.3.1.2).  With 64K, level 1 needs 52-bit outputs.
	static constexpr int kFirstBlock = (PageShift == 12 ? 1 : 2) - (O != Output::k48);

	// The number of entries in a contiguous run (Table D8-104); 0 where the bit is RES0.
	static constexpr u64 contiguous(int level)
	{
		constexpr u64 kBlocks = PageShift == 12 ? 16 : 32,
			      kPages = PageShift == 14 ? 128 : kBlocks;
		constexpr int kFirst = PageShift == 12 ? 1 : 2;
		return level < kFirst ? 0 : level == kLastLevel ? kPages : kBlocks;
	}

	static constexpr u64 kInPlace = bits(O == Output::kLpa2 ? 49 : 47, PageShift);
	static constexpr unsigned kMovedFrom = O == Output::k52 ? 48 : 50,
				  kMovedTo = O == Output::k52 ? 12 : 8;
	static constexpr u64 kMoved = O == Output::k52     ? bits(15, 12)
				      : O == Output::kLpa2 ? bits(9, 8)
							   : 0;

	// The address bits of a descriptor.
	static constexpr u64 kAddress = kInPlace | kMoved;

	static constexpr u64 encode(u64 address)
	{
		u64 descriptor = address & kInPlace;
		if constexpr (kMoved != 0)
			descriptor |= address >> (kMovedFrom - kMovedTo) & kMoved;
		return descriptor;
	}
	static constexpr u64 decode(u64 descriptor)
	{
		u64 address = descriptor & kInPlace;
		if constexpr (kMoved != 0)
			address |= (descriptor & kMoved) << (kMovedFrom - kMovedTo);
		return address;
	}
	// The output address of a block or page.  Bits below it in a block are not all 0: nT.
	static constexpr u64 output(u64 descriptor, int level)
	{
		return decode(descriptor) & ~(size(level) - 1);
	}
	// The fields that the parts of a block inherit.
	static constexpr u64 kInherited =
		~(kAddress | kType | kContiguous | bits(PageShift - 1, 12) | kNt);
};

// The same with a stage.
template <Stage S, unsigned PageShift, Output O>
struct Vmsa64 : Vmsa64Layout<PageShift, O> {
	using Layout = Vmsa64Layout<PageShift, O>;
	static constexpr Stage kStage = S;
};

template <class L>
concept TableLayout = requires(u64 value, int level) {
	{ L::encode(value) } -> std::same_as<u64>;
	{ L::decode(value) } -> std::same_as<u64>;
	{ L::index(value, level) } -> std::same_as<u64>;
	{ L::contiguous(level) } -> std::same_as<u64>;
};

template <class F>
concept Format = TableLayout<F> && TableLayout<typename F::Layout> && requires {
	{ F::kStage } -> std::convertible_to<Stage>;
};

using Layout4K = Vmsa64Layout<12, Output::k48>;
using Layout16K = Vmsa64Layout<14, Output::k48>;
using Layout64K = Vmsa64Layout<16, Output::k52>;
using Layout4KLpa2 = Vmsa64Layout<12, Output::kLpa2>;
using Layout16KLpa2 = Vmsa64Layout<14, Output::kLpa2>;

template <Stage S>
using Granule4K = Vmsa64<S, 12, Output::k48>;
template <Stage S>
using Granule16K = Vmsa64<S, 14, Output::k48>;
template <Stage S>
using Granule64K = Vmsa64<S, 16, Output::k52>;
template <Stage S>
using Granule4KLpa2 = Vmsa64<S, 12, Output::kLpa2>;
template <Stage S>
using Granule16KLpa2 = Vmsa64<S, 14, Output::kLpa2>;

// VMSAv8-32 with long descriptors (G5.5): those of the 4K granule, with addresses of up to 40 bits.
template <Stage S>
using Lpae = Granule4K<S>;

}  // namespace pgtable
