// SPDX-License-Identifier: GPL-2.0-only
//
// Finding a stream's STE and a substream's CD, through one or two levels and the cache.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

// A cached copy memory no longer agrees with: legal until a CFGI completes, worth counting.
void Smmuv3::note_stale(const Cached& c)
{
	const unsigned words = c.kind == Structure::kSte || c.kind == Structure::kCd ? 8 : 1;
	std::array<u64, 8> now{};

	if (!mem_.read(c.pa, now.data(), words))
		return;
	for (unsigned i = 0; i < words; i++) {
		if (now[i] != c.w[i]) {
			stats_.stale_config_hits++;
			return;
		}
	}
}

// Invalid structures may be cached too: software must invalidate after making one valid.
void Smmuv3::keep(const Cached& c, bool valid)
{
	if (valid || !options_.cache_valid_only)
		config_.insert(c);
}

// Section 5.1: Span counts STEs from the start of the second level; 0 means none.
bool Smmuv3::locate_in_level2(u32 sid, u64& pa, Fault& f)
{
	const unsigned split = field(r_.strtab_base_cfg, 10, 6);
	const u64 base = r_.strtab_base & ones(52) & ~ones(6);
	const u32 index = sid >> split;
	Cached l1{Structure::kL1std, index, 0, base + u64{8} * index, {}};

	if (const Cached* hit = config_.find(Structure::kL1std, index)) {
		l1 = *hit;
		note_stale(l1);
	} else {
		stats_.l1std_fetches++;
		if (!mem_.read64(l1.pa, l1.w[0])) {
			f = {.id = Event::F_STE_FETCH, .fetch = l1.pa};
			return false;
		}
		keep(l1, field(l1.w[0], 4, 0) != 0);
	}
	const unsigned span = field(l1.w[0], 4, 0);
	if (!span || span > split + 1 || (sid & ones(split)) >> (span - 1)) {
		f = {.id = Event::C_BAD_STREAMID};
		return false;
	}
	pa = (l1.w[0] & ones(52) & ~ones(6)) + u64{64} * (sid & ones(split));
	return true;
}

bool Smmuv3::locate_ste(u32 sid, u64& pa, Fault& f)
{
	const u32 cfg = r_.strtab_base_cfg;
	unsigned log2 = field(cfg, 5, 0);

	if (log2 > ids_.sid_bits())
		log2 = ids_.sid_bits();
	if (u64{sid} >> log2) {
		f = {.id = Event::C_BAD_STREAMID};
		return false;
	}
	if (field(cfg, 17, 16) == 1)
		return locate_in_level2(sid, pa, f);
	pa = (r_.strtab_base & ones(52) & ~ones(6)) + u64{64} * sid;
	return true;
}

bool Smmuv3::find_ste(u32 sid, Ste& ste, Fault& f)
{
	Cached c{Structure::kSte, sid, 0, 0, {}};

	if (const Cached* hit = config_.find(Structure::kSte, sid)) {
		c = *hit;
		note_stale(c);
	} else {
		if (!locate_ste(sid, c.pa, f))
			return false;
		stats_.ste_fetches++;
		if (!mem_.read(c.pa, c.w.data(), 8)) {
			f = {.id = Event::F_STE_FETCH, .fetch = c.pa};
			return false;
		}
		keep(c, c.w[0] & 1);
	}
	ste.w = c.w;
	const char* why = ste.valid() ? ste.illegal(ids_) : "STE.V";
	if (!why)
		return true;
	f = {.id = Event::C_BAD_STE};
	if (ste.valid())
		violation(why, sid, ste.w[0]);
	return false;
}

// log2 of the CDs in a second-level table; 0 for a linear table.
unsigned Smmuv3::cd_split(const Ste& ste) const
{
	if (!ste.cd_bits(ids_) || !ids_.cd2l())
		return 0;
	return ste.s1fmt() == 1 ? 6 : ste.s1fmt() == 2 ? 10 : 0;
}

// CDs and L1CDs are at IPAs when stage 2 is on, at PAs otherwise.
bool Smmuv3::read_cd_words(const Txn& t, const Stream& st, u64 addr, u64* out, unsigned n, Fault& f)
{
	u64 pa = addr;

	if (st.s2) {
		TlbEntry e{};
		Txn fetch = t;

		fetch.acc = {};
		if (!stage2(fetch, st, Class::CD, addr, e, f))
			return false;
		pa = e.pa | (addr & ones(e.shift));
	}
	if (mem_.read(pa, out, n))
		return true;
	f = {.id = Event::F_CD_FETCH, .fetch = pa};
	return false;
}

bool Smmuv3::locate_cd(const Txn& t, const Stream& st, u64& addr, Fault& f)
{
	const unsigned split = cd_split(st.ste);
	const u64 base = st.ste.s1_context_ptr();

	if (!split) {
		addr = base + u64{64} * t.ssid;
		return true;
	}
	const u32 index = t.ssid >> split;
	Cached l1{Structure::kL1cd, t.sid, index, base + u64{8} * index, {}};
	if (const Cached* hit = config_.find(Structure::kL1cd, t.sid, index)) {
		l1 = *hit;
		if (!st.s2)
			note_stale(l1);
	} else {
		stats_.l1cd_fetches++;
		if (!read_cd_words(t, st, l1.pa, l1.w.data(), 1, f))
			return false;
		keep(l1, l1.w[0] & 1);
	}
	if (!(l1.w[0] & 1) || (l1.w[0] & ones(52)) >> (st.s2 ? ids_.ias_bits() : ids_.oas_bits())) {
		f = {.id = Event::C_BAD_SUBSTREAMID};
		return false;
	}
	addr = (l1.w[0] & ones(52) & ~ones(12)) + u64{64} * (t.ssid & ones(split));
	return true;
}

bool Smmuv3::find_cd(const Txn& t, Stream& st, Fault& f)
{
	Cached c{Structure::kCd, t.sid, t.ssid, 0, {}};

	if (const Cached* hit = config_.find(Structure::kCd, t.sid, t.ssid)) {
		c = *hit;
		if (!st.s2)
			note_stale(c);
	} else {
		if (!locate_cd(t, st, c.pa, f))
			return false;
		stats_.cd_fetches++;
		if (!read_cd_words(t, st, c.pa, c.w.data(), 8, f))
			return false;
		keep(c, bit(c.w[0], 31));
	}
	st.cd.w = c.w;
	const char* why = st.cd.valid() ? st.cd.illegal(ids_, st.ste, st.tag.world) : "CD.V";
	if (!why)
		return true;
	f = {.id = Event::C_BAD_CD};
	if (st.cd.valid())
		violation(why, t.sid, st.cd.w[0]);
	return false;
}

}  // namespace model
