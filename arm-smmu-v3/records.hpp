// SPDX-License-Identifier: GPL-2.0-only
// Takes the records from the event and PRI queues: reports events, and offers stalled transactions and page requests.
#pragma once

#include <optional>

#include "arm-smmu-v3/aborted_requests.hpp"
#include "arm-smmu-v3/core_inspect.h"
#include "arm-smmu-v3/event.hpp"
#include "arm-smmu-v3/features.hpp"
#include "arm-smmu-v3/page_requests.hpp"
#include "arm-smmu-v3/stalls.hpp"
#include "arm-smmu-v3/streams.hpp"

namespace smmu3 {

class Records {
public:
	// The members whose allocation can fail.
	struct Parts {
		EventQueue events;
		std::optional<PriQueue> requests;  // if PRI is implemented
	};
	// Sleeps.  kNoMemory.
	static core::Result<Parts> allocate(device* dev, const Features& features);

	Records(device* dev, Mmio& mmio, Streams& streams, Stalls& stalls,
		PageRequests& page_requests, AbortedRequests& aborted_requests, Parts&& parts);
	Records(const Records&) = delete;
	Records& operator=(const Records&) = delete;

	// Writes the registers of empty queues.  Queues and interrupts must be off.
	void write_registers();

	// Report all records of the event queue and of the PRI queue.  After more than the queue
	// holds, smmu_shim_drain_later() continues.  Sleep.
	void drain_events();
	void drain_page_requests();
	// Report all records that the event queue, or the PRI queue, has now.  Do nothing while the
	// SMMU does not translate: suspend reports them.  Sleep.
	void drain_recorded_events();
	void drain_recorded_page_requests();

	// Aborts stalled transactions, and groups, that have waited for an answer for `ns` (logged),
	// and drops page requests that have waited for the last one of their group.
	// True: others wait.  Sleeps.
	bool abort_stalls(u64 ns);

	u32 event_entries() const { return event_entries_; }
	u32 page_request_entries() const { return request_entries_; }  // 0: no PRI
	void add_to(smmu_stats& stats) const;

private:
	template <class Next>
	static bool take_all(u32 most, Next next);
	bool report_next_event();
	bool report_next_event_if_active();
	bool take_event() REQUIRES(lock());
	void report(const Event& event) REQUIRES(lock());
	bool is_resolved(device* owner, const smmu_event& event) REQUIRES(lock());
	bool answer_next_page_request();
	bool answer_next_page_request_if_active();
	bool take_page_request() REQUIRES(lock());
	void discard_aborted_requests() REQUIRES(lock());
	void note_overflow(bool overflowed) REQUIRES(lock());

	// Protects both queues and keeps the owner of a reported stream alive.
	const core::Mutex& lock() const RETURN_CAPABILITY(streams_.owners_lock())
	{
		return streams_.owners_lock();
	}

	device* const dev_;
	Mmio& mmio_;
	Streams& streams_;
	Stalls& stalls_;
	PageRequests& page_requests_;
	AbortedRequests& aborted_requests_;
	EventQueue events_ GUARDED_BY(streams_.owners_lock());
	std::optional<PriQueue> requests_ GUARDED_BY(streams_.owners_lock());
	bool requests_lost_ GUARDED_BY(streams_.owners_lock()) = false;  // after those in the queue
	const u32 event_entries_, request_entries_;
	u64 events_taken_ = 0;  // statistics, not atomic
	u64 requests_taken_ = 0;
};

}  // namespace smmu3
