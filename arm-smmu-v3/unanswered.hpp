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

	// CR0 = 0 was not acknowledged: the SMMU may use all its memory, for good.
	bool stuck() const { return stuck_; }
	void set_stuck(bool stuck) { stuck_ = stuck; }

private:
	// An invalidation was not acknowledged, or was refused, and has not been made up for.
	bool owes() const
	{
		return stuck_ || commands_.unanswered() != made_up_for_.load_relaxed();
	}

	Commands& commands_;
	const bool el2_;
	bool stuck_ = false;
	core::Atomic<u32>
		made_up_for_;  // commands_.unanswered() when everything was last forgotten
};

}  // namespace smmu3
