// SPDX-License-Identifier: GPL-2.0-only
//
// The path of a transaction: stream, substream, stage 1, stage 2.
#include "kunit/model/smmuv3.hpp"

namespace model {

namespace {

// The permission a transaction needs.
u8 needed(const Access &a)
{
	const u8 p = a.write ? perm::kPW : a.instr ? perm::kPX : perm::kPR;

	return a.priv ? p : p << 3;
}

u8 stage1_perms(const Regime &r, const Leaf &leaf)
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

u8 stage2_perms(const Leaf &leaf)
{
	const bool rd = bit(leaf.desc, 6), wr = bit(leaf.desc, 7), xn = bit(leaf.desc, 54);
	const u8 p = (rd ? perm::kPR : 0) | (wr ? perm::kPW : 0) | (rd && !xn ? perm::kPX : 0);

	return p | p << 3;
}

u64 sign_extend(u64 v, unsigned from)
{
	return bit(v, from) ? v | ~ones(from) : v & ones(from);
}

} // namespace

// Which CD, if any: SubstreamID against S1CDMax and S1DSS (section 5.2).
bool Smmuv3::substream(Txn &t, Stream &st, Fault &f)
{
	const unsigned max = st.ste.s1cdmax(), dss = st.ste.s1dss();

	if (t.ssv && (!st.s1 || !max || u64{t.ssid} >> max)) {
		f = {.id = Event::C_BAD_SUBSTREAMID};
		return false;
	}
	if (!st.s1 || !max)
		return true;
	if (t.ssv && !t.ssid && dss == 2) {
		f = {.id = Event::F_STREAM_DISABLED};
		return false;
	}
	if (t.ssv)
		return true;
	if (dss == 1) {
		st.s1 = false;
	} else if (dss != 2) {
		f = {.id = Event::F_STREAM_DISABLED};
		return false;
	}
	t.ssid = 0;
	return true;
}

// Everything up to the translation tables. False with no fault is a silent abort.
bool Smmuv3::resolve(Txn &t, Stream &st, Dma &d, Fault &f)
{
	d.outcome = Outcome::kAborted;
	if (!find_ste(t.sid, st.ste, f))
		return false;
	if (st.ste.config() < 4)
		return false;
	st.s1 = st.ste.s1();
	st.s2 = st.ste.s2();
	st.tag.world = st.ste.world(bit(r_.cr2, 0));
	st.tag.vmid = st.tag.world == World::kEl1 && ids_.s2p() ? st.ste.s2vmid() : 0;
	if (!substream(t, st, f))
		return false;
	if (ids_.perms_ovr()) {
		if (st.ste.privcfg() >= 2)
			t.acc.priv = st.ste.privcfg() == 3;
		if (st.ste.instcfg() >= 2)
			t.acc.instr = st.ste.instcfg() == 3;
	}
	if (!st.s1)
		return true;
	if (!find_cd(t, st, f))
		return false;
	st.tag.asid = st.tag.world == World::kEl2 ? 0 : st.cd.asid();
	return true;
}

// The input range of the half @va belongs to; strips the top byte where TBI says so.
bool Smmuv3::input_in_range(const Stream &st, u64 &va, Fault &f) const
{
	const Cd &cd = st.cd;
	const bool upper = st.tag.world != World::kEl2 && bit(va, 55);

	if (upper ? cd.tbi1() : cd.tbi0())
		va = sign_extend(va, 55);
	f = {.id = Event::F_TRANSLATION};
	if (upper ? cd.epd1() : cd.epd0())
		return false;
	const u64 rest = va >> (64 - (upper ? cd.t1sz() : cd.t0sz()));
	if (rest != (upper ? ones(cd.t1sz()) : 0))
		return false;
	f = {};
	return true;
}

bool Smmuv3::stage2(const Txn &t, const Stream &st, Class cls, u64 ipa, TlbEntry &out, Fault &f)
{
	const Regime r = stage2_regime(st);
	TlbEntry *hit = tlb_.find(Kind::kLeaf2, st.tag, ipa);

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
		if (!walk(r, t, st, cls, ipa, leaf, f) ||
		    !settle(r, t.acc.write, leaf, e.clean, f))
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
bool Smmuv3::fill1(const Txn &t, const Stream &st, TlbEntry &e, Fault &f)
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

bool Smmuv3::stage1(const Txn &t, const Stream &st, Dma &d, Fault &f)
{
	unsigned matches = 0;
	TlbEntry *hit = tlb_.find(Kind::kLeaf1, st.tag, t.iova, &matches);
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
		f = {.id = Event::F_PERMISSION, .s2 = true, .ipa = e.ipa | (t.iova & ones(e.shift))};
	if (f.id != Event::NONE)
		return false;
	d.pa = e.pa | (t.iova & ones(e.shift));
	d.page_shift = e.shift;
	return true;
}

// One transaction from arrival to result.
Dma Smmuv3::run(const Txn &arrived)
{
	Txn t = arrived;
	Stream st{};
	Dma d;
	Fault f;

	if (!resolve(t, st, d, f))
		return finish(t, st, f);
	d.outcome = Outcome::kTranslated;
	d.pa = t.iova;
	d.page_shift = 12;
	if (st.s1) {
		Txn in = t; // the event shows the address as it came, top byte included

		if (!input_in_range(st, in.iova, f) || !stage1(in, st, d, f))
			return finish(t, st, f);
		return d;
	}
	if (t.iova >> ids_.oas_bits() && !st.s2) {
		f = {.id = Event::F_ADDR_SIZE};
		return finish(t, st, f);
	}
	if (!st.s2) {
		d.outcome = Outcome::kBypassed;
		return d;
	}
	TlbEntry e{};
	if (!stage2(t, st, Class::IN, t.iova, e, f))
		return finish(t, st, f);
	d.pa = e.pa | (t.iova & ones(e.shift));
	d.page_shift = e.shift;
	return d;
}

} // namespace model
