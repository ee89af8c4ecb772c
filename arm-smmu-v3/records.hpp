// SPDX-License-Identifier: GPL-2.0-only
// A queue that the SMMU fills and we empty: event records and page requests (IHI 0070 3.5.3).
#pragma once

#include "arm-smmu-v3/position.hpp"
#include "arm-smmu-v3/queue_memory.hpp"
#include "arm-smmu-v3/regs.hpp"
#include "core/owner.hpp"
#include "core/result.hpp"

namespace smmu3 {

// Record: the layout of an entry.  Base, Prod, Cons: the queue's registers.
template <class Record, class Base, class Prod, class Cons>
class RecordQueue {
public:
	// Up to 2^log2 entries.  Sleeps.  kNoMemory.
	static core::Result<RecordQueue> create(device* dev, u32 log2)
	{
		const u32 smallest = log2 < 7 ? log2 : 7;  // 4 KiB of events
		return RecordQueue(TRY(QueueMemory::allocate(dev, sizeof(Record), log2, smallest)));
	}

	u32 entries() const { return shape_.size(); }

	// Tell the SMMU where the queue is, empty.
	void write_registers(Mmio& mmio) const
	{
		mmio.write_relaxed(
			Base{}.template with<typename Base::RWA>(true)
				.template with<typename Base::ADDR>(memory_.dma.bus())
				.template with<typename Base::LOG2SIZE>(memory_.log2_entries));
		mmio.write_relaxed(Prod::from_raw(cons_));
		mmio.write_relaxed(Cons::from_raw(cons_));
	}

	struct Drained {
		u32 records = 0;
		bool overflowed = false;  // the SMMU lost records since the last time
	};

	// Give every record to `handle`, oldest first, until the queue is empty.  Callers exclude each other.
	template <class Handle>
	Drained drain(Mmio& mmio, Handle handle)
	{
		Drained drained;
		for (;;) {
			// ORDER: PROD before the records it announces (dma_rmb in read()).
			const u32 prod = mmio.template read<Prod>().raw();
			const bool overflowed = (prod ^ cons_) & kQueueOverflow;
			const u32 end = shape_.to_hardware(prod);
			if (shape_.to_hardware(cons_) == end && !overflowed)
				return drained;
			for (u32 at = cons_; shape_.to_hardware(at) != end; at++, drained.records++)
				handle(memory_.dma.template as<const Record>()[shape_.slot(at)]);
			drained.overflowed |= overflowed;
			cons_ = end | (prod & kQueueOverflow);
			core::dma_mb();  // ORDER: records read before CONS lets the SMMU overwrite them
			mmio.write_relaxed(Cons::from_raw(cons_));
		}
	}

private:
	explicit RecordQueue(QueueMemory memory)
		: memory_(std::move(memory)),
		  shape_(memory_.log2_entries)
	{
	}

	QueueMemory memory_;
	QueueShape shape_;
	u32 cons_ = 0;  // as the register holds it: index, wrap, and the overflow we have seen
};

}  // namespace smmu3
