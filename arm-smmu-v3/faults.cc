// SPDX-License-Identifier: GPL-2.0-only
// What the event and PRI queues bring: reported, and answered where the device waits for an answer.
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

void Smmu::report_event(const Event& event, Stalls stalls)
{
	smmu_event decoded = decode_event(event);
	device* owner = streams_.owner_of(decoded.sid);

	if (const u64* ste = streams_.find(decoded.sid)) {
		decoded.has_ste = true;
		for (size_t i = 0; i < std::size(decoded.ste); i++)
			decoded.ste[i] = __atomic_load_n(&ste[i], __ATOMIC_RELAXED);
	}
	counts_.events++;
	smmu_shim_report_event(dev_, owner, &decoded);

	// Nobody resolves faults yet, and a stalled transaction waits for ever.
	if (decoded.stall && stalls == Stalls::kWait)
		(void)commands_.issue(std::array{
			resume_stalled(decoded.sid, decoded.stag, ResumeResponse::kAbort)});
}

// The lock is released after each record: a flood keeps neither Streams::release() nor other tasks waiting.
bool Smmu::report_next_event(Stalls stalls)
{
	core::Locked lock(streams_.owners_lock());
	const auto taken = evtq_.take(mmio_, [&](const Event& event) {
		streams_.owners_lock().assert_held();  // by this function
		report_event(event, stalls);
	});
	if (taken.overflowed && smmu_shim_may_log(dev_, SMMU_LINE_OVERFLOW))
		os_log(dev_, OS_ERROR, "event queue overflowed, events were lost");
	return taken.record;
}

void Smmu::drain_events(Stalls stalls)
{
	while (report_next_event(stalls))
		os_reschedule();
}

// 8.1: the last request of a group is answered, for all of it.
void Smmu::answer(const PageRequest& request)
{
	const smmu_page_request decoded = decode_page_request(request);
	device* owner = streams_.owner_of(decoded.sid);

	counts_.page_requests++;
	smmu_shim_report_page_request(dev_, owner, &decoded);
	if (decoded.last)
		(void)commands_.issue(
			std::array{pri_resp(decoded.sid, decoded.has_ssid, decoded.ssid,
					    decoded.group, PriResponse::kDeny)});
}

bool Smmu::answer_next_page_request()
{
	core::Locked lock(streams_.owners_lock());
	const auto taken = priq_->take(mmio_, [&](const PageRequest& request) {
		streams_.owners_lock().assert_held();  // by this function
		answer(request);
	});
	if (taken.overflowed && smmu_shim_may_log(dev_, SMMU_LINE_OVERFLOW))
		os_log(dev_, OS_ERROR, "PRI queue overflowed, page requests were lost");
	return taken.record;
}

void Smmu::drain_page_requests()
{
	while (features_.pri && answer_next_page_request())
		os_reschedule();
}

}  // namespace smmu3
