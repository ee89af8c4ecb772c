// SPDX-License-Identifier: GPL-2.0-only
// What the event and PRI queues bring: reported, and answered where the device waits for an answer.
#pragma once

#include <optional>

#include "arm-smmu-v3/event.hpp"
#include "arm-smmu-v3/features.hpp"
#include "arm-smmu-v3/page_request.hpp"
#include "arm-smmu-v3/streams.hpp"

namespace smmu3 {

class Commands;

class Records {
public:
	// What can fail to be had.
	struct Parts {
		EventQueue events;
		std::optional<PriQueue> requests;  // where there is PRI
	};
	// Sleeps.  kNoMemory.
	static core::Result<Parts> allocate(device* dev, const Features& features);

	Records(device* dev, Mmio& mmio, Commands& commands, Streams& streams, Parts&& parts);
	Records(const Records&) = delete;
	Records& operator=(const Records&) = delete;

	// While the SMMU's queues and interrupts are off: where the queues are, empty.
	void write_registers();

	// Report everything in the event queue, and in the PRI queue.  Sleep.
	enum class Stalls { kWait, kEnded };  // the fall of SMMUEN ends them (3.12.2)
	void drain_events(Stalls stalls = Stalls::kWait);
	void drain_page_requests();

	u32 event_entries() const { return event_entries_; }
	u32 page_request_entries() const { return request_entries_; }  // 0: there is no PRI
	void add_to(smmu_stats& stats) const;

private:
	bool report_next_event(Stalls stalls);
	void report(const Event& event, Stalls stalls) REQUIRES(lock());
	bool answer_next_page_request();
	void answer(const PageRequest& request) REQUIRES(lock());

	// Of both queues, and the owners of the streams that are reported about.
	const core::Mutex& lock() const RETURN_CAPABILITY(streams_.owners_lock())
	{
		return streams_.owners_lock();
	}

	device* const dev_;
	Mmio& mmio_;
	Commands& commands_;
	Streams& streams_;
	EventQueue events_ GUARDED_BY(streams_.owners_lock());
	std::optional<PriQueue> requests_ GUARDED_BY(streams_.owners_lock());
	const u32 event_entries_, request_entries_;
	u64 events_taken_ = 0;  // approximate, like the next: no atomics
	u64 requests_taken_ = 0;
};

}  // namespace smmu3
