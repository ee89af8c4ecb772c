// SPDX-License-Identifier: GPL-2.0-only
//
// Event records, sections 7.2 and 7.3, and stalled transactions.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

namespace {

bool translation_related(Event id)
{
	return id >= Event::F_TRANSLATION && id <= Event::F_PERMISSION;
}

// Which of the fields each record has.
bool has_access(Event id)
{
	return translation_related(id) || id == Event::F_WALK_EABT || id == Event::F_TLB_CONFLICT;
}

bool has_fetch_address(Event id)
{
	return id == Event::F_STE_FETCH || id == Event::F_CD_FETCH || id == Event::F_WALK_EABT;
}

EventRecord make(const Txn& t, const Fault& f)
{
	EventRecord e{};

	e.w[0] = static_cast<u64>(f.id) | u64{t.sid} << 32;
	// F_STREAM_DISABLED names no substream, C_BAD_SUBSTREAMID always does.
	if (f.id == Event::C_BAD_SUBSTREAMID)
		e.w[0] |= u64{t.ssid} << 12;
	else if (t.ssv && f.id != Event::F_STREAM_DISABLED && f.id != Event::F_TRANSL_FORBIDDEN)
		e.w[0] |= 1u << 11 | u64{t.ssid} << 12;
	if (f.id == Event::F_TRANSL_FORBIDDEN) {
		e.w[1] = u64{!t.acc.write} << 35;
		e.w[2] = t.iova;
	}
	if (f.id == Event::F_BAD_ATS_TREQ)
		e.w[2] = t.iova & ~ones(12);
	if (has_access(f.id)) {
		e.w[1] |= u64{t.acc.priv} << 33 | u64{t.acc.instr} << 34 | u64{!t.acc.write} << 35;
		e.w[2] = t.iova;
	}
	if (translation_related(f.id) || f.id == Event::F_WALK_EABT ||
	    f.id == Event::F_TLB_CONFLICT)
		e.w[1] |= u64{f.s2} << 39 | static_cast<u64>(f.cls) << 40;
	if (translation_related(f.id) && f.s2)
		e.w[3] = f.ipa & ones(52) & ~ones(12);
	if (has_fetch_address(f.id))
		e.w[3] = f.fetch & ones(52) & ~ones(3);
	return e;
}

}  // namespace

// One entry into a queue software drains. False when it is lost.
bool Smmuv3::write_event(const EventRecord& record)
{
	Queue& q = r_.eventq;
	const u64 slot = q.address() + u64{32} * q.index(q.prod);

	stats_.events[static_cast<u8>(record.type())]++;
	// An abort stops delivery until it is acknowledged (section 7.2).
	const bool stopped = (r_.gerror ^ r_.gerrorn) & gerror::EVENTQ_ABT_ERR;
	if (!on(cr0::EVENTQEN) || stopped || q.full()) {
		// OVFLG differs from OVACKFLG until software has seen the loss. The record of a
		// stalled transaction waits instead of getting lost (section 7.4).
		if (record.stall())
			return false;
		if (on(cr0::EVENTQEN) && q.full() && !((q.prod ^ q.cons) >> 31))
			q.prod ^= 1u << 31;
		stats_.events_lost++;
		return false;
	}
	if (!mem_.write(slot, record.w, 4)) {
		gerror(gerror::EVENTQ_ABT_ERR);
		stats_.events_lost++;
		return false;
	}
	const bool was_empty = q.empty();
	q.prod = (q.prod & 1u << 31) | ((q.prod + 1) & q.mask());
	if (was_empty)
		interrupt(Irq::kEventq);
	return true;
}

bool Smmuv3::record(const Txn& t, const Fault& f, bool stall, u16 stag)
{
	EventRecord e = make(t, f);

	if (stall) {
		e.w[1] |= 1u << 31 | stag;
		stalls_[stag].unreported = true;
		stalls_[stag].unreported = !may_report_stall() || !write_event(e);
		return !stalls_[stag].unreported;
	}
	return write_event(e);
}

// No more than IDR5.STALL_MAX records are without an answer (section 6.3.6).
bool Smmuv3::may_report_stall() const
{
	const unsigned max = field(ids_.idr5, 31, 16);
	unsigned reported = 0;

	for (const StallSlot& s : stalls_)
		reported += s.state == StallState::kWaiting && !s.unreported;
	return !max || reported < max;
}

// A slot for a transaction that arrives; one that is tried again has its own.
std::optional<u16> Smmuv3::take_stall(const Txn& t)
{
	for (u16 i = 0; i < kStalls; i++) {
		if (retried_ ? &stalls_[i] != retried_ : stalls_[i].state == StallState::kWaiting)
			continue;
		stalls_[i] = {.state = StallState::kWaiting, .unreported = true, .txn = t};
		return i;
	}
	return std::nullopt;
}

// A stalled transaction is not lost without room for its record: it is tried again when there is some, under what is
// in force then (sections 3.12.2, 7.2.1).
void Smmuv3::retry_stalls()
{
	for (StallSlot& s : stalls_) {
		if (s.state != StallState::kWaiting || !s.unreported)
			continue;
		if (!on(cr0::EVENTQEN) || r_.eventq.full() || !may_report_stall())
			return;
		retried_ = &s;
		const Dma d = run(Txn(s.txn));
		retried_ = nullptr;
		if (d.outcome != Outcome::kStalled)
			s.state = d.ok()                         ? StallState::kRetry
				  : d.outcome == Outcome::kRazWi ? StallState::kRazWi
								 : StallState::kAbort;
	}
}

unsigned Smmuv3::stalled(std::optional<u32> sid) const
{
	unsigned count = 0;

	for (const StallSlot& s : stalls_)
		count += s.state == StallState::kWaiting && (!sid || s.txn.sid == *sid);
	return count;
}

void Smmuv3::end_stalls(std::optional<u32> sid, StallState how)
{
	for (StallSlot& s : stalls_)
		if (s.state == StallState::kWaiting && (!sid || s.txn.sid == *sid))
			s.state = how;
}

// What a fault does to its transaction, and whether it is recorded (CD.{A,R,S}, STE.{S2R,S2S}).
Dma Smmuv3::finish(const Txn& t, const Stream& st, const Fault& f)
{
	Dma d;
	bool tell = f.id != Event::NONE;
	bool stall = false;

	d.event = f.id;
	if (f.id == Event::C_BAD_STREAMID)
		tell = bit(r_.cr2, 1);  // RECINVSID
	// With both stages bypassed there is no configuration to ask: told, and aborted.
	if (translation_related(f.id) && (f.s2 || st.s1)) {
		stall = f.s2 ? st.ste.s2s() : st.cd.s();
		tell = f.s2 ? st.ste.s2r() : st.cd.r();
		if (!f.s2 && !st.cd.a() && !ids_.term_model())
			d.outcome = Outcome::kRazWi;
	}
	if (stall) {
		if (auto stag = take_stall(t)) {
			d.outcome = Outcome::kStalled;
			d.stag = *stag;
			d.recorded = record(t, f, true, *stag);
			return d;
		}
	}
	d.recorded = tell && record(t, f, false, 0);
	return d;
}

bool Smmuv3::inject_event(const EventRecord& record)
{
	Entry entry(*this);

	return powered_ && write_event(record);
}

}  // namespace model
