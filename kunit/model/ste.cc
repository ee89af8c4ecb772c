// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/ste.hpp"

namespace model {

World Ste::world(bool e2h) const
{
	// With stage 2 in use, or without stage 1, only NS-EL1 makes sense.
	if (!s1() || s2() || strw() != 2)
		return World::kEl1;
	return e2h ? World::kEl2E2h : World::kEl2;
}

const char *Ste::illegal_s1(const Ids &ids) const
{
	if (!ids.s1p())
		return "STE.Config: no stage 1";
	if (s1cdmax() > ids.ssid_bits())
		return "STE.S1CDMax above SSIDSIZE";
	if (s1cdmax() && (s1fmt() == 1 || s1fmt() == 2) && !ids.cd2l())
		return "STE.S1Fmt: no two-level CD table";
	if (s1_context_ptr() >> ids.oas_bits())
		return "STE.S1ContextPtr out of range";
	if (strw() == 2 && !ids.hyp())
		return "STE.STRW: no EL2";
	if (strw() == 2 && s2())
		return "STE.STRW: EL2 with stage 2";
	return nullptr;
}

const char *Ste::illegal_s2_geometry(const Ids &ids) const
{
	const unsigned gran = tg0_shift(s2tg());
	const unsigned stride = gran - 3;
	const unsigned ia = 64 - s2t0sz();
	const unsigned limit = gran == 16 ? 52 : 48;

	// Levels below the start: SL0 counts up from level 2 (4K) or level 3.
	if (s2sl0() == 3)
		return "STE.S2SL0 reserved";
	const int start = (gran == 12 ? 2 : 3) - static_cast<int>(s2sl0());
	const unsigned below = gran + (3 - start) * stride;
	if (s2t0sz() > 39 || ia > limit || ia > (ids.oas_bits() > 40 ? ids.oas_bits() : 40))
		return "STE.S2T0SZ out of range";
	// The first level resolves 1 bit to a full table, times up to 16 concatenated ones.
	if (ia <= below || ia > below + stride + 4)
		return "STE.S2T0SZ does not fit S2SL0";
	if (s2ttb() >> ids.oas_bits())
		return "STE.S2TTB out of range";
	return nullptr;
}

const char *Ste::illegal_s2(const Ids &ids) const
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
	if (!ids.vmid16() && s2vmid() > 0xff)
		return "STE.S2VMID above 8 bits";
	return illegal_s2_geometry(ids);
}

const char *Ste::illegal(const Ids &ids) const
{
	const char *why = nullptr;

	if (s1())
		why = illegal_s1(ids);
	if (!why && s2())
		why = illegal_s2(ids);
	if (!why && eats() == 2 && (!s1() || !s2() || s2s()))
		why = "STE.EATS: split stages need both";
	return why;
}

} // namespace model
