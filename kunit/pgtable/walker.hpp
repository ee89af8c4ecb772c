// SPDX-License-Identifier: GPL-2.0-only
// A walker written from DDI 0487 D8, that includes nothing of what it checks.
//
// It starts from TCR or VTCR and TTBR, reads descriptors through a function, and decodes all of a
// page's or block's attributes.
#pragma once

#include "os/types.h"

namespace walker {

// Of TCR_ELx (CD) or VTCR_EL2 (STE).
struct Registers {
	bool stage2;
	u32 tsz, tg0, ps, sl0, sl2;
	bool ds;
	u64 ttb;
};

struct Result {
	bool ok = false;
	u64 pa = 0;    // of the address that was asked for
	u64 size = 0;  // of the page or block
	int level = 0;
	u64 descriptor = 0;
	u64 tables[6] = {};  // the table of each level, from -1
	u32 fetches = 0;
	bool nt = false;         // a block that the TLB does not hold
	bool misplaced = false;  // a block where none may be, or an output address beyond PS
};

enum class Memory { kReserved, kDevice, kNonCacheable, kWriteBack, kForcedWriteBack };

struct Meaning {
	bool af, read, write, execute, privileged, not_global, ns;
	Memory memory;
	u32 sh;
	bool dbm, contiguous, nt;

	constexpr bool operator==(const Meaning&) const = default;
};

constexpr u64 field(u64 value, unsigned hi, unsigned lo)
{
	return value >> lo & ((u64{2} << (hi - lo)) - 1);
}

constexpr unsigned granule(u32 tg0)
{
	return tg0 == 0 ? 12 : tg0 == 2 ? 14 : 16;
}

// Table D8-18 to D8-38: where a walk starts.
constexpr int first_level(const Registers& r)
{
	const unsigned g = granule(r.tg0), bits = 64 - r.tsz;
	if (r.stage2) {
		if (g == 12)
			return r.sl2 ? -1 : r.sl0 == 3 ? 3 : 2 - static_cast<int>(r.sl0);
		return 3 - static_cast<int>(r.sl0);
	}
	int level = 4;
	for (unsigned resolved = g; resolved < bits; resolved += g - 3)
		level--;
	return level;
}

constexpr unsigned output_bits(u32 ps)
{
	constexpr unsigned kBits[] = {32, 36, 40, 42, 44, 48, 52, 56};
	return kBits[ps & 7];
}

constexpr u64 output(const Registers& r, u64 descriptor, unsigned shift)
{
	const unsigned g = granule(r.tg0);
	u64 pa = field(descriptor, r.ds ? 49 : 47, shift > g ? shift : g)
		 << (shift > g ? shift : g);
	if (g == 16)
		pa |= field(descriptor, 15, 12) << 48;
	if (r.ds)
		pa |= field(descriptor, 9, 8) << 50;
	return pa;
}

constexpr bool may_be_block(const Registers& r, int level)
{
	const unsigned g = granule(r.tg0);
	if (level == 2)
		return true;
	if (level == 1)
		return g == 12 || (g == 14 && r.ds) || (g == 16 && r.ps >= 6);
	return level == 0 && g == 12 && r.ds;
}

template <class Read>
Result walk(const Registers& r, u64 iova, const Read& read)
{
	const unsigned g = granule(r.tg0), stride = g - 3;
	Result result;
	u64 table = r.ttb;
	if (iova >> (64 - r.tsz))
		return result;
	for (int level = first_level(r);; level++) {
		const unsigned shift = g + static_cast<unsigned>(3 - level) * stride;
		const bool first = level == first_level(r);
		const u64 index = first ? iova >> shift : iova >> shift & ((u64{1} << stride) - 1);
		result.tables[level + 1] = table;
		result.level = level;
		result.fetches++;
		const u64 descriptor = read(table + index * 8);
		result.descriptor = descriptor;
		const u64 type = descriptor & 3;
		if (!(type & 1) || (level == 3 && type != 3))
			return result;
		const bool leaf = level == 3 || type == 1;
		const u64 out = output(r, descriptor, leaf ? shift : g);
		result.misplaced |= leaf && ((level < 3 && !may_be_block(r, level)) ||
					     out >> output_bits(r.ps));
		if (!leaf) {
			table = out;
			continue;
		}
		result.ok = true;
		result.nt = level < 3 && field(descriptor, 16, 16);
		result.size = u64{1} << shift;
		result.pa = out | (iova & (result.size - 1));
		return result;
	}
}

constexpr u64 kMair = 0xf404ff44;

constexpr Memory stage1_memory(u64 descriptor)
{
	switch (kMair >> 8 * field(descriptor, 4, 2) & 0xff) {
	case 0x44:
		return Memory::kNonCacheable;
	case 0xff:
		return Memory::kWriteBack;
	case 0x04:
		return Memory::kDevice;
	}
	return Memory::kReserved;
}

// Tables D8-96, D8-100 and D8-101.
constexpr Memory stage2_memory(u64 descriptor, bool fwb)
{
	const u64 attr = field(descriptor, 5, 2);
	if (attr == 0b0001)
		return Memory::kDevice;
	if (attr == 0b0101)
		return Memory::kNonCacheable;
	if (!fwb && attr == 0b1111)
		return Memory::kWriteBack;
	if (fwb && attr == 0b0110)
		return Memory::kForcedWriteBack;
	return Memory::kReserved;
}

// What a page or block allows.  Stage 2 as with FEAT_XNX: `execute` is at any level (Table D8-78).
constexpr Meaning decode(const Registers& r, u64 d, bool fwb)
{
	Meaning m{};
	m.af = field(d, 10, 10);
	m.sh = r.ds ? 0 : static_cast<u32>(field(d, 9, 8));
	m.dbm = field(d, 51, 51);
	m.contiguous = field(d, 52, 52);
	if (r.stage2) {
		m.memory = stage2_memory(d, fwb);
		m.read = field(d, 6, 6);
		m.write = field(d, 7, 7);
		m.execute = field(d, 54, 53) != 0b10;
		return m;
	}
	m.memory = stage1_memory(d);
	m.read = true;
	m.write = !field(d, 7, 7);
	m.execute = field(d, 54, 53) != 0b11;
	m.privileged = !field(d, 6, 6);
	m.not_global = field(d, 11, 11);
	m.ns = field(d, 5, 5);
	return m;
}

}  // namespace walker
