// SPDX-License-Identifier: GPL-2.0-only
// Invalidations that the SMMU has not acknowledged.  It may still use what they name, which is
// neither freed nor reused until everything has been invalidated or the SMMU is off.
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

	// Invalidates every cached configuration and translation.  Any context.  kTimedOut; kIo: a
	// command was illegal and has been replaced.
	core::Result<> forget_everything();
	// The same, if an invalidation is not acknowledged.
	core::Result<> settle() { return owes() ? forget_everything() : core::Result<>(); }
	// Invalidates what `command` names, or everything if an invalidation is not acknowledged.
	// After success the SMMU uses nothing of it, and nothing that was invalidated before.  Any
	// context.
	core::Result<> forget_all_of(const Command& command);

	// CR0 = 0 is not acknowledged: the SMMU may access all of its memory.  STOP is set or about
	// to be set.
	//
	// ORDER: read after STOP was found set, with the barrier of confirm_stopped() in between;
	// pairs with note_stuck(), which comes before stop().  Acquire: the accesses of the caller
	// come after those of the SMMU; pairs with the release in note_off() (ordering.rst, claim
	// 27).
	bool stuck() const { return stuck_.load_acquire(); }
	// ORDER: before STOP; stop() is fully ordered.
	void note_stuck() { stuck_.store_relaxed(1); }
	// ORDER: after the read of CR0ACK (its dma_rmb(), and release).
	void note_off() { stuck_.store_release(0); }

	// An invalidation has timed out or was replaced, and everything has not been invalidated
	// since.  False: what the calling CPU has invalidated may be freed.
	bool owes() const
	{
		return stuck() || commands_.unanswered() != made_up_for_.load_relaxed();
	}

private:
	Commands& commands_;
	const bool el2_;
	core::Atomic<u32> stuck_;
	// commands_.unanswered() when everything was last invalidated
	core::Atomic<u32> made_up_for_;
};

}  // namespace smmu3
