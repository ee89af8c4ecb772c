// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/records.hpp"

#include "arm-smmu-v3/commands.hpp"

namespace smmu3 {
namespace {

core::Result<std::optional<PriQueue>> create_priq(device* dev, const Features& features)
{
	if (!features.pri)
		return std::nullopt;
	return TRY(PriQueue::create(dev, features.priq_log2));
}

}  // namespace

core::Result<Records::Parts> Records::allocate(device* dev, const Features& features)
{
	return Parts{
		.events = TRY(EventQueue::create(dev, features.eventq_log2)),
		.requests = TRY(create_priq(dev, features)),
	};
}

Records::Records(device* dev, Mmio& mmio, Streams& streams, Stalls& stalls,
		 PageRequests& page_requests, AbortedRequests& aborted_requests, Parts&& parts)
	: dev_(dev),
	  mmio_(mmio),
	  streams_(streams),
	  stalls_(stalls),
	  page_requests_(page_requests),
	  aborted_requests_(aborted_requests),
	  events_(std::move(parts.events)),
	  requests_(std::move(parts.requests)),
	  event_entries_(events_.entries()),
	  request_entries_(requests_ ? requests_->entries() : 0)
{
}

void Records::write_registers()
{
	lock().assert_held();  // interrupts are off: no handler drains
	events_.write_registers(mmio_);
	if (requests_)
		requests_->write_registers(mmio_);
	(void)aborted_requests_.take();  // of an empty queue
}

// Whether a stalled transaction waits for its fault to be resolved.
bool Records::is_resolved(device* owner, const smmu_event& event)
{
	const Admission admission = stalls_.admit(owner, event);
	if (admission.how != Admission::How::kEnded)
		smmu_shim_stall_waits(dev_);
	if (admission.how != Admission::How::kReported)
		return admission.how == Admission::How::kHeld;
	if (smmu_shim_resolve_fault(dev_, owner, &event, admission.token))
		return true;
	stalls_.answer(admission.token, Answer::kAbort);
	return false;
}

void Records::report(const Event& event)
{
	const Sid sid = event.get<Event::StreamID>();
	smmu_event decoded = decode_event(event);
	device* owner = streams_.owner_of(sid);

	if (const u64* ste = streams_.find(sid)) {
		decoded.has_ste = true;
		for (size_t i = 0; i < std::size(decoded.ste); i++)
			decoded.ste[i] = core::load_relaxed(ste[i]);
	}
	events_taken_++;
	if (!decoded.stall || !is_resolved(owner, decoded))
		smmu_shim_report_event(dev_, owner, &decoded);
}

// The lock is released after each record: a flood of records delays neither Streams::release() nor
// other tasks.
bool Records::report_next_event()
{
	core::Locked locked(lock());
	return take_event();
}

bool Records::take_event()
{
	const auto taken = events_.take(mmio_, [&](const Event& event) {
		lock().assert_held();  // by this function
		report(event);
	});
	if (taken.overflowed && smmu_shim_may_log(dev_, SMMU_LINE_OVERFLOW))
		os_log(dev_, OS_ERROR, "event queue overflowed, events were lost");
	return taken.record;
}

// Takes records while there are any, `most` at most.  False: there may be more.
template <class Next>
bool Records::take_all(u32 most, Next next)
{
	for (u32 taken = 0; taken < most; taken++) {
		if (!next())
			return true;
		os_reschedule();
	}
	return false;
}

// A device may add records as fast as they are taken: a worker reports those beyond a full queue.
void Records::drain_events()
{
	if (!take_all(event_entries_ + 1, [&] { return report_next_event(); }))
		smmu_shim_drain_later(dev_);
}

// A suspend needs the lock after Stalls::end(): while that has not been called, the registers have power.
bool Records::report_next_event_if_active()
{
	core::Locked locked(lock());
	return stalls_.active() && take_event();
}

// The records of now are no more than the queue holds.
void Records::drain_recorded_events()
{
	(void)take_all(event_entries_, [&] { return report_next_event_if_active(); });
}

// The lock keeps the device that is named.
bool Records::abort_stalls(u64 ns)
{
	core::Locked locked(lock());
	const bool requests_wait = page_requests_.drop_after(ns);
	const auto expired = stalls_.abort_after(ns);
	if (expired.count && smmu_shim_may_log(dev_, SMMU_LINE_TIMEOUT)) {
		device* owner = streams_.owner_of(expired.first);
		os_log(owner ? owner : dev_, OS_ERROR,
		       "%u faults not resolved for %llu s, the first of stream ID 0x%x: aborted",
		       expired.count, ns / 1'000'000'000, expired.first.value());
	}
	return expired.others_wait || requests_wait;
}

bool Records::answer_next_page_request()
{
	core::Locked locked(lock());
	return take_page_request();
}

void Records::note_overflow(bool overflowed)
{
	requests_lost_ |= overflowed;
	if (overflowed && smmu_shim_may_log(dev_, SMMU_LINE_OVERFLOW))
		os_log(dev_, OS_ERROR, "PRI queue overflowed, page requests were lost");
}

// Those that are kept, too: the last one of their group may be lost.
void Records::discard_aborted_requests()
{
	const auto end = aborted_requests_.take();
	if (!end)
		return;
	note_overflow(requests_->discard(mmio_, *end));
	page_requests_.lose();
}

// 8.1.1: a group whose last request was not recorded before the overflow has got its response.
bool Records::take_page_request()
{
	discard_aborted_requests();
	if (requests_lost_ && requests_->empty()) {
		page_requests_.lose();
		requests_lost_ = false;
	}
	const auto taken = requests_->take(mmio_, [&](const PageRequest& request) {
		lock().assert_held();  // by this function
		requests_taken_++;
		page_requests_.answer(request);
	});
	note_overflow(taken.overflowed);
	return taken.record;
}

bool Records::answer_next_page_request_if_active()
{
	core::Locked locked(lock());
	return stalls_.active() && take_page_request();
}

void Records::drain_recorded_page_requests()
{
	(void)take_all(request_entries_, [&] { return answer_next_page_request_if_active(); });
}

void Records::drain_page_requests()
{
	if (!request_entries_)
		return;
	if (!take_all(request_entries_ + 1, [&] { return answer_next_page_request(); }))
		smmu_shim_drain_later(dev_);
}

void Records::add_to(smmu_stats& stats) const
{
	stats.events = events_taken_;
	stats.page_requests = requests_taken_;
}

}  // namespace smmu3
