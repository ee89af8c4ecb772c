// SPDX-License-Identifier: GPL-2.0-only
//
// A context descriptor as fetched, section 5.4, and the rules that make one ILLEGAL.
#pragma once

#include "kunit/model/smmu/ste.hpp"

namespace model {

struct Cd {
	std::array<u64, 8> w;

	bool valid() const { return bit(w[0], 31); }
	unsigned t0sz() const { return field(w[0], 5, 0); }
	unsigned t1sz() const { return field(w[0], 21, 16); }
	unsigned gran0() const { return tg0_shift(field(w[0], 7, 6)); }
	unsigned gran1() const { return tg1_shift(field(w[0], 23, 22)); }
	bool epd0() const { return bit(w[0], 14); }
	bool epd1() const { return bit(w[0], 30); }
	bool endi() const { return bit(w[0], 15); }
	unsigned ips() const { return field(w[0], 34, 32); }
	bool affd() const { return bit(w[0], 35); }
	bool wxn() const { return bit(w[0], 36); }
	bool uwxn() const { return bit(w[0], 37); }
	bool tbi0() const { return bit(w[0], 38); }
	bool tbi1() const { return bit(w[0], 39); }
	bool pan() const { return bit(w[0], 40); }
	bool aa64() const { return bit(w[0], 41); }
	bool hd() const { return bit(w[0], 42); }
	bool ha() const { return bit(w[0], 43); }
	bool s() const { return bit(w[0], 44); }
	bool r() const { return bit(w[0], 45); }
	bool a() const { return bit(w[0], 46); }
	u16 asid() const { return field(w[0], 63, 48); }
	bool had0() const { return bit(w[1], 1); }
	bool had1() const { return bit(w[2], 1); }
	bool ds() const { return bit(w[2], 58); }
	u64 ttb0() const { return w[1] & ones(52) & ~ones(4); }
	u64 ttb1() const { return w[2] & ones(52) & ~ones(4); }

	// nullptr, or the field that makes it ILLEGAL (C_BAD_CD).
	const char* illegal(const Ids& ids, const Ste& ste, World world) const;

private:
	const char* illegal_faults(const Ids& ids, const Ste& ste) const;
	const char* illegal_half(const Ids& ids, unsigned gran, unsigned tsz, u64 ttb) const;
};

}  // namespace model
