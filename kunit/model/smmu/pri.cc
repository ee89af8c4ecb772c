// SPDX-License-Identifier: GPL-2.0-only
//
// The PRI queue, chapter 8: page requests, the SMMU's own responses, and CMD_PRI_RESP.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

namespace {

u64 word_of(u32 sid, std::optional<u32> pasid, bool last)
{
	u64 w = sid | u64{last} << 62;

	if (pasid)
		w |= u64{1} << 63 | u64{*pasid & 0xfffff} << 32;
	return w;
}

}  // namespace

void Smmuv3::connect(Pri& pri)
{
	Entry entry(*this);

	for (Pri*& slot : pris_)
		if (!slot) {
			slot = &pri;
			return;
		}
	violation("more functions with PRI than the model has room for", pri.sid());
}

void Smmuv3::disconnect(Pri& pri)
{
	Entry entry(*this);

	for (Pri*& slot : pris_)
		if (slot == &pri)
			slot = nullptr;
}

void Smmuv3::answer_pri(u32 sid, u32 group, std::optional<u32> pasid, PrgCode code, bool automatic)
{
	for (Pri* pri : pris_)
		if (pri && pri->sid() == sid)
			if (const char* wrong = pri->respond(group, pasid, code, automatic))
				violation(wrong, sid, group);
}

// Section 8.1.  The PASID is that of the request where IDR3.PPS or STE.PPAR says so.
void Smmuv3::answer_overflow(u32 sid, u32 group, std::optional<u32> pasid)
{
	Ste ste{};
	Fault f;
	const bool known = find_ste(sid, ste, f);

	if (pasid && !ids_.pps() && !known)
		return answer_pri(sid, group, std::nullopt, PrgCode::kFailure, true);
	if (!ids_.pps() && !ste.ppar())
		pasid.reset();
	answer_pri(sid, group, pasid, PrgCode::kSuccess, true);
}

// What the SMMU does with a request that can't be recorded.  A Stop Marker gets no response.
void Smmuv3::refuse_request(const u64 (&w)[2], bool overflow)
{
	const bool last = bit(w[0], 62), marker = bit(w[0], 63) && field(w[0], 62, 60) == 4;
	const u32 sid = static_cast<u32>(w[0]), group = field(w[1], 8, 0);
	std::optional<u32> pasid;

	if (bit(w[0], 63))
		pasid = field(w[0], 51, 32);
	if (marker || (overflow && !last))
		return;
	stats_.pri_auto_responses++;
	if (overflow)
		answer_overflow(sid, group, pasid);
	else
		answer_pri(sid, group, std::nullopt, PrgCode::kFailure, true);
}

bool Smmuv3::write_request(const u64 (&w)[2])
{
	Queue& q = r_.priq;
	const bool aborted = (r_.gerror ^ r_.gerrorn) & gerror::PRIQ_ABT_ERR;
	const bool overflowed = (q.prod ^ q.cons) >> 31;

	if (!powered_)
		return false;
	if (!ids_.pri() || !on(cr0::PRIQEN | cr0::SMMUEN) || aborted) {
		refuse_request(w, false);
		return false;
	}
	if (q.full() || overflowed) {
		if (!overflowed)
			q.prod ^= 1u << 31;
		refuse_request(w, true);
		return false;
	}
	if (!mem_.write(q.address() + u64{16} * q.index(q.prod), w, 2)) {
		gerror(gerror::PRIQ_ABT_ERR);
		refuse_request(w, false);
		return false;
	}
	const bool was_empty = q.empty();
	q.prod = (q.prod & 1u << 31) | ((q.prod + 1) & q.mask());
	// PRIQ_IRQ_CFG2.LO: only for the last request of a group.
	if (bit(r_.irq[static_cast<u8>(Irq::kPriq)].attr, 31) ? bit(w[0], 62) : was_empty)
		interrupt(Irq::kPriq);
	return true;
}

bool Smmuv3::page_request(u32 sid, std::optional<u32> ssid, u64 addr, u32 prg, bool last,
			  Access access)
{
	Entry entry(*this);
	const u64 permissions = u64{access.write} << 61 | u64{!access.write} << 60 |
				u64{access.instr} << 59 | u64{access.priv} << 58;

	return write_request(
		{word_of(sid, ssid, last) | permissions, (addr & ~ones(12)) | (prg & ones(9))});
}

bool Smmuv3::page_request(Pri& pri, std::optional<u32> pasid, u64 addr, u32 group, bool last,
			  Access access)
{
	return pri.request(group, pasid, last) &&
	       page_request(pri.sid(), pasid, addr, group, last, access);
}

bool Smmuv3::stop_marker(u32 sid, std::optional<u32> pasid)
{
	Entry entry(*this);

	return write_request({word_of(sid, pasid, true), 0});
}

// Section 4.5.2.  Ignored while translation is off.
Cerror Smmuv3::pri_resp(const Command& c)
{
	constexpr PrgCode kCodes[] = {PrgCode::kFailure, PrgCode::kInvalid, PrgCode::kSuccess};
	const unsigned code = field(c.w[1], 13, 12);
	std::optional<u32> pasid;

	if (!ids_.pri() || code == 3)
		return Cerror::ILL;
	if (c.ssv())
		pasid = c.ssid();
	if (on(cr0::SMMUEN))
		answer_pri(c.sid(), field(c.w[1], 8, 0), pasid, kCodes[code], false);
	return Cerror::NONE;
}

}  // namespace model
