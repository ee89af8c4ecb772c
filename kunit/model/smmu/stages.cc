// SPDX-License-Identifier: GPL-2.0-only
//
// Stage 1 and stage 2: TLB, walk, permissions.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

namespace {

// The permission a transaction needs.
u8 needed(const Access& a)
{
	const u8 p = a.write ? perm::kPW : a.instr ? perm::kPX : perm::kPR;

	return a.priv ? p : p << 3;
}

u8 stage1_perms(const Regime& r, const Leaf& leaf)
{
	// bits 63:59 of the tables on the way: NS, AP[1:0], UXN, PXN
	const unsigned t = leaf.inherited;
	const bool ro = bit(leaf.desc, 7) || bit(t, 3);
	const bool xn = bit(leaf.desc, 54) || bit(t, 1);

	if (r.tag.world == World::kEl2) {
		const bool x = !xn && !(r.wxn && !ro);
		const u8 p = perm::kPR | (ro ? 0 : perm::kPW) | (x ? perm::kPX : 0);
		return p | p << 3;
	}
	const bool user = bit(leaf.desc, 6) && !bit(t, 2);
	const bool pxn = bit(leaf.desc, 53) || bit(t, 0);
	u8 p = 0;
	if (!(r.pan && user))
		p |= perm::kPR | (ro ? 0 : perm::kPW);
	if (!pxn && !(user && !ro) && !(r.wxn && !ro))
		p |= perm::kPX;
	if (user)
		p |= perm::kUR | (ro ? 0 : perm::kUW);
	if (!xn && !(r.wxn && user && !ro))
		p |= perm::kUX;
	return p;
}

u8 stage2_perms(const Leaf& leaf)
{
	const bool rd = bit(leaf.desc, 6), wr = bit(leaf.desc, 7), xn = bit(leaf.desc, 54);
	const u8 p = (rd ? perm::kPR : 0) | (wr ? perm::kPW : 0) | (rd && !xn ? perm::kPX : 0);

	return p | p << 3;
}

}  // namespace

bool Smmuv3::stage2(const Txn& t, const Stream& st, Class cls, u64 ipa, TlbEntry& out, Fault& f)
{
	const Regime r = stage2_regime(st);
	TlbEntry* hit = tlb_.find(Kind::kLeaf2, st.tag, ipa);

	f = {.s2 = true, .cls = cls, .ipa = ipa};
	if (hit && hit->clean && t.acc.write) {
		hit->kind = Kind::kNone;
		hit = nullptr;
	}
	if (!hit) {
		Leaf leaf{};
		TlbEntry e{};

		if (ipa >> r.ia_bits) {
			f.id = Event::F_TRANSLATION;
			return false;
		}
		if (!walk(r, t, st, cls, ipa, leaf, f) || !settle(r, t.acc.write, leaf, e.clean, f))
			return false;
		e.ia = ipa & ~ones(leaf.shift);
		e.pa = leaf.out;
		e.tag = st.tag;
		e.tag.asid = 0;
		e.kind = Kind::kLeaf2;
		e.shift = leaf.shift;
		e.level = leaf.level;
		e.gran = r.gran;
		e.perms2 = stage2_perms(leaf);
		tlb_.insert(e);
		out = e;
	} else {
		stats_.tlb_hits++;
		out = *hit;
	}
	if (out.perms2 & needed(t.acc))
		return true;
	f.id = Event::F_PERMISSION;
	return false;
}

// A walk of stage 1, with stage 2 on its result when nested.
bool Smmuv3::fill1(const Txn& t, const Stream& st, TlbEntry& e, Fault& f)
{
	const Regime r = stage1_regime(st, t.iova);
	Leaf leaf{};

	if (!walk(r, t, st, Class::IN, t.iova, leaf, f) ||
	    !settle(r, t.acc.write, leaf, e.clean, f))
		return false;
	e.ia = t.iova & ~ones(leaf.shift);
	e.pa = e.ipa = leaf.out;
	e.tag = st.tag;
	e.kind = Kind::kLeaf1;
	e.shift = leaf.shift;
	e.level = leaf.level;
	e.gran = r.gran;
	e.global = st.tag.world != World::kEl2 && !bit(leaf.desc, 11);
	e.perms1 = stage1_perms(r, leaf);
	e.perms2 = perm::kAll;
	if (!(e.perms1 & needed(t.acc))) {
		f = {.id = Event::F_PERMISSION};
		return false;
	}
	if (!st.s2)
		return true;

	TlbEntry s2{};
	const u64 ipa = leaf.out | (t.iova & ones(leaf.shift));
	if (!stage2(t, st, Class::IN, ipa, s2, f))
		return false;
	// The entry covers the smaller of the two pages.
	if (s2.shift < e.shift)
		e.shift = s2.shift;
	e.ia = t.iova & ~ones(e.shift);
	e.ipa = ipa & ~ones(e.shift);
	e.pa = (s2.pa | (ipa & ones(s2.shift))) & ~ones(e.shift);
	e.perms2 = s2.perms2;
	e.clean |= s2.clean;
	return true;
}

bool Smmuv3::stage1(const Txn& t, const Stream& st, Dma& d, Fault& f)
{
	unsigned matches = 0;
	TlbEntry* hit = tlb_.find(Kind::kLeaf1, st.tag, t.iova, &matches);
	TlbEntry e{};

	if (matches > 1 && ids_.bbml() < 2) {
		f = {.id = Event::F_TLB_CONFLICT};
		return false;
	}
	if (hit && hit->clean && t.acc.write) {
		hit->kind = Kind::kNone;
		hit = nullptr;
	}
	if (hit) {
		stats_.tlb_hits++;
		e = *hit;
	} else {
		if (!fill1(t, st, e, f))
			return false;
		tlb_.insert(e);
	}
	f = {};
	const u8 need = needed(t.acc);
	if (!(e.perms1 & need))
		f = {.id = Event::F_PERMISSION};
	else if (!(e.perms2 & need))
		f = {.id = Event::F_PERMISSION,
		     .s2 = true,
		     .ipa = e.ipa | (t.iova & ones(e.shift))};
	if (f.id != Event::NONE)
		return false;
	d.pa = e.pa | (t.iova & ones(e.shift));
	d.page_shift = e.shift;
	return true;
}

}  // namespace model
