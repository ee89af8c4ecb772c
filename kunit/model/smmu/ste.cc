// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/ste.hpp"

namespace model {

World Ste::world(const Ids& ids, bool e2h) const
{
	if (!strw_used(ids) || strw() != 2)
		return World::kEl1;
	return e2h ? World::kEl2E2h : World::kEl2;
}

const char* Ste::illegal_s1(const Ids& ids) const
{
	if (!ids.s1p())
		return "STE.Config: no stage 1";
	if (cd_bits(ids) > ids.ssid_bits())
		return "STE.S1CDMax above SSIDSIZE";
	if (cd_bits(ids) && (s1fmt() == 1 || s1fmt() == 2) && !ids.cd2l())
		return "STE.S1Fmt: no two-level CD table";
	if (s1stalld() && ids.stall_model())
		return "STE.S1STALLD: stalls are not a choice";
	if (s1_context_ptr() >> ids.oas_bits())
		return "STE.S1ContextPtr out of range";
	if (strw_used(ids) && (strw() & 1))
		return "STE.STRW reserved";
	return nullptr;
}

// {SL2, SL0}, DDI 0487 tables D8-20 to D8-24 and D8-30 to D8-33: 4K counts up from level 2, the others
// from level 3.  Level 3 of 4K needs small tables, which no driver here uses.
int Ste::s2start(const Ids& ids) const
{
	const bool ds = uses_ds(ids), is_4k = tg0_shift(s2tg()) == 12;

	if (is_4k && ds && s2sl0_2())
		return s2sl0() ? kReserved : -1;
	if (s2sl0() < 3)
		return (is_4k ? 2 : 3) - static_cast<int>(s2sl0());
	return ds && !is_4k ? 0 : kReserved;
}

const char* Ste::illegal_s2_geometry(const Ids& ids) const
{
	const unsigned gran = tg0_shift(s2tg());
	const unsigned stride = gran - 3;
	const unsigned ia = 64 - s2t0sz();
	const unsigned limit = gran == 16 || uses_ds(ids) ? 52 : 48;
	const unsigned ps = address_bits(s2ps());
	const unsigned out = ps < ids.oas_bits() ? ps : ids.oas_bits();

	const int start = s2start(ids);
	if (start == kReserved)
		return "STE.S2SL0 reserved";
	const unsigned below = gran + (3 - start) * stride;
	if (s2t0sz() > ids.max_tsz(gran) || ia > limit || ia > ids.ias_bits())
		return "STE.S2T0SZ out of range";
	// The first level resolves 1 bit to a full table, times up to 16 concatenated ones.
	if (ia <= below || ia > below + stride + 4)
		return "STE.S2T0SZ does not fit S2SL0";
	if (s2ttb() >> (out < limit ? out : limit))
		return "STE.S2TTB out of range";
	return nullptr;
}

const char* Ste::illegal_s2(const Ids& ids) const
{
	if (!ids.s2p())
		return "STE.Config: no stage 2";
	if (!s2aa64())
		return "STE.S2AA64: AArch32 tables";
	if (s2endi())
		return "STE.S2ENDI: big-endian tables";
	const unsigned gran = tg0_shift(s2tg());
	if (!gran || !ids.granule(gran))
		return "STE.S2TG not supported";
	if ((s2ha() && ids.httu() < 1) || (s2hd() && ids.httu() < 2))
		return "STE.S2HA/S2HD: no HTTU";
	if (s2s() && ids.stall_model() == 1)
		return "STE.S2S: no stalls";
	if (!s2s() && ids.stall_model() == 2)
		return "STE.S2S: stalls are forced";
	return illegal_s2_geometry(ids);
}

const char* Ste::illegal(const Ids& ids) const
{
	const char* why = nullptr;

	if (s1())
		why = illegal_s1(ids);
	if (!why && s2())
		why = illegal_s2(ids);
	if (why || !(s1() || s2()))
		return why;
	if (ids.ats() && eats() == 2 && (!s1() || !s2() || s2s() || ids.ns1ats()))
		return "STE.EATS: split stages not possible";
	if (ids.ats() && eats() == 1 && s2() && s2s())
		return "STE.EATS: ATS with stalling stage 2";
	if (world(ids, false) == World::kEl1 && ids.s2p() && !ids.vmid16() && s2vmid() > 0xff)
		return "STE.S2VMID above 8 bits";
	return nullptr;
}

}  // namespace model
