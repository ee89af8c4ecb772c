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

Records::Records(device* dev, Mmio& mmio, Commands& commands, Streams& streams, Parts&& parts)
	: dev_(dev),
	  mmio_(mmio),
	  commands_(commands),
	  streams_(streams),
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
}

void Records::report(const Event& event, Stalls stalls)
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
	smmu_shim_report_event(dev_, owner, &decoded);

	// Faults are not resolved, and a stalled transaction would wait forever.
	if (decoded.stall && stalls == Stalls::kWait)
		(void)commands_.issue(
			std::array{resume_stalled(sid, decoded.stag, ResumeResponse::kAbort)});
}

// The lock is released after each record: a flood of records delays neither Streams::release() nor
// other tasks.
bool Records::report_next_event(Stalls stalls)
{
	core::Locked locked(lock());
	const auto taken = events_.take(mmio_, [&](const Event& event) {
		lock().assert_held();  // by this function
		report(event, stalls);
	});
	if (taken.overflowed && smmu_shim_may_log(dev_, SMMU_LINE_OVERFLOW))
		os_log(dev_, OS_ERROR, "event queue overflowed, events were lost");
	return taken.record;
}

// A device may add records as fast as they are taken: a worker reports those beyond a full queue.
void Records::drain_events(Stalls stalls)
{
	for (u32 taken = 0; taken <= event_entries_; taken++) {
		if (!report_next_event(stalls))
			return;
		os_reschedule();
	}
	smmu_shim_drain_later(dev_);
}

// 8.1: one response to the last request of a group answers all of them.
void Records::answer(const PageRequest& request)
{
	const Sid sid = request.get<PageRequest::StreamID>();
	const smmu_page_request decoded = decode_page_request(request);
	device* owner = streams_.owner_of(sid);

	requests_taken_++;
	smmu_shim_report_page_request(dev_, owner, &decoded);
	if (decoded.last)
		(void)commands_.issue(std::array{
			pri_resp(sid, substream_of(request), decoded.group, PriResponse::kDeny)});
}

bool Records::answer_next_page_request()
{
	core::Locked locked(lock());
	const auto taken = requests_->take(mmio_, [&](const PageRequest& request) {
		lock().assert_held();  // by this function
		answer(request);
	});
	if (taken.overflowed && smmu_shim_may_log(dev_, SMMU_LINE_OVERFLOW))
		os_log(dev_, OS_ERROR, "PRI queue overflowed, page requests were lost");
	return taken.record;
}

void Records::drain_page_requests()
{
	if (!request_entries_)
		return;
	for (u32 taken = 0; taken <= request_entries_; taken++) {
		if (!answer_next_page_request())
			return;
		os_reschedule();
	}
	smmu_shim_drain_later(dev_);
}

void Records::add_to(smmu_stats& stats) const
{
	stats.events = events_taken_;
	stats.page_requests = requests_taken_;
}

}  // namespace smmu3
