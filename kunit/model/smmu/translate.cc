// SPDX-License-Identifier: GPL-2.0-only
//
// The path of a transaction: stream, substream, input range, stages.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

namespace {

u64 sign_extend(u64 v, unsigned from)
{
	return bit(v, from) ? v | ~ones(from) : v & ones(from);
}

}  // namespace

// Which CD, if any: SubstreamID against S1CDMax and S1DSS (section 5.2).
bool Smmuv3::substream(const Txn& t, Stream& st, Fault& f)
{
	const unsigned max = st.ste.cd_bits(ids_), dss = st.ste.s1dss();

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
	return true;
}

// Everything up to the translation tables. False with no fault is a silent abort.
bool Smmuv3::resolve(Txn& t, Stream& st, Dma& d, Fault& f)
{
	d.outcome = Outcome::kAborted;
	if (!find_ste(t.sid, st.ste, f))
		return false;
	if (st.ste.config() < 4)
		return false;
	st.s1 = st.ste.s1();
	st.s2 = st.ste.s2();
	st.tag.world = st.ste.world(ids_, bit(r_.cr2, 0));
	st.tag.vmid = st.tag.world == World::kEl1 && ids_.s2p() ? st.ste.s2vmid() : 0;
	if (!substream(t, st, f))
		return false;
	if (ids_.perms_ovr()) {
		if (st.ste.privcfg() >= 2)
			t.acc.priv = st.ste.privcfg() == 3;
		if (st.ste.instcfg() >= 2)
			t.acc.instr = st.ste.instcfg() == 3;
	}
	if (t.acc.write)
		t.acc.instr = false;
	if (!st.s1)
		return true;
	if (!find_cd(t, st, f))
		return false;
	st.tag.asid = st.tag.world == World::kEl2 ? 0 : st.cd.asid();
	return true;
}

// The input range of the half @va belongs to; strips the top byte where TBI says so.
bool Smmuv3::input_in_range(const Stream& st, u64& va, Fault& f) const
{
	const Cd& cd = st.cd;
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

// The result of a transaction; false with what it meets.
bool Smmuv3::attempt(Txn& t, Stream& st, Dma& d, Fault& f)
{
	if (!resolve(t, st, d, f))
		return false;
	d.outcome = Outcome::kTranslated;
	d.pa = t.iova;
	d.page_shift = 12;
	if (st.s1) {
		Txn in = t;  // the event shows the address as it came, top byte included

		return input_in_range(st, in.iova, f) && stage1(in, st, d, f);
	}
	if (t.iova >> ids_.oas_bits() && !st.s2) {
		f = {.id = Event::F_ADDR_SIZE};
		return false;
	}
	if (!st.s2) {
		d.outcome = Outcome::kBypassed;
		return true;
	}
	TlbEntry e{};
	if (!stage2(t, st, Class::IN, t.iova, e, f))
		return false;
	d.pa = e.pa | (t.iova & ones(e.shift));
	d.page_shift = e.shift;
	return true;
}

// One transaction from arrival to result.
Dma Smmuv3::run(const Txn& arrived)
{
	Txn t = arrived;
	Stream st{};
	Dma d;
	Fault f;

	return attempt(t, st, d, f) ? d : finish(t, st, f);
}

}  // namespace model
