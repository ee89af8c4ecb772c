// SPDX-License-Identifier: GPL-2.0-only
// Changes a live STE or CD so that the SMMU never reads a mixture of old and new (IHI 0070 3.21.3).
//
// The SMMU may read an entry at any time, one doubleword at a time.  Bits that the current
// configuration does not use may change at any time.  If all used bits that change are in one
// doubleword, one store switches from old to new.  Otherwise the entry is invalid in between, and
// transactions abort.  Bits that are free to change (Entry::free_bits()) count as unused.
#pragma once

#include <array>

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "os/types.h"

namespace smmu3 {

constexpr size_t kEntryWords = 8;
using EntryWords = std::array<u64, kEntryWords>;

// The steps from one entry to another.  The cached entry must be invalidated after each step.
// Pure, so that tests and a model checker can inspect each step.
struct EntryPlan {
	static constexpr size_t kMaxSteps = 3;

	std::array<EntryWords, kMaxSteps> steps{};
	size_t count = 0;
	bool hitless = true;
};

template <class Entry>
constexpr EntryPlan plan_entry_update(const EntryWords& current, const EntryWords& target)
{
	const EntryWords used_then = Entry::used_bits(target);
	EntryWords used_now = Entry::used_bits(current);
	for (size_t i = 0; i < kEntryWords; i++)
		used_now[i] &= ~(Entry::free_bits()[i] & used_then[i]);

	// The target in all bits that the current entry does not use.
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

// Stores the doublewords that differ, each in one access.
inline void store_entry(u64* live, const EntryWords& next)
{
	for (size_t i = 0; i < kEntryWords; i++)
		if (core::load_relaxed(live[i]) != next[i])
			core::store_relaxed(live[i], next[i]);
}

// Carries out the plan on `live`.  `forget` invalidates the cached entry and waits; it orders the
// stores before the invalidation, as issue() does.  If it fails, a second has passed since the
// stores of the step, far longer than a read of the entry takes: the update continues, and the
// error is returned.
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
			// ORDER: this step before the next.  The timeout of a second replaces the
			// CMD_SYNC (ordering.rst, claim 13).
			core::dma_wmb();
		}
	}
	return answered;
}

}  // namespace smmu3
