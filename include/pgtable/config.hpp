// SPDX-License-Identifier: GPL-2.0-only
// Sizes of addresses, the shape of the tables that follows from them, and the fields of TCR or VTCR
// that describe it.
#pragma once

#include <algorithm>

#include "pgtable/attributes.hpp"

namespace pgtable {

// SMMU_IDR3.BBML: how a block may be replaced by a table (IHI 0070 3.21.1).
enum class Bbml { k0, k1, k2 };

struct Config {
	unsigned input_bits = 48;
	unsigned output_bits = 48;
	bool coherent = true;  // table walks see the CPU's caches
	Bbml bbml = Bbml::k0;
	bool contiguous = false;  // set the Contiguous bit; needs k1 or k2
	Variant variant{};
};

// ---- the shape ----

// The first table: its level, and the input address bits that it resolves.
struct Shape {
	int level;
	unsigned bits;

	constexpr u64 entries() const { return bit(bits); }
	constexpr size_t bytes() const { return size_t{8} << bits; }
};

// Stage 2 has a level less where up to 16 tables can be concatenated (D8.2.2).
template <Format F>
constexpr Shape shape(unsigned input_bits)
{
	constexpr unsigned kConcatenated = 4;
	int level = kLastLevel;
	while (input_bits > F::shift(level) + F::kStride)
		level--;
	const unsigned top = input_bits - F::shift(level);
	if (F::kStage == Stage::k2 && top <= kConcatenated && level < kLastLevel)
		return {level + 1, top + F::kStride};
	return {level, top};
}

// Sizes of pages and blocks as a bitmap.  With 64K, level 1 has blocks if outputs have 52 bits.
template <Format F>
constexpr u64 page_sizes(const Config& config)
{
	const bool large = F::kPageShift != 16 || config.output_bits > 48;
	const int first = std::max(shape<F>(config.input_bits).level, F::kFirstBlock + !large);
	u64 sizes = 0;
	for (int level = first; level <= kLastLevel; level++)
		sizes |= F::size(level);
	return sizes;
}

template <Format F>
constexpr bool is_valid(const Config& config)
{
	return config.input_bits >= F::kMinBits && config.input_bits <= F::kMaxBits &&
	       config.output_bits >= F::kMinBits && config.output_bits <= F::kMaxBits &&
	       (!config.contiguous || config.bbml != Bbml::k0) &&
	       // Hardware may record a write in one entry of a contiguous run (D8.5.5).
	       !(config.contiguous && config.variant.dirty);
}

// ---- registers ----

// Fields of TCR_ELx and VTCR_EL2, or of a CD and an STE, in their encoding.
struct Control {
	u8 tsz, tg0, sh, orgn, irgn, ps;
	u8 sl0, sl2;  // stage 2
	bool ds;
};

// PS and IPS: the smallest size that is not less than `bits`.
constexpr u8 address_size(unsigned bits)
{
	constexpr std::array<unsigned, 7> kSizes{32, 36, 40, 42, 44, 48, 52};
	u8 code = 0;
	while (code + 1u < kSizes.size() && kSizes[code] < bits)
		code++;
	return code;
}

// VTCR_EL2.{SL2, SL0} (Tables D8-19, D8-29 and D8-38).
template <Format F>
constexpr u8 start_level(int level)
{
	if (F::kPageShift == 12)
		return level == 3 ? 3 : level < 0 ? 4 : static_cast<u8>(2 - level);
	return static_cast<u8>(3 - level);
}

// With LPA2, cacheable pages have the shareability of the registers.  Walks that are not cacheable
// are Outer Shareable whatever it is (IHI 0070 5.2, 5.4).
template <Format F>
constexpr Shareability shareability(bool coherent)
{
	return coherent || F::kLpa2 ? kInnerShareable : kOuterShareable;
}

template <Format F>
constexpr Control control(const Config& config)
{
	constexpr u8 kTg0 = F::kPageShift == 12 ? 0 : F::kPageShift == 14 ? 2 : 1;
	constexpr u8 kWriteBack = 1, kNonCacheable = 0;
	const u8 cacheability = config.coherent ? kWriteBack : kNonCacheable;
	const u8 start =
		F::kStage == Stage::k2 ? start_level<F>(shape<F>(config.input_bits).level) : 0;
	return {
		.tsz = static_cast<u8>(64 - config.input_bits),
		.tg0 = kTg0,
		.sh = static_cast<u8>(shareability<F>(config.coherent)),
		.orgn = cacheability,
		.irgn = cacheability,
		.ps = address_size(config.output_bits),
		.sl0 = static_cast<u8>(start & 3),
		.sl2 = static_cast<u8>(start >> 2),
		.ds = F::kLpa2,
	};
}

}  // namespace pgtable
