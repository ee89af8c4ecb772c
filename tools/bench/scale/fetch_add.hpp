// SPDX-License-Identifier: GPL-2.0-only
// The variant of the in-tree algorithm published in 2020 and not merged: fetch_add reserves slots and never fails.
// It needs a queue that can't be full.  The model is validated with it.
#pragma once

#include "tools/bench/scale/in_tree.hpp"

namespace scale {

class FetchAdd : public InTree {
public:
	FetchAdd()
		: InTree(Method::kMessage)
	{
	}

private:
	// The word is {prod, the number of reservations since the last publication}.
	Slots reserve(u32 entries) override
	{
		u64 was = 0;
		bench().caches.modify(&word_, [&] {
			was = word_;
			word_ = ((was & ~u64{smmu3::kPositionMask}) + kOne) |
				smmu3::advance(static_cast<u32>(was), entries);
		});
		machine().counters.attempts++;
		machine().reserved();
		const u32 start = static_cast<u32>(was);
		return {start, smmu3::advance(start, entries), was < kOne};
	}

	u32 take_in() override
	{
		u64 was = 0;
		bench().caches.modify(&word_, [&] {
			was = word_;
			word_ &= smmu3::kPositionMask;
		});
		return static_cast<u32>(was);
	}

	void store_cons(u32) override {}

	static constexpr u64 kOne = u64{1} << 32;
};

}  // namespace scale
