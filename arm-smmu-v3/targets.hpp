// SPDX-License-Identifier: GPL-2.0-only
// The SMMUs that may cache translations of one page table: the list that every invalidation reads.
//
// A flush reads the list in its read-side section, without a barrier.  An attach adds a target
// before it writes an STE or CD that points to the page table; a detach removes one after the last
// invalidation (ordering.rst, claims 24 to 26 and 28).
#pragma once

#include "arm-smmu-v3/smmu.hpp"
#include "arm-smmu-v3/tlb.hpp"
#include "core/rcu_array.hpp"

namespace smmu3 {

// The command queue of one SMMU, and the commands that invalidate by the domain's tag there.
struct Target {
	Target() = default;
	Target(Smmu& smmu, const TlbTag& tag)
		: commands(&smmu.commands()),
		  ranges(smmu.features().range_invalidation),
		  all(tlbi_all(tag)),
		  by_address(tlbi_by_address(tag))
	{
	}

	bool is_at(Smmu& smmu) const { return commands == &smmu.commands(); }

	Commands* commands;
	bool ranges;  // the SMMU has range invalidation
	Command all;
	Command by_address;  // without the range
};

class Targets {
public:
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
	void forget(u64 iova, u64 size, u64 granule, Levels levels);

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

	// Allocates room for `count` targets, so that add() can't fail.  Sleeps.  kNoMemory.
	core::Result<> make_room(size_t count) { return list_.reserve(count); }
	// When it has returned, each flush that begins sends commands to `target`, and the writes
	// that an earlier flush was for are visible to the target's SMMU before the caller's next
	// write.  Sleeps.
	void add(const Target& target);
	// When it has returned, no flush uses the target at `smmu`.  Sleeps.
	void remove(Smmu& smmu);

private:
	void set_gate_without(Smmu& smmu);
	void set_gate(Commands::Gate& gate) { core::store_relaxed(gate_, &gate); }

	alignas(64) static constinit inline Commands::Gate never_stopped_{0};

	Commands::Gate* gate_ = &never_stopped_;
	const u32 page_shift_;
	core::RcuArray<Target, Platform> list_;
};

}  // namespace smmu3
