// SPDX-License-Identifier: GPL-2.0-only
//
// A stream table entry as fetched, section 5.2, and the rules that make one ILLEGAL.
#pragma once

#include <array>

#include "kunit/model/smmu/host.hpp"

namespace model {

// NS-EL1 is tagged by VMID; EL2 by nothing; EL2-E2H by ASID only (section 3.17).
enum class World : u8 { kEl1, kEl2, kEl2E2h };

// Page shift of a TG0/S2TG code (0: 4K, 1: 64K, 2: 16K); 0 for the reserved one.
constexpr unsigned tg0_shift(unsigned code)
{
	constexpr u8 kShift[4] = {12, 16, 14, 0};
	return kShift[code & 3];
}

struct Ste {
	std::array<u64, 8> w;

	bool valid() const { return bit(w[0], 0); }
	unsigned config() const { return field(w[0], 3, 1); }
	bool s1() const { return (config() & 5) == 5; }
	bool s2() const { return (config() & 6) == 6; }
	unsigned s1fmt() const { return field(w[0], 5, 4); }
	u64 s1_context_ptr() const { return w[0] & ones(52) & ~ones(6); }
	unsigned s1cdmax() const { return field(w[0], 63, 59); }

	unsigned s1dss() const { return field(w[1], 1, 0); }
	bool ppar() const { return bit(w[1], 18); }
	bool s2fwb() const { return bit(w[1], 25); }
	bool s1stalld() const { return bit(w[1], 27); }
	unsigned eats() const { return field(w[1], 29, 28); }
	unsigned strw() const { return field(w[1], 31, 30); }
	unsigned privcfg() const { return field(w[1], 49, 48); }
	unsigned instcfg() const { return field(w[1], 51, 50); }

	u16 s2vmid() const { return field(w[2], 15, 0); }
	unsigned s2t0sz() const { return field(w[2], 37, 32); }
	unsigned s2sl0() const { return field(w[2], 39, 38); }
	unsigned s2tg() const { return field(w[2], 47, 46); }
	unsigned s2ps() const { return field(w[2], 50, 48); }
	bool s2aa64() const { return bit(w[2], 51); }
	bool s2endi() const { return bit(w[2], 52); }
	bool s2affd() const { return bit(w[2], 53); }
	bool s2ptw() const { return bit(w[2], 54); }
	bool s2hd() const { return bit(w[2], 55); }
	bool s2ha() const { return bit(w[2], 56); }
	bool s2s() const { return bit(w[2], 57); }
	bool s2r() const { return bit(w[2], 58); }

	bool s2sl0_2() const { return bit(w[3], 2); }
	bool s2ds() const { return bit(w[3], 3); }
	// The field is RES0 without IDR5.DS and with 64K.
	bool uses_ds(const Ids& ids) const { return s2ds() && ids.ds() && tg0_shift(s2tg()) < 16; }
	// Where the walk starts; kReserved.
	int s2start(const Ids& ids) const;
	static constexpr int kReserved = 4;
	u64 s2ttb() const { return w[3] & ones(52) & ~ones(4); }

	World world(const Ids& ids, bool e2h) const;
	bool strw_used(const Ids& ids) const { return ids.s1p() && ids.hyp() && config() == 5; }
	// Without SubstreamIDs there is one CD.
	unsigned cd_bits(const Ids& ids) const { return ids.ssid_bits() ? s1cdmax() : 0; }
	// nullptr, or the field that makes it ILLEGAL (C_BAD_STE).
	const char* illegal(const Ids& ids) const;

private:
	const char* illegal_s1(const Ids& ids) const;
	const char* illegal_s2(const Ids& ids) const;
	const char* illegal_s2_geometry(const Ids& ids) const;
};

// The same of TG1, which is coded differently (1: 16K, 2: 4K, 3: 64K).
constexpr unsigned tg1_shift(unsigned code)
{
	constexpr u8 kShift[4] = {0, 14, 12, 16};
	return kShift[code & 3];
}

}  // namespace model
