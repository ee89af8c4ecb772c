// SPDX-License-Identifier: GPL-2.0-only
//
// What each command does, chapter 4.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

// A hint. It fills the caches the way a transaction would, faults unreported.
Cerror Smmuv3::prefetch(const Command& c)
{
	Txn t{};
	Stream st{};
	Dma d;
	Fault f;

	t.sid = c.sid();
	t.ssid = c.ssv() ? c.ssid() : 0;
	t.ssv = c.ssv();
	t.iova = c.address();
	if (!on(cr0::SMMUEN) || !resolve(t, st, d, f))
		return Cerror::NONE;
	if (c.op() == static_cast<u8>(Op::PREFETCH_ADDR) && st.s1)
		stage1(t, st, d, f);
	return Cerror::NONE;
}

Cerror Smmuv3::cfgi(const Command& c)
{
	const unsigned split =
		field(r_.strtab_base_cfg, 17, 16) ? field(r_.strtab_base_cfg, 10, 6) : 0;
	const Cached* ste;

	switch (static_cast<Op>(c.op())) {
	case Op::CFGI_STE:
		config_.drop_streams(c.sid(), 0, c.leaf(), split);
		return Cerror::NONE;
	case Op::CFGI_STE_RANGE:
		config_.drop_streams(c.sid(), field(c.w[1], 4, 0) + 1, false, split);
		return Cerror::NONE;
	case Op::CFGI_CD:
		if (!ids_.s1p())
			return Cerror::ILL;
		ste = config_.find(Structure::kSte, c.sid());
		config_.drop_cd(c.sid(), c.ssid(), c.leaf(), ste ? cd_split({ste->w}) : 0);
		return Cerror::NONE;
	case Op::CFGI_CD_ALL:
		if (!ids_.s1p())
			return Cerror::ILL;
		config_.drop_cds(c.sid());
		return Cerror::NONE;
	default:
		return Cerror::ILL;
	}
}

// NUM, SCALE, TG, TTL and Leaf, section 4.4.1.1.
Cerror Smmuv3::tlbi_address(const Command& c, TlbScope& s)
{
	const unsigned num = field(c.w[0], 16, 12), scale = field(c.w[0], ids_.ds() ? 25 : 24, 20);
	const unsigned tg = ids_.ril() ? field(c.w[1], 11, 10) : 0;
	unsigned ttl = field(c.w[1], 9, 8);

	s.by_address = true;
	s.leaf = c.leaf();
	s.first = c.address();
	s.last = s.first;
	if (!tg)
		return Cerror::NONE;
	// Without DS, 16K granules have no blocks at level 1.
	if (tg == 2 && ttl == 1 && !ids_.ds())
		ttl = 0;
	// One page of any level is spelt with TG = 0.
	if (!num && !scale && !ttl)
		return Cerror::ILL;
	s.gran = 10 + 2 * tg;
	s.level = ttl;
	const unsigned unit = ttl ? s.gran + (3 - ttl) * (s.gran - 3) : s.gran;
	if (s.first & ones(unit))
		violation("TLBI range not aligned to its level's size", c.w[0], c.w[1]);
	const unsigned bits = s.gran + scale;  // of the range, less NUM's
	s.last = bits < 59 ? s.first + (u64{num + 1} << bits) - 1 : ~u64{0};
	if (s.last < s.first)
		s.last = ~u64{0};
	return Cerror::NONE;
}

// Which entries the scope names besides an address; false for a command this SMMU lacks.
bool Smmuv3::tlbi_regime(const Command& c, TlbScope& s) const
{
	const bool nh = c.op() >= 0x10 && c.op() <= 0x13;
	const bool el2 = c.op() >= 0x20 && c.op() <= 0x23;

	s.vmid_mask = ones(field(r_.cr0, 8, 6));
	if (nh || el2) {
		s.stage1 = true;
		s.world = nh ? World::kEl1 : bit(r_.cr2, 0) ? World::kEl2E2h : World::kEl2;
		s.by_vmid = nh && ids_.s2p();
		s.vmid = c.vmid();
		s.asid = c.asid();
		return nh ? ids_.s1p() : ids_.s1p() && ids_.hyp();
	}
	s.world = World::kEl1;
	s.vmid = c.vmid();
	switch (static_cast<Op>(c.op())) {
	case Op::TLBI_S12_VMALL:
		s.stage1 = s.stage2 = s.by_vmid = true;
		return ids_.s2p();
	case Op::TLBI_S2_IPA:
		s.stage2 = s.by_vmid = true;
		return ids_.s2p();
	case Op::TLBI_NSNH_ALL:
		s.stage1 = s.stage2 = true;
		return true;
	default:
		return false;
	}
}

Cerror Smmuv3::tlbi(const Command& c)
{
	TlbScope s{};
	Cerror error = Cerror::NONE;

	if (!tlbi_regime(c, s))
		return Cerror::ILL;
	switch (static_cast<Op>(c.op())) {
	case Op::TLBI_EL2_ALL:
		// Both kinds of EL2 entries, whatever E2H is now.
		s.world = World::kEl2;
		tlb_.drop(s);
		s.world = World::kEl2E2h;
		break;
	case Op::TLBI_NH_ALL:
	case Op::TLBI_S12_VMALL:
	case Op::TLBI_NSNH_ALL:
		break;
	case Op::TLBI_NH_ASID:
	case Op::TLBI_EL2_ASID:
		// Entries without an ASID are not reached by one.
		if (s.world == World::kEl2)
			return Cerror::NONE;
		s.by_asid = true;
		s.spare_global = true;
		break;
	case Op::TLBI_NH_VA:
	case Op::TLBI_EL2_VA:
		s.by_asid = s.world != World::kEl2;
		error = tlbi_address(c, s);
		break;
	default:
		error = tlbi_address(c, s);
		break;
	}
	if (error == Cerror::NONE)
		tlb_.drop(s);
	return error;
}

Cerror Smmuv3::resume(const Command& c)
{
	if (ids_.stall_model() == 1)
		return Cerror::ILL;
	if (c.op() == static_cast<u8>(Op::STALL_TERM)) {
		check_stall_term(c.sid());
		end_stalls(c.sid(), StallState::kAbort);
		retry_stalls();
		return Cerror::NONE;
	}
	if (!on(cr0::SMMUEN))
		return Cerror::NONE;
	const u32 stag = field(c.w[1], 15, 0);
	if (stag >= kStalls || stalls_[stag].state != StallState::kWaiting ||
	    stalls_[stag].unreported || stalls_[stag].txn.sid != c.sid()) {
		violation("CMD_RESUME names no stalled transaction", c.w[0], c.w[1]);
		return Cerror::NONE;
	}
	const bool retry = bit(c.w[0], 12);
	const bool abort = bit(c.w[0], 13) || ids_.term_model();
	stalls_[stag].state = retry   ? StallState::kRetry
			      : abort ? StallState::kAbort
				      : StallState::kRazWi;
	retry_stalls();
	return Cerror::NONE;
}

// The stream must abort, and its configuration be invalidated (section 4.7.2).
void Smmuv3::check_stall_term(u32 sid)
{
	Ste ste;
	Fault f;

	if (find_ste(sid, ste, f) && ste.config() >= 4)
		violation("CMD_STALL_TERM of a stream that does not abort", sid);
}

}  // namespace model
