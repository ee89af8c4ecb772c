// SPDX-License-Identifier: GPL-2.0-only
// Invalidations that the SMMU has not acknowledged.  What they name may still be in use: it is neither freed nor
// used again, until everything has been forgotten or the SMMU is off.
#pragma once

#include "arm-smmu-v3/commands.hpp"
#include "arm-smmu-v3/features.hpp"

namespace smmu3 {

class Unanswered {
public:
	Unanswered(Commands& commands, const Features& features)
		: commands_(commands),
		  el2_(features.el2)
	{
	}
	Unanswered(const Unanswered&) = delete;
	Unanswered& operator=(const Unanswered&) = delete;

	// Every configuration and translation.  Any context.  kTimedOut; kIo: a command was refused.
	core::Result<> forget_everything();
	// The same, where something is owed.
	core::Result<> settle() { return owes() ? forget_everything() : core::Result<>(); }
	// What `command` names; everything, where something is owed.  Success: the SMMU uses nothing of it, and
	// nothing that was forgotten before.  Any context.
	core::Result<> forget_all_of(const Command& command);

	// CR0 = 0 is not acknowledged: the SMMU may use all its memory, and STOP is set, or will be.
	//
	// ORDER: after the look at STOP, with the barrier of confirm_stopped() between; pairs with the order in which
	// note_stuck() and stop() write.  What the caller does comes after what the SMMU did; pairs with the release
	// in note_off() (ordering.rst, claim 27).
	bool stuck() const { return stuck_.load_acquire(); }
	// ORDER: before STOP, which stop() sets fully ordered.
	void note_stuck() { stuck_.store_relaxed(1); }
	// ORDER: CR0ACK, then this (dma_rmb() of its read, release).
	void note_off() { stuck_.store_release(0); }

private:
	// An invalidation was not acknowledged, or was refused, and has not been made up for.
	bool owes() const
	{
		return stuck() || commands_.unanswered() != made_up_for_.load_relaxed();
	}

	Commands& commands_;
	const bool el2_;
	core::Atomic<u32> stuck_;
	core::Atomic<u32>
		made_up_for_;  // commands_.unanswered() when everything was last forgotten
};

}  // namespace smmu3
