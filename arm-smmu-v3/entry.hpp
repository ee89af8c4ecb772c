// SPDX-License-Identifier: GPL-2.0-only
// Changing a live STE or CD without the SMMU ever reading a mixture of old and new (IHI 0070 3.21.3).
//
// The SMMU reads an entry in doublewords, at any time.  Bits it does not use under the present
// configuration may change freely; if the bits it does use change within one doubleword, one store
// switches from old to new.  Otherwise the entry is made invalid in between and transactions abort.
#pragma once

#include <array>

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "os/types.h"

namespace smmu3 {

constexpr size_t kEntryWords = 8;
using EntryWords = std::array<u64, kEntryWords>;

// Step by step from one entry to another; between steps the SMMU must be made to forget the entry.
// All pure, so that tests and a model checker can look at each step.
struct EntryPlan {
	static constexpr size_t kMaxSteps = 3;

	std::array<EntryWords, kMaxSteps> steps{};
	size_t count = 0;
	bool hitless = true;
};

template <class Entry>
constexpr EntryPlan plan_entry_update(const EntryWords& current, const EntryWords& target)
{
	const EntryWords used_now = Entry::used_bits(current);
	const EntryWords used_then = Entry::used_bits(target);

	// The target in every bit that nobody looks at now.
	EntryWords prepared;
	size_t critical = 0, critical_words = 0;
	for (size_t i = 0; i < kEntryWords; i++) {
		prepared[i] = (current[i] & used_now[i]) | (target[i] & ~used_now[i]);
		if ((prepared[i] & used_then[i]) != (target[i] & used_then[i])) {
			critical = i;
			critical_words++;
		}
	}

	EntryPlan plan;
	EntryWords last = current;
	const auto add = [&](const EntryWords& next) {
		if (next == last)
			return;
		plan.steps[plan.count++] = next;
		last = next;
	};

	if (critical_words == 1) {
		prepared[critical] = current[critical];
		add(prepared);
		prepared[critical] = target[critical];
		add(prepared);
	} else if (critical_words > 1) {
		plan.hitless = false;
		EntryWords invalid = current;
		invalid[Entry::kValidWord] &= ~Entry::kValidMask;
		add(invalid);
		EntryWords filled = target;
		filled[Entry::kValidWord] = invalid[Entry::kValidWord];
		add(filled);
	}
	add(target);
	return plan;
}

// Store what differs, each doubleword in one access.
inline void store_entry(u64* live, const EntryWords& next)
{
	for (size_t i = 0; i < kEntryWords; i++)
		if (core::load_relaxed(live[i]) != next[i])
			core::store_relaxed(live[i], next[i]);
}

// Carry out the plan on `live`.  `forget` makes the SMMU drop the entry and returns when it has; it orders
// the stores before it (issue() does).  Where the SMMU does not answer, it has had a second for each step, far
// longer than it reads an entry for: the change goes on, and ends with the error.
template <class Entry, class Forget>
auto update_entry(u64* live, const EntryWords& target, Forget forget) -> decltype(forget())
{
	EntryWords current;
	for (size_t i = 0; i < kEntryWords; i++)
		current[i] = core::load_relaxed(live[i]);

	const EntryPlan plan = plan_entry_update<Entry>(current, target);
	decltype(forget()) answered;
	for (size_t step = 0; step < plan.count; step++) {
		store_entry(live, plan.steps[step]);
		if (auto forgotten = forget(); !forgotten) {
			answered = forgotten;
			// ORDER: this step before the next.  The second that has passed stands for
			// the CMD_SYNC (ordering.rst, claim 13).
			core::dma_wmb();
		}
	}
	return answered;
}

}  // namespace smmu3
