// SPDX-License-Identifier: GPL-2.0-only
// The streams behind one SMMU: their STEs, the devices that own them, and those that firmware keeps alive.
#pragma once

#include "arm-smmu-v3/cdtab.hpp"
#include "arm-smmu-v3/features.hpp"
#include "arm-smmu-v3/strtab.hpp"
#include "core/owner.hpp"

namespace smmu3 {

class Commands;

class Streams {
public:
	// What can fail to be had.
	struct Parts {
		StreamTable table;
		core::Mutex tables_lock, owners_lock;
		core::Map owners, reserved;
	};
	// Sleeps.  kNoMemory.
	static core::Result<Parts> allocate(device* dev, const Features& features);

	Streams(device* dev, const Features& features, Commands& commands, Parts&& parts);
	~Streams();
	Streams(const Streams&) = delete;
	Streams& operator=(const Streams&) = delete;

	// While the SMMU is off: where the stream table is.
	void write_registers(Mmio& mmio) const;

	// ---- owners ----

	// Claim `sid` for `owner` and give it an STE that aborts.  Sleeps.  kRange, kBusy: logged.  kNoMemory.
	core::Result<> claim(Sid sid, device* owner);
	void release(Sid sid);
	// nullptr: nobody's.  An owner can't go while the lock is held.
	device* owner_of(Sid sid) const REQUIRES(owners_lock_);
	const core::Mutex& owners_lock() const RETURN_CAPABILITY(owners_lock_)
	{
		return owners_lock_;
	}

	// ---- STEs ----

	// Put `ste` in force for a claimed stream.  Sleeps.
	core::Result<> write(Sid sid, const Ste& ste);
	// Put the STE of a stream without a driver in force: it aborts, or bypasses where firmware keeps the stream
	// alive or `wanted` says so.  Sleeps.
	enum class Resting { kAbort, kBypass };
	core::Result<> write_resting(Sid sid, Resting wanted);
	// The eight doublewords of the STE; nullptr where there is none.
	const u64* find(Sid sid) const { return table_.find(sid); }

	// A bypassing STE for a stream that firmware keeps alive; one that the SMMU does not have is logged and left
	// out.  Only before the SMMU is started.  Sleeps.
	core::Result<> reserve_bypass(Sid sid);
	// Firmware keeps streams alive: their DMA must go on while nobody drives them.
	bool has_reserved() const { return any_reserved_; }

	// Keep a CD table that an STE may still lead to, until this is destroyed.  Sleeps.
	void keep(core::Box<CdTable> table);

private:
	core::Result<bool> prepare(Sid sid) REQUIRES(tables_lock_);
	void forget_owner(Sid sid) REQUIRES(owners_lock_);
	void report_owner(Sid sid, device* wanted);
	bool is_reserved(Sid sid) const;

	device* const dev_;
	const Features& features_;
	Commands& commands_;
	StreamTable table_;
	core::Mutex tables_lock_;  // StreamTable::prepare()
	core::Mutex owners_lock_;
	core::Map owners_;    // StreamID to device; erased under owners_lock_
	core::Map reserved_;  // streams that firmware keeps alive
	bool any_reserved_ = false;
	core::Box<CdTable> kept_ GUARDED_BY(tables_lock_);
};

}  // namespace smmu3
