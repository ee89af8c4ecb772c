// SPDX-License-Identifier: GPL-2.0-only
// A queue that the SMMU fills and the driver empties: event records or page requests (IHI 0070
// 3.5.3).
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
	// Of the records that there were when take() last looked.
	bool empty() const { return shape_.to_hardware(prod_) == shape_.to_hardware(cons_); }

	// Writes the base, PROD and CONS of an empty queue.  The queue must be disabled.
	void write_registers(Mmio& mmio)
	{
		prod_ = cons_;
		mmio.write_relaxed(
			Base{}.template with<typename Base::RWA>(true)
				.template with<typename Base::ADDR>(memory_.dma.bus())
				.template with<typename Base::LOG2SIZE>(memory_.log2_entries));
		mmio.write_relaxed(Prod::from_raw(prod_));
		mmio.write_relaxed(Cons::from_raw(cons_));
	}

	struct Taken {
		bool record = false;      // false: the queue is empty
		bool overflowed = false;  // records were lost since the last call
	};

	// Calls `handle` for the oldest record and releases its slot.  Callers must exclude each
	// other.
	template <class Handle>
	Taken take(Mmio& mmio, Handle handle)
	{
		Taken taken;
		if (empty())
			taken.overflowed = look(mmio);
		taken.record = !empty();
		if (taken.record) {
			handle(memory_.dma.template as<const Record>()[shape_.slot(cons_)]);
			cons_ = shape_.to_hardware(cons_ + 1) | (cons_ & kQueueOverflow);
		}
		if (taken.record || taken.overflowed)
			release(mmio);
		return taken;
	}

	// Releases the slots of records up to `end`, a value of PROD, unless they have been taken.
	// True: records were lost since the last call.
	bool discard(Mmio& mmio, u32 end)
	{
		const bool overflowed = look(mmio);
		if (!shape_.passed(end, cons_))
			cons_ = shape_.to_hardware(end) | (cons_ & kQueueOverflow);
		release(mmio);
		return overflowed;
	}

private:
	explicit RecordQueue(QueueMemory memory)
		: memory_(std::move(memory)),
		  shape_(memory_.log2_entries)
	{
	}

	// Reads PROD.  True: an overflow; the next write of CONS acknowledges it (7.4: together
	// with the first record).
	bool look(const Mmio& mmio)
	{
		// ORDER: PROD before the records it announces (dma_rmb in read()).
		prod_ = mmio.template read<Prod>().raw();
		const bool overflowed = (prod_ ^ cons_) & kQueueOverflow;
		cons_ = shape_.to_hardware(cons_) | (prod_ & kQueueOverflow);
		return overflowed;
	}

	void release(Mmio& mmio)
	{
		core::dma_mb();  // ORDER: the record is read before CONS releases its slot
		mmio.write_relaxed(Cons::from_raw(cons_));
	}

	QueueMemory memory_;
	QueueShape shape_;
	u32 prod_ = 0;  // as last read
	u32 cons_ = 0;  // value of CONS: index, wrap bit, acknowledged overflow
};

}  // namespace smmu3
