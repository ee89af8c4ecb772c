// SPDX-License-Identifier: GPL-2.0-only
// ATS: the devices behind one SMMU that cache translations (IHI 0070 3.9).
//
// A device with ATS accesses memory by what its ATC holds, past the SMMU's tables.  The ATC outlives
// suspends of the SMMU, and CMD_ATC_INV has no effect while SMMUEN is 0.  Invariant:
//
//   Where SMMUEN is 1 and an STE has EATS = 1, SMMUEN has been 1 since the device answered an
//   invalidation of its whole ATC, and the flushes of its domain have invalidated the ATC since.
//
// A grant writes EATS = 1 last; withhold() writes 0 before SMMUEN is set anew.  While EATS is 0, no
// Translated transaction passes (CR0.ATSCHK is 1).  Grants are refused while power changes.
#pragma once

#include <span>

#include "arm-smmu-v3/commands.hpp"
#include "arm-smmu-v3/ids.hpp"
#include "core/list.hpp"
#include "core/owner.hpp"

namespace smmu3 {

class Streams;

// A device that may use ATS.
class AtsDevice {
public:
	using ReadSection = Commands::ReadSection;
	static constexpr u32 kMaxCommands = Commands::kMaxCommands;
	class Batch;

	AtsDevice(device* dev, Commands& commands, Streams& streams, std::span<const Sid> sids)
		: dev_(dev),
		  commands_(commands),
		  streams_(streams),
		  sids_(sids)
	{
	}
	AtsDevice(const AtsDevice&) = delete;
	AtsDevice& operator=(const AtsDevice&) = delete;

	std::span<const Sid> sids() const { return sids_; }

	// ---- any context ----

	// Whether it has not answered an invalidation since release().
	bool quarantined() const { return quarantined_.load_relaxed(); }

	// ---- for the writer of its STEs ----

	// Invalidates its whole ATC and waits.  kNoDevice: it has not answered, and nothing else is
	// done about that.  kTimedOut.  kIo: the SMMU is off.
	core::Result<> forget_all();
	// Invalidates what its ATC has of a PASID and waits.  The device is quarantined if it does
	// not answer, and also if the SMMU does not (ordering.rst, "Several queues").
	void forget(Ssid pasid);
	// Must be called after an STE was written.  The streams of a quarantined device abort again.
	//
	// ORDER: the STE, then the read of the quarantine.  Pairs with quarantine(), which sets it
	// before it writes the STE: either this finds it, or its STE comes last (ordering.rst, claim
	// 35).
	void renew_quarantine();
	// No flush may use the device.
	void release() { quarantined_.store_relaxed(0); }
	// Whether EATS is 1.  Protected by AtsDevices::lock().
	bool granted() const { return granted_; }

private:
	friend class AtsDevices;
	friend CommandBatch<AtsDevice>;
	friend core::ListNode<AtsDevice>;

	// For Batch, which goes on after a failure.
	core::Result<Outcome> issue(ReadSection& section, std::span<const Command> commands,
				    Completion /*completion*/)
	{
		invalidate(section, commands);
		return Outcome::kIssued;
	}
	void invalidate(ReadSection& section, std::span<const Command> commands);
	void quarantine();
	void block();

	device* const dev_;
	Commands& commands_;
	Streams& streams_;
	const std::span<const Sid> sids_;
	core::Atomic<u32> quarantined_{0};
	bool granted_ = false;
	core::ListNode<AtsDevice> node_;  // in AtsDevices while granted
};

// CMD_ATC_INVs of one device, collected on the stack: they share a CMD_SYNC.  A device that does not answer is
// quarantined: when submit() returns, its streams abort.  Nothing is entered for one that is in quarantine.  Any context.
class AtsDevice::Batch : CommandBatch<AtsDevice> {
public:
	Batch(AtsDevice& device, ReadSection& section)
		: CommandBatch(device, section, Completion::kSync)
	{
	}
	void add(const Command& command) { (void)CommandBatch::add(command); }
	void submit() { (void)CommandBatch::submit(); }
};

// The devices behind one SMMU whose STEs have EATS = 1.
class AtsDevices {
public:
	AtsDevices(core::Mutex lock, Streams& streams)
		: lock_(std::move(lock)),
		  streams_(streams)
	{
	}
	AtsDevices(const AtsDevices&) = delete;
	AtsDevices& operator=(const AtsDevices&) = delete;

	// Held for each grant.  No other mutex is taken under it.
	core::Mutex& lock() RETURN_CAPABILITY(lock_) { return lock_; }

	// Grants are possible while the SMMU translates: from admit_grants() to refuse_grants(),
	// which waits for a grant in progress.
	void admit_grants() { set_admits(true); }
	void refuse_grants() { set_admits(false); }
	bool admits_grants() const REQUIRES(lock_) { return admits_; }

	// Before EATS = 1 is written, and after 0 is in force.
	void add(AtsDevice& device) REQUIRES(lock_);
	void remove(AtsDevice& device) REQUIRES(lock_);
	// Sets EATS = 0 in the STEs of all devices.  SMMUEN must be 0, and all cached configuration
	// must be invalidated before it is 1.
	void withhold();

private:
	void set_admits(bool admits);

	core::Mutex lock_;
	Streams& streams_;
	core::List<AtsDevice> devices_ GUARDED_BY(lock_);
	bool admits_ GUARDED_BY(lock_) = false;
};

}  // namespace smmu3
