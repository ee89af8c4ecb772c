// SPDX-License-Identifier: GPL-2.0-only
// The command queue of the in-tree driver since Linux 5.4 (commit 587e6c10a7ce), written from the description of its
// algorithm.  No line of it is the kernel's.
//
// As in smmuv3.ko, one cmpxchg on {prod, cons} reserves slots, and the first producer to reserve publishes.
// Unlike there, a bitmap has one bit for each written slot, a shared lock keeps the queue from wrapping twice
// while CMD_SYNCs are waited for, and the SMMU's message overwrites the CMD_SYNC itself.
#pragma once

#include <memory>

#include "arm-smmu-v3/position.hpp"
#include "tools/bench/scale/bench.hpp"

namespace scale {

class InTree : public Algorithm {
public:
	explicit InTree(Method method);
	bool issue(std::span<const smmu3::Command> commands, bool sync) override;

protected:
	struct Slots {
		u32 start, end;
		bool owner;
	};

	// Take `entries` slots.
	virtual Slots reserve(u32 entries);
	// End the owner's range: the next producer to reserve is an owner.  Returns the end.
	virtual u32 take_in();
	virtual void store_cons(u32 cons);

	// {prod, cons}: prod in the lower half, with OWNED.
	alignas(64) u64 word_ = 0;

private:
	struct Patience;

	void make_room();
	bool store_cons_if_alone();
	void write(const Slots& slots, std::span<const smmu3::Command> commands, bool sync);
	void flip_valid(u32 start, u32 end);
	void wait_until_valid(u32 start, u32 end);
	void publish(const Slots& slots);
	void wait_for_sync(u32 position);
	u32 wait_for_message(u32 position);
	u32 wait_for_cons(u32 position);
	void lock_shared();
	void unlock_shared(u32 cons);

	// On one line, with the pointer to the bitmap.
	struct alignas(64) Shared {
		u64* valid_map;
		u32 published;
		s32 lock;  // how many CPUs wait for a CMD_SYNC; negative: cons is being updated
	};

	static constexpr u32 kMapBits = 64;

	Method method_;
	Shared shared_{};
	alignas(64) u64 valid_map_[kEntries / kMapBits] = {};
};

std::unique_ptr<Algorithm> make_in_tree(Method method);

}  // namespace scale
