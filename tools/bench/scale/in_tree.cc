// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/in_tree.hpp"

#include <climits>

namespace scale {
namespace {

using namespace smmu3;

constexpr QueueShape kShape(kLog2Entries);

Caches& caches()
{
	return bench().caches;
}

}  // namespace

// Polling: ten looks, then delays that double.
struct InTree::Patience {
	u32 looks = 0, delay_us = 1;

	Patience() { machine().spend_ns(machine().parameters.clock); }
	void look()
	{
		machine().spend_ns(machine().parameters.clock);
		if (++looks < 10) {
			machine().spend_ns(machine().parameters.relax);
			return;
		}
		machine().spend_ns(1000.0 * delay_us);
		delay_us *= 2;
		looks = 0;
	}
};

InTree::InTree(Method method)
	: method_(method)
{
	shared_.valid_map = valid_map_;
	caches().lines.add(&word_, 64, Holds::kWord);
	caches().lines.add(&shared_, sizeof(shared_), Holds::kPublished);
	caches().lines.add(valid_map_, sizeof(valid_map_), Holds::kMarks);
}

bool InTree::issue(std::span<const Command> commands, bool sync)
{
	const u32 entries = static_cast<u32>(commands.size()) + sync;
	const Slots slots = reserve(entries);
	write(slots, commands, sync);
	if (sync)
		lock_shared();
	caches().barrier();
	flip_valid(slots.start, slots.end);
	if (slots.owner)
		publish(slots);
	if (sync)
		wait_for_sync(advance(slots.start, entries - 1));
	return true;
}

InTree::Slots InTree::reserve(u32 entries)
{
	for (u64 seen = caches().load(&word_);;) {
		const u32 prod = static_cast<u32>(seen), start = prod & kPositionMask;
		const u32 cons = static_cast<u32>(seen >> 32);
		if (!kShape.has_space(start, cons, entries)) {
			make_room();
			seen = caches().load(&word_);
			continue;
		}
		const u32 end = advance(start, entries);
		const u64 wanted = seen;
		caches().modify(&word_, [&] {
			seen = word_;
			if (seen == wanted)
				word_ = u64{cons} << 32 | end | kOwned;
		});
		machine().counters.attempts++;
		if (seen == wanted) {
			machine().reserved();
			return {start, end, !(prod & kOwned)};
		}
		machine().spend_ns(machine().parameters.retry);
	}
}

// The CPU that gets the lock exclusively reads CONS for all; the others poll the word.
void InTree::make_room()
{
	if (store_cons_if_alone())
		return;
	Patience patience;
	const u32 seen = static_cast<u32>(caches().load(&word_) >> 32);
	do
		patience.look();
	while (static_cast<u32>(caches().load(&word_) >> 32) == seen && !store_cons_if_alone());
}

bool InTree::store_cons_if_alone()
{
	bool alone = false;
	caches().modify(&shared_.lock, [&] {
		alone = shared_.lock == 0;
		if (alone)
			shared_.lock = INT_MIN;
	});
	if (!alone)
		return false;
	const u32 base = static_cast<u32>(caches().load(&word_) >> 32);
	store_cons(kShape.from_hardware(base, bench().smmu.read_cons(0)));
	caches().modify(&shared_.lock, [&] { shared_.lock &= INT_MAX; });
	return true;
}

void InTree::store_cons(u32 cons)
{
	caches().store(reinterpret_cast<u32*>(&word_) + 1, cons);
}

void InTree::write(const Slots& slots, std::span<const Command> commands, bool sync)
{
	u32 position = slots.start;
	for (const Command& command : commands) {
		bench().ring().slots[kShape.slot(position)] = command;
		position = advance(position, 1);
	}
	if (sync) {
		Command& last = bench().ring().slots[kShape.slot(position)];
		last = method_ == Method::kMessage ? sync_msi(reinterpret_cast<u64>(&last), 0)
						   : smmu3::sync(SyncSignal::kNone);
	}
	bench().ring().touch_slots(slots.start, distance(slots.start, slots.end));
}

// A bit changes in each lap, so that none has to be cleared.
void InTree::flip_valid(u32 start, u32 end)
{
	for (u32 at = start; at != end;) {
		const u32 bit = at % kMapBits;
		const u32 count = std::min(kMapBits - bit, distance(at, end));
		u64* map = caches().load(&shared_.valid_map) + kShape.slot(at) / kMapBits;
		const u64 mask = ~u64{0} >> (kMapBits - count) << bit;
		caches().modify(map, [&] { *map ^= mask; });
		at = advance(at, count);
	}
}

void InTree::wait_until_valid(u32 start, u32 end)
{
	for (u32 at = start; at != end;) {
		const u32 bit = at % kMapBits;
		const u32 count = std::min(kMapBits - bit, distance(at, end));
		u64* map = caches().load(&shared_.valid_map) + kShape.slot(at) / kMapBits;
		const u64 mask = ~u64{0} >> (kMapBits - count) << bit;
		const u64 written = at & kEntries ? 0 : mask;
		while ((caches().load(map) & mask) != written)
			caches().wait_for_change(map);
		at = advance(at, count);
	}
}

u32 InTree::take_in()
{
	u32 end = 0;
	caches().modify(&word_, [&] {
		end = static_cast<u32>(word_) & kPositionMask;
		word_ &= ~u64{kOwned};
	});
	return end;
}

void InTree::publish(const Slots& slots)
{
	while (caches().load(&shared_.published) != slots.start)
		caches().wait_for_change(&shared_.published);
	const u32 end = take_in();
	wait_until_valid(slots.start, end);
	bench().smmu.write_prod(0, kShape.to_hardware(end));
	caches().store(&shared_.published, end, true);
}

void InTree::wait_for_sync(u32 position)
{
	unlock_shared(method_ == Method::kMessage ? wait_for_message(position)
						  : wait_for_cons(position));
}

// The SMMU clears the lower half of the CMD_SYNC's first word.
u32 InTree::wait_for_message(u32 position)
{
	auto* done = reinterpret_cast<u32*>(&bench().ring().slots[kShape.slot(position)]);
	for (Patience patience; caches().load(done) != 0; caches().wait_for_change(done))
		patience.look();
	return advance(position, 1);
}

u32 InTree::wait_for_cons(u32 position)
{
	const u32 end = advance(position, 1);
	const u64 seen = caches().load(&word_);
	const u32 prod = static_cast<u32>(seen) & kPositionMask;
	u32 cons = static_cast<u32>(seen >> 32);
	for (Patience patience; !kShape.consumed(end, kShape.to_hardware(cons), prod);) {
		patience.look();
		cons = kShape.from_hardware(cons, bench().smmu.read_cons(0));
	}
	return cons;
}

void InTree::lock_shared()
{
	s32 was = 0;
	caches().modify(&shared_.lock, [&] { was = shared_.lock++; });
	while (was < 0) {
		was = caches().load(&shared_.lock);
		if (was < 0)
			caches().wait_for_change(&shared_.lock);
	}
}

// The last CPU to leave stores cons.
void InTree::unlock_shared(u32 cons)
{
	if (caches().load(&shared_.lock) == 1)
		store_cons(cons);
	caches().modify(&shared_.lock, [&] { shared_.lock--; });
}

std::unique_ptr<Algorithm> make_in_tree(Method method)
{
	return std::make_unique<InTree>(method);
}

}  // namespace scale
