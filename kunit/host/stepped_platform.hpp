// SPDX-License-Identifier: GPL-2.0-only
// The machine that the power protocol is stepped on: an SMMU of four slots, and a platform on which every
// access to what is shared is a point where another CPU may come in (stepping.hpp).
#pragma once

#include "arm-smmu-v3/cmdq.hpp"
#include "core/atomic.hpp"
#include "kunit/host/stepping.hpp"

namespace stepping {

using namespace smmu3;

constexpr u32 kLog2 = 2, kSlots = 1 << kLog2, kIndexMask = 2 * kSlots - 1;

// The first ticket.  The next one waits for another line, and its leader brings the message of groups up, which
// is so old that it seems to be ahead (turns.hpp, syncs.hpp).
constexpr u32 kFirstTicket = (1u << 24) - 1, kOldMessage = kFirstTicket - (1u << 31) - 10;

// What is taken away from the protocol, one at a time.
enum class Without {
	kNothing,
	kSectionKept,        // a waiter for room leaves the section in between
	kLookInMakeRoom,     // or stays there, and does not look for STOP
	kStopInMakeRoom,     // both
	kStopInReserve,      // nor who reserves
	kStopMasked,         // an owner takes STOP for a part of its range
	kPollingInSection,   // a waiter leaves the section in between
	kGracePeriod,        // power goes once the queue is drained
	kReadersLast,        // the grace period comes before the drain
	kDrain,              // power goes once readers are gone
	kOwners,             // CONS reaching PROD counts as drained
	kStopKept,           // the release of OWNED clears STOP too
	kSettleAfterDrain,   // software's indices are settled before the drain
	kInvalidation,       // resume keeps what the TLB holds
	kOpenBeforeEnable,   // the gate opens only when the SMMU translates
	kDisableBeforeStop,  // STOP is set while the SMMU translates
	kGroupRead,          // a leader does not wait for the members of the last group
	kTurnPassed,         // a leader that reserves nothing keeps its turn
	kTicket,             // two producers can take one ticket
	kOwnedAgain,         // an error is acknowledged without OWNED
	kPublishedAgain,     // ... before the owner before has written PROD
	kWrittenAgain,       // ... after OWNED is cleared
};

// The SMMU: a command queue, one TLB entry, and a power switch.
struct Hardware {
	bool powered, command_enabled, translating;
	u32 prod, cons;
	Command slots[kSlots];
	u64 messages[(Scheduler::kMaxCpus + 1) * 16];
	bool cached;
	u32 cached_pte;
	bool fails;       // the next command
	u32 err, errack;  // commands are consumed while they are equal
};

struct World {
	Hardware smmu;
	Without without;
	const char* broken;
	u32 pte;  // what producers unmap
	u32 in_section[Scheduler::kMaxCpus], sections[Scheduler::kMaxCpus];
	bool impatient[Scheduler::kMaxCpus];  // the clock is past every deadline
	bool asked_time[Scheduler::kMaxCpus];
	u32 unmasked[Scheduler::kMaxCpus];  // flags in what the owner read back
	bool grouped;                       // each producer finds the word contended
	u32 refusals[Scheduler::kMaxCpus];  // how many of its next attempts fail
	const void* tickets;                // the counter they come from
	u32 entries[Scheduler::kMaxCpus];   // of a producer with a ticket
	bool shares[Scheduler::kMaxCpus];   // and whether it shares a CMD_SYNC
	bool reserved[Scheduler::kMaxCpus];
	bool servicing;                   // an error, by one CPU
	bool again[Scheduler::kMaxCpus];  // in publish_again(), before PROD is written
	bool consumed[64];
	bool entered[64];
	u32 next_id;
	u64 elided, issued, gave_up;      // over all interleavings
	u64 groups[Scheduler::kMaxCpus];  // by the number of members
	u64 singled_out;                  // leaders that reserved for themselves only
	u64 serviced;                     // errors
};

inline World world;
inline u32 (*position_now)();  // of the queue
inline void (*clear_owned)();

constexpr u64 kPoison = 0xdead;
constexpr u32 kPowerCpu = 0;

inline void broken(const char* what)
{
	if (!world.broken)
		world.broken = what;
	Scheduler::current->abandon();
}

// Another one's turn, outside the read-side section where a mutant `leaves` it.
inline void others_turn(bool leaves)
{
	const u32 cpu = Scheduler::cpu();
	leaves = leaves && world.in_section[cpu];
	if (leaves) {
		world.in_section[cpu]--;
		world.sections[cpu]++;
	}
	Scheduler::relax();
	world.in_section[cpu] += leaves;
}

struct FakeMmio {
	template <class R>
	R read() const
	{
		Scheduler::point(false);
		if (!world.smmu.powered)
			broken("a register is read without power");
		return R::from_raw(world.smmu.cons);
	}
	template <class R>
	R read_relaxed() const
	{
		return read<R>();
	}
	template <class R>
	void write_relaxed(R value)
	{
		static_assert(R::kOffset == CMDQ_PROD::kOffset);
		const u32 acknowledged = errack;
		if (world.again[Scheduler::cpu()] && world.without == Without::kWrittenAgain)
			clear_owned();
		world.again[Scheduler::cpu()] = false;
		Scheduler::point(true);
		Hardware& smmu = world.smmu;
		const u32 prod = value.raw();
		if (!smmu.powered)
			broken("PROD is written without power");
		if (prod & ~kIndexMask)
			broken("a flag reaches PROD");
		if (((prod - smmu.prod) & kIndexMask) > kSlots ||
		    ((prod - smmu.cons) & kIndexMask) > kSlots)
			broken("PROD goes back, or beyond full");
		if (acknowledged != smmu.errack && smmu.err == smmu.errack)
			broken("ERRACK goes back");
		smmu.prod = prod & kIndexMask;
		smmu.errack = acknowledged;
	}

