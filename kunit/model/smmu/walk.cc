// SPDX-License-Identifier: GPL-2.0-only
//
// Translation table walks of VMSAv8-64: 4K, 16K and 64K granules, both stages.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

namespace {

// Output address of a descriptor; 64K granules keep bits 51:48 in 15:12, the others with DS bits 51:50
// in 9:8.
u64 output(const Regime& r, u64 desc, unsigned align)
{
	u64 oa = desc & ones(r.ds ? 50 : 48) & ~ones(r.gran);

	if (r.ds)
		oa |= field(desc, 9, 8) << 50;
	if (r.gran == 16)
		oa |= field(desc, 15, 12) << 48;
	return oa & ~ones(align);
}

bool is_page_or_block(const Regime& r, u64 desc, int level)
{
	const unsigned type = desc & 3;

	if (level == 3)
		return type == 3;
	if (type != 1)
		return false;
	if (level == 0)
		return r.gran == 12 && r.ds;
	return level == 2 ||
	       (level == 1 && (r.gran == 12 || r.ds || (r.gran == 16 && r.out_bits == 52)));
}

}  // namespace

Regime Smmuv3::stage1_regime(const Stream& st, u64 va) const
{
	const Cd& cd = st.cd;
	const bool upper = st.tag.world != World::kEl2 && bit(va, 55);
	const unsigned ips = address_bits(cd.ips()), oas = ids_.oas_bits();
	Regime r{};

	r.tag = st.tag;
	r.ttb = upper ? cd.ttb1() : cd.ttb0();
	r.ia_bits = 64 - (upper ? cd.t1sz() : cd.t0sz());
	r.gran = upper ? cd.gran1() : cd.gran0();
	r.ds = cd.ds() && ids_.ds() && r.gran < 16;
	r.out_bits = ips < oas ? ips : oas;
	r.start = 4 - static_cast<int>((r.ia_bits - r.gran + r.gran - 4) / (r.gran - 3));
	r.ha = cd.ha();
	r.hd = cd.hd();
	r.affd = cd.affd();
	r.had = upper ? cd.had1() : cd.had0();
	r.wxn = cd.wxn();
	r.uwxn = cd.uwxn();
	r.pan = cd.pan();
	return r;
}

Regime Smmuv3::stage2_regime(const Stream& st) const
{
	const Ste& s = st.ste;
	const unsigned ps = address_bits(s.s2ps()), oas = ids_.oas_bits();
	Regime r{};

	r.stage2 = true;
	r.tag = st.tag;
	r.ttb = s.s2ttb();
	r.ia_bits = 64 - s.s2t0sz();
	r.gran = tg0_shift(s.s2tg());
	r.out_bits = ps < oas ? ps : oas;
	r.ds = s.uses_ds(ids_);
	r.start = s.s2start(ids_);
	r.ha = s.s2ha();
	r.hd = s.s2hd();
	r.affd = s.s2affd();
	return r;
}

// Reads one descriptor; stage 1's own tables lie behind stage 2 when both are on.
bool Smmuv3::fetch_descriptor(const Regime& r, const Txn& t, const Stream& st, u64 addr, Leaf& leaf,
			      Fault& f)
{
	leaf.desc_pa = addr;
	if (!r.stage2 && st.s2) {
		TlbEntry e{};
		Txn fetch = t;

		// A walk that may update descriptors needs write permission for it.
		fetch.acc = {.write = false, .priv = false, .instr = false};
		if (!stage2(fetch, st, Class::TT, addr, e, f))
			return false;
		leaf.desc_pa = e.pa | (addr & ones(e.shift));
	}
	stats_.descriptor_fetches++;
	if (mem_.read64(leaf.desc_pa, leaf.desc))
		return true;
	f = {.id = Event::F_WALK_EABT,
	     .s2 = r.stage2,
	     .cls = r.stage2 ? f.cls : Class::TT,
	     .ipa = f.ipa,
	     .fetch = leaf.desc_pa};
	return false;
}

void Smmuv3::keep_table(const Regime& r, Kind kind, u64 ia, const Leaf& at)
{
	TlbEntry e{};

	e.ia = ia & ~ones(at.shift);
	e.pa = at.out;
	e.tag = r.tag;
	e.kind = kind;
	e.shift = at.shift;
	e.level = at.level;
	e.gran = r.gran;
	e.inherited = at.inherited;
	tlb_.insert(e);
}

// Walks from the deepest table the walk cache knows. @cls says what a stage 2 walk is for.
bool Smmuv3::walk(const Regime& r, const Txn& t, const Stream& st, Class cls, u64 ia, Leaf& leaf,
		  Fault& f)
{
	const unsigned stride = r.gran - 3;
	const Kind kind = r.stage2 ? Kind::kTable2 : Kind::kTable1;
	const Fault clear{.s2 = r.stage2, .cls = cls, .ipa = r.stage2 ? ia : 0};
	const TlbEntry* known = tlb_.find_table(kind, r.tag, ia, r.gran);
	const u64 in = ia & ones(r.ia_bits);
	u64 table = known ? known->pa : r.ttb;

	leaf.inherited = known ? known->inherited : 0;
	for (int level = known ? known->level + 1 : r.start;; level++) {
		const unsigned shift = r.gran + (3 - level) * stride;
		// The first table of stage 2 may be several concatenated; of stage 1 a fraction.
		const u64 index = in >> shift & (level == r.start ? ~u64{0} : ones(stride));

		f = clear;
		if (!fetch_descriptor(r, t, st, table + 8 * index, leaf, f))
			return false;
		f = clear;
		const bool is_leaf = is_page_or_block(r, leaf.desc, level);
		if (!is_leaf && ((leaf.desc & 3) != 3 || level == 3)) {
			f.id = Event::F_TRANSLATION;
			return false;
		}
		leaf.level = static_cast<signed char>(level);
		leaf.shift = shift;
		leaf.out = output(r, leaf.desc, is_leaf ? shift : r.gran);
		if (leaf.out >> r.out_bits) {
			f.id = Event::F_ADDR_SIZE;
			return false;
		}
		if (is_leaf)
			return true;
		if (!r.stage2 && !r.had)
			leaf.inherited |= leaf.desc >> 59;
		table = leaf.out;
		keep_table(r, kind, ia, leaf);
	}
}

// Access flag and dirty state, by hardware where HA and HD say so (section 3.13).
bool Smmuv3::settle(const Regime& r, bool write, Leaf& leaf, bool& clean, Fault& f)
{
	constexpr u64 kAf = u64{1} << 10, kRo1 = u64{1} << 7, kW2 = u64{1} << 7;
	u64 want = leaf.desc;

	if (!(want & kAf)) {
		if (!r.ha && !r.affd) {
			f.id = Event::F_ACCESS;
			return false;
		}
		if (r.ha)
			want |= kAf;
	}
	const bool read_only = r.stage2 ? !(want & kW2) : want & kRo1;
	clean = r.hd && bit(want, 51) && read_only;
	if (clean && write) {
		want = r.stage2 ? want | kW2 : want & ~kRo1;
		clean = false;
	}
	if (want != leaf.desc && !mem_.exchange(leaf.desc_pa, leaf.desc, want)) {
		f.id = Event::F_WALK_EABT;
		f.fetch = leaf.desc_pa;
		return false;
	}
	leaf.desc = want;
	return true;
}

}  // namespace model
