// SPDX-License-Identifier: GPL-2.0-only
// The streams behind one SMMU: their STEs, their owners, and those that firmware has reserved.
#pragma once

#include "arm-smmu-v3/cdtab.hpp"
#include "arm-smmu-v3/features.hpp"
#include "arm-smmu-v3/strtab.hpp"
#include "core/owner.hpp"

namespace smmu3 {

class Commands;

class Streams {
public:
	// The members whose allocation can fail.
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

	// Writes STRTAB_BASE and STRTAB_BASE_CFG.  The SMMU must be off.
	void write_registers(Mmio& mmio) const;

	// ---- owners ----

	// Claims `sid` for `owner`; its STE aborts, or bypasses if reserved.  Sleeps.  kRange,
	// kBusy (logged); kNoMemory.
	core::Result<> claim(Sid sid, device* owner);
	void release(Sid sid);
	// The owner, which stays valid while the lock is held, or nullptr.
	device* owner_of(Sid sid) const REQUIRES(owners_lock_);
	const core::Mutex& owners_lock() const RETURN_CAPABILITY(owners_lock_)
	{
		return owners_lock_;
	}

	// ---- STEs ----

	// Changes the STE of a claimed stream and waits.  Sleeps.
	core::Result<> write(Sid sid, const Ste& ste);
	// Lets a claimed stream abort, by one store, and waits.  Any context.
	core::Result<> block(Sid sid);
	// Switches ATS of a claimed stream off.  The SMMU must be off, and its cached configuration
	// be invalidated before it is on.
	void withhold_ats(Sid sid);
	// Writes the STE of a stream without a driver: it bypasses if `wanted` says so or if it is
	// reserved, and aborts otherwise.  Sleeps.
	enum class Resting { kAbort, kBypass };
	core::Result<> write_resting(Sid sid, Resting wanted);
	// Whether the STE of a claimed stream aborts.
	bool aborts(Sid sid) const;
	// The eight doublewords of the STE, or nullptr.
	const u64* find(Sid sid) const { return table_.find(sid); }

	// Reserves a stream for firmware: its STE bypasses.  A stream out of range is logged and
	// ignored.  Must be called before the SMMU is started.  Sleeps.  kNoMemory.
	core::Result<> reserve_bypass(Sid sid);
	// Whether any stream is reserved: its DMA must not stop while it has no driver.
	bool has_reserved() const { return any_reserved_; }

	// Keeps a CD table that the SMMU may still use until this is destroyed.  Sleeps.
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
	core::Map reserved_;  // StreamIDs reserved by firmware
	bool any_reserved_ = false;
	core::Box<CdTable> kept_ GUARDED_BY(tables_lock_);
};

}  // namespace smmu3