	u32 errack = 0;  // written with each PROD
};

template <typename T>
class SteppedAtomic : public core::Atomic<T> {
	using Base = core::Atomic<T>;
	static constexpr bool kWord = sizeof(T) == 8;

	static bool looks_in_make_room()
	{
		return world.without != Without::kStopInMakeRoom &&
		       world.without != Without::kLookInMakeRoom;
	}
	// STOP, where a mutant does not look at it.
	static T blind(T value)
	{
		bool& asked = world.asked_time[Scheduler::cpu()];
		const bool in_make_room = asked;
		asked = false;
		const bool blind_here = in_make_room ? !looks_in_make_room()
						     : world.without == Without::kStopInReserve;
		return kWord && blind_here && Scheduler::cpu() != kPowerCpu ? value & ~T{kStop}
									    : value;
	}

public:
	SteppedAtomic() = default;
	explicit SteppedAtomic(T value)
		: Base(kWord && !value ? kFirstTicket : value)
	{
	}

	T load_relaxed() const { return Scheduler::point(false), blind(Base::load_relaxed()); }
	T load_acquire() const
	{
		Scheduler::point(false);
		const T value = Base::load_acquire();
		// published_, read by a leader: as if all were published.
		if (!kWord && world.without == Without::kGroupRead &&
		    world.entries[Scheduler::cpu()] && world.tickets != this)
			return static_cast<T>(position_now());
		if (!kWord && world.without == Without::kPublishedAgain &&
		    world.again[Scheduler::cpu()])
			return static_cast<T>(position_now());
		return value;
	}
	void store_relaxed(T value) { Scheduler::point(true), Base::store_relaxed(value); }
	void store_release(T value)
	{
		Scheduler::point(true);
		// An owner's only one is that of published_.
		u32& flags = world.unmasked[Scheduler::cpu()];
		if (kWord && !world.reserved[Scheduler::cpu()]) {
			world.entries[Scheduler::cpu()] = 0;  // it passes its turn on
			if (world.without == Without::kTurnPassed)
				return;
		}
		Base::store_release(value | static_cast<T>(flags));
		flags = 0;
	}
	T fetch_add_relaxed(T by)
	{
		world.tickets = this;
		world.entries[Scheduler::cpu()] = static_cast<u32>(by);
		world.shares[Scheduler::cpu()] = static_cast<u64>(by) >> 32;
		world.reserved[Scheduler::cpu()] = false;
		if (world.without == Without::kTicket) {
			const T was = load_relaxed();
			store_relaxed(was + by);
			return was;
		}
		return Scheduler::point(true), Base::fetch_add_relaxed(by);
	}
	bool cas_relaxed(T& expected, T desired)
	{
		u32& refusals = world.refusals[Scheduler::cpu()];
		if (kWord && refusals) {
			refusals--;
			return expected = load_relaxed(), false;
		}
		const u32 prod = static_cast<u32>(expected);
		const bool done = cas(expected, desired);
		if (kWord && done)
			count_group(distance(prod, static_cast<u32>(desired)));
		return done;
	}
	bool cas_release(T& expected, T desired) { return cas(expected, desired); }
	T fetch_or(T bits)
	{
		Scheduler::point(true);
		if (world.without == Without::kOwnedAgain && world.again[Scheduler::cpu()])
			return Base::load_relaxed() & ~T{kOwned};
		return Base::fetch_or(bits);
	}
	T fetch_andnot(T bits) { return Scheduler::point(true), Base::fetch_andnot(bits); }
	T fetch_andnot_relaxed(T bits)
	{
		Scheduler::point(true);
		const T was = Base::fetch_andnot_relaxed(
			world.without == Without::kStopKept ? bits | kStop : bits);
		if (world.without == Without::kStopMasked)
			world.unmasked[Scheduler::cpu()] = static_cast<u32>(was & kStop);
		return was;
	}

private:
	bool cas(T& expected, T desired)
	{
		Scheduler::point(true);
		if (kWord && world.without == Without::kStopInReserve &&
		    Scheduler::cpu() != kPowerCpu)
			expected |= Base::load_relaxed() & kStop;
		// refresh_cons() of one who did not look: prod stays as it is.
		if (kWord && !looks_in_make_room() &&
		    static_cast<u32>(expected) == static_cast<u32>(desired)) {
			const T stop = Base::load_relaxed() & kStop;
			expected |= stop;
			desired |= stop;
		}
		return Base::cas_relaxed(expected, desired);
	}

