// SPDX-License-Identifier: GPL-2.0-only
// The CMD_SYNCs that ended in CERROR_ATC_INV_SYNC (IHI 0070 7.1), from the handler of the error to
// the producer that waits for the CMD_SYNC.  The commands of one issue() are adjacent, so the device
// that has not answered is one of those that its CMD_ATC_INVs name.
//
// P is the platform (cmdq.hpp).
#pragma once

#include "arm-smmu-v3/position.hpp"

namespace smmu3 {

template <class P>
class FailedSyncs {
public:
	// For the handler; callers must exclude each other.  Must be called before the error is
	// acknowledged.
	void note(u32 position)
	{
		const u32 count = count_.load_relaxed();
		positions_[count % kKept].store_relaxed(position | kNoted);
		// ORDER: the position before the count; pairs with has_failed().
		count_.store_release(count + 1);
	}

	u32 count() const { return count_.load_acquire(); }

	enum class Verdict { kCompleted, kFailed, kUnknown };
	// For the producer, after its CMD_SYNC at `position` has completed.  `before`: count()
	// before it was entered.  kUnknown: too many others have failed since.
	//
	// ORDER: the completion before these reads (acquire in the wait for it); the handler has
	// noted the failure before it acknowledged the error, and the SMMU completes the CMD_SYNC
	// after that (ordering.rst, claim 34).
	Verdict verdict(u32 before, u32 position) const
	{
		const u32 now = count();
		if (now - before > kKept)
			return Verdict::kUnknown;
		for (u32 i = before; i != now; i++)
			if (positions_[i % kKept].load_relaxed() == (position | kNoted))
				return Verdict::kFailed;
		return Verdict::kCompleted;
	}

private:
	static constexpr u32 kKept = 16;
	static constexpr u32 kNoted = 1u << 31;

	typename P::template Atomic<u32> positions_[kKept]{};
	typename P::template Atomic<u32> count_{0};
};

}  // namespace smmu3
