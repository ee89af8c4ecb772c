// SPDX-License-Identifier: GPL-2.0-only
//
// What the SMMU keeps until a command names it.  An entry whose kind is zero is free.  Entries are
// evicted, first in first out, only where all slots are in use.
#pragma once

#include <array>
#include <span>

#include "kunit/model/arch.hpp"

namespace model {

template <typename Entry, unsigned kSlots>
class Retained {
public:
	std::span<Entry> entries() { return std::span(slots_).first(high_); }
	std::span<const Entry> entries() const { return std::span(slots_).first(high_); }

	void insert(const Entry& entry)
	{
		for (Entry& e : entries()) {
			if (e.kind == kFree) {
				e = entry;
				return;
			}
		}
		if (high_ < kSlots) {
			slots_[high_++] = entry;
			return;
		}
		slots_[next_] = entry;
		next_ = (next_ + 1) % kSlots;
	}

	void drop_if(const auto& named)
	{
		for (Entry& e : entries())
			if (named(e))
				e.kind = kFree;
	}

	void clear()
	{
		drop_if([](const Entry&) { return true; });
		high_ = next_ = 0;
	}

	unsigned size() const
	{
		unsigned n = 0;

		for (const Entry& e : entries())
			n += e.kind != kFree;
		return n;
	}

private:
	static constexpr decltype(Entry::kind) kFree{};

	std::array<Entry, kSlots> slots_{};
	unsigned high_ = 0;  // slots ever used
	unsigned next_ = 0;  // victim
};

}  // namespace model
