// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/cd.hpp"

namespace model {

const char* Cd::illegal_faults(const Ids& ids, const Ste& ste) const
{
	if (s() && (ids.stall_model() == 1 || ste.s1stalld()))
		return "CD.S: stalls not allowed";
	if (!s() && ids.stall_model() == 2)
		return "CD.S: stalls are forced";
	if (!a() && ids.term_model())
		return "CD.A: terminating always aborts";
	if ((ha() && ids.httu() < 1) || (hd() && ids.httu() < 2))
		return "CD.HA/HD: no HTTU";
	return nullptr;
}

// One of the two table bases with its granule and size.
const char* Cd::illegal_half(const Ids& ids, unsigned gran, unsigned tsz, u64 ttb) const
{
	const unsigned oas = ids.oas_bits();
	const unsigned out = address_bits(ips()) < oas ? address_bits(ips()) : oas;
	const bool wide = gran == 16 || (ds() && ids.ds());

	if (!gran || !ids.granule(gran))
		return "CD.TG not supported";
	if (tsz > ids.max_tsz(gran) || tsz < (wide && ids.va52() ? 12 : 16))
		return "CD.T0SZ out of range";
	if (ttb >> (wide || out < 48 ? out : 48))
		return "CD.TTB out of range";
	return nullptr;
}

const char* Cd::illegal(const Ids& ids, const Ste& ste, World world) const
{
	const char* why = nullptr;

	if (!aa64())
		return "CD.AA64: AArch32 tables";
	if (endi())
		return "CD.ENDI: big-endian tables";
	if (!ids.asid16() && asid() > 0xff && world != World::kEl2)
		return "CD.ASID above 8 bits";
	if (!epd0())
		why = illegal_half(ids, gran0(), t0sz(), ttb0());
	if (!why && !epd1() && world != World::kEl2)
		why = illegal_half(ids, gran1(), t1sz(), ttb1());
	return why ? why : illegal_faults(ids, ste);
}

}  // namespace model