	// `reserved` slots are those of all who have a ticket, or of some.
	static void count_group(u32 reserved)
	{
		u32 members = 0, entries = 0;
		bool shares = false;
		for (u32 cpu = 0; cpu < Scheduler::kMaxCpus; cpu++) {
			const u32 of = world.entries[cpu];
			members += of != 0;
			entries += of;
			shares = shares || (of && world.shares[cpu]);
		}
		world.reserved[Scheduler::cpu()] = true;
		const u32 own = world.entries[Scheduler::cpu()] + world.shares[Scheduler::cpu()];
		world.singled_out += members > 1 && reserved == own;
		world.entries[Scheduler::cpu()] = 0;
		if (reserved != entries + shares)
			return;
		world.groups[members]++;
		for (u32& of : world.entries)
			of = 0;
	}
};

struct SteppedPlatform {
	template <typename T>
	using Atomic = SteppedAtomic<T>;
	using Mmio = FakeMmio;
	using Further = NoFurtherQueues;
	static constexpr u64 kAttendNs = 0;

	static void dma_mb() {}
	static void dma_wmb() {}
	static void cpu_relax() { others_turn(world.without == Without::kPollingInSection); }
	static void wait_for_event() { cpu_relax(); }
	static u64 now_ns()
	{
		world.asked_time[Scheduler::cpu()] = true;
		static constinit u64 later = 0;
		return world.impatient[Scheduler::cpu()] ? later += 2'000'000'000 : 0;
	}
	static u32 cpu() { return Scheduler::cpu(); }

	class ReadSection {
	public:
		ReadSection()
		{
			Scheduler::point(false);
			world.in_section[Scheduler::cpu()]++;
			world.asked_time[Scheduler::cpu()] = false;
			world.refusals[Scheduler::cpu()] = world.grouped ? 2 : 0;
		}
		~ReadSection()
		{
			Scheduler::point(true);
			world.in_section[Scheduler::cpu()]--;
			world.sections[Scheduler::cpu()]++;
		}
		ReadSection(const ReadSection&) = delete;
		ReadSection& operator=(const ReadSection&) = delete;
		void breathe()
		{
			Scheduler::point(true);
			others_turn(world.without == Without::kStopInMakeRoom ||
				    world.without == Without::kSectionKept);
		}
	};
};

using Queue = CommandQueue<SteppedPlatform>;

}  // namespace stepping
