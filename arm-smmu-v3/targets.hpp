// SPDX-License-Identifier: GPL-2.0-only
// What may cache translations of one page table: the list that every invalidation reads.  It has the
// SMMUs, and behind each SMMU the streams with ATS, whose devices are invalidated after it.  A device that has
// PASIDs in the domain is there once for each, in adjacent places: their commands share a CMD_SYNC.
//
// A flush reads the list in its read-side section, without a barrier.  An attach adds a target
// before it writes an STE or CD that points to the page table; a detach removes one after the last
// invalidation (ordering.rst, claims 24 to 26 and 28).
#pragma once

#include "arm-smmu-v3/atc_span.hpp"
#include "arm-smmu-v3/smmu.hpp"
#include "arm-smmu-v3/tlb.hpp"
#include "core/rcu_array.hpp"

namespace smmu3 {

// The command queue of one SMMU, and the commands that invalidate by the domain's tag there; or those
// that invalidate the ATC of one stream behind it.
struct Target {
	Target() = default;
	Target(Smmu& smmu, AtsDevice& device, Sid sid, Pasid pasid)
		: all(in_span(atc_inv(sid, pasid), kWholeAtc)),
		  ats(&device),
		  commands(&smmu.commands()),
		  by_address(atc_inv(sid, pasid)),
		  ranges(false),
		  unanswered(nullptr)
	{
	}
	Target(Smmu& smmu, const TlbTag& tag)
		: all(tlbi_all(tag)),
		  ats(nullptr),
		  commands(&smmu.commands()),
		  by_address(tlbi_by_address(tag)),
		  ranges(smmu.features().range_invalidation),
		  unanswered(&smmu.unanswered())
	{
	}

	bool is_at(Smmu& smmu) const { return !ats && commands == &smmu.commands(); }
	bool is_atc_of(const AtsDevice& device, Pasid pasid) const
	{
		return ats == &device && by_address.get<Command::SSV>() == pasid.has_value() &&
		       by_address.get<Command::SubstreamID>() == pasid.value_or(Ssid{});
	}

	// In this order, forget_all() needs no instruction more for the ATCs.
	Command all;
	AtsDevice* ats;  // the device of a stream with ATS, or nullptr
	Commands* commands;
	Command by_address;            // without the range
	bool ranges;                   // the SMMU has range invalidation
	const Unanswered* unanswered;  // of the SMMU; nullptr for a stream
};

class Targets {
public:
	// A part of the list.  An SMMU is in front of the devices behind it.
	using Span = core::RcuArray<Target, Platform>::Elements;

	// The smallest page of the page table has 1 << `page_shift` bytes.
	explicit Targets(u32 page_shift)
		: page_shift_(page_shift)
	{
	}
	Targets(const Targets&) = delete;
	Targets& operator=(const Targets&) = delete;

	// ---- any context ----

	// Invalidate translations at every target and wait.
	void forget_all();
	void forget(u64 iova, u64 size, Leaves leaves, Levels levels);
	// Whether no SMMU uses what the calling CPU has invalidated at every target.
	bool have_forgotten() const;
	// What transactions that have completed did to page tables is visible to the CPU afterwards
	// (3.13.4).  kIo, kTimedOut (logged).
	core::Result<> complete();

	// The gate of the only target, or one that is never stopped if there are none or several.
	// May be called outside a section, because a domain keeps the memory of every SMMU that it
	// has been attached at.
	//
	// ORDER: either this load, and the writes of the page table before it, come before the
	// barrier that the grace period of add() implies on this CPU, or the load returns what
	// add() has stored (claim 28).  What remove() stores comes after the last CMD_SYNC at the
	// target that is removed; pairs with the barrier in confirm_stopped() (claim 29).
	Commands::Gate& gate() const { return *core::load_relaxed(gate_); }

	// ---- for the writer; its calls exclude each other ----

	auto all() const { return list_.read(); }
	bool has(Smmu& smmu) const;

	// Allocates room for `count` SMMUs, so that add() can't fail.  Sleeps.  kNoMemory.
	core::Result<> make_room(size_t count);
	// When it has returned, each flush that begins sends commands to `target`, and the writes
	// that an earlier flush was for are visible to the target's SMMU before the caller's next
	// write.  Sleeps.
	void add(const Target& target);
	// When it has returned, no flush uses the target at `smmu`.  Sleeps.
	void remove(Smmu& smmu);
	// The same for the streams of a device with ATS, whose SMMU is a target.  A flush that finds
	// the SMMU off is elided for the device, too (ats.hpp).  The ATC is invalidated for the
	// translations of `pasid`.  kNoMemory.
	core::Result<> add(Smmu& smmu, AtsDevice& device, Pasid pasid);
	void remove(AtsDevice& device, Pasid pasid);

private:
	void set_gate_without(Smmu& smmu);
	void set_gate(Commands::Gate& gate) { core::store_relaxed(gate_, &gate); }

	alignas(64) static constinit inline Commands::Gate never_stopped_{0};

	Commands::Gate* gate_ = &never_stopped_;
	const u32 page_shift_;
	size_t smmus_ = 0, streams_ = 0;  // with room in the list
	core::RcuArray<Target, Platform> list_;
};

}  // namespace smmu3
