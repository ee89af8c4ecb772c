// SPDX-License-Identifier: GPL-2.0-only
// The platform of arm-smmu-v3/cmdq.hpp in the simulation: each shared access takes the time that the model
// gives it.
#pragma once

#include <array>

#include "arm-smmu-v3/cmdq.hpp"
#include "arm-smmu-v3/platform.hpp"
#include "tools/bench/scale/bench.hpp"

namespace scale {

// As large as T, so that the layout of cache lines is the driver's.
template <typename T>
class SimulatedAtomic {
public:
	constexpr SimulatedAtomic() = default;
	constexpr explicit SimulatedAtomic(T value)
		: value_(value)
	{
	}
	SimulatedAtomic(const SimulatedAtomic&) = delete;
	SimulatedAtomic& operator=(const SimulatedAtomic&) = delete;

	T load_relaxed() const { return bench().caches.load(&value_); }
	T load_acquire() const { return load_relaxed(); }
	void store_relaxed(T value) { bench().caches.store(&value_, value); }
	void store_release(T value)
	{
		before_mark(value);
		bench().caches.store(&value_, value, true);
	}

	bool cas_relaxed(T& expected, T desired)
	{
		const T wanted = expected;
		bench().caches.modify(&value_, [&] {
			expected = value_;
			if (expected == wanted)
				value_ = desired;
		});
		const bool done = expected == wanted;
		after_cas(static_cast<u32>(wanted), static_cast<u32>(desired), done);
		return done;
	}
	bool cas_release(T& expected, T desired)
	{
		bench().caches.barrier();
		return cas_relaxed(expected, desired);
	}
	T fetch_add_relaxed(T by)
	{
		return modify([&] { value_ += by; });
	}
	T fetch_or(T bits)
	{
		return modify([&] { value_ |= bits; });
	}
	T fetch_andnot(T bits)
	{
		return modify([&] { value_ &= ~bits; });
	}
	T fetch_andnot_relaxed(T bits) { return fetch_andnot(bits); }

private:
	template <typename Change>
	T modify(Change change)
	{
		T was;
		bench().caches.modify(&value_, [&] {
			was = value_;
			change();
		});
		return was;
	}

	// fill() stores to the slots without the platform.  The CPU that has reserved slots fills its own next.
	static void after_cas(u32 prod, u32 end, bool done)
	{
		using smmu3::kPositionMask;
		if ((prod & kPositionMask) == (end & kPositionMask))
			return;  // refresh_cons()
		machine().counters.attempts++;
		if (!done)
			return machine().spend_ns(machine().parameters.retry);
		machine().reserved();
		bench().own_ring().touch_slots(prod & kPositionMask, machine().entries());
	}
	// A CPU whose slots another one has reserved has filled them when it marks them.
	void before_mark(T entries)
	{
		if constexpr (std::is_same_v<T, u32>) {
			if (bench().caches.lines.of(&value_).holds != Holds::kMarks ||
			    machine().has_reserved())
				return;
			machine().reserved();
			Ring& ring = bench().own_ring();
			ring.touch_slots(ring.index_of_mark(&value_), entries);
		}
	}

	T value_{};
};
static_assert(sizeof(SimulatedAtomic<u32>) == 4 && sizeof(SimulatedAtomic<u64>) == 8);

// The registers of the SMMU's queue number `queue`.
struct SimulatedMmio {
	template <class R>
	R read() const
	{
		static_assert(R::kOffset == smmu3::CMDQ_CONS::kOffset);
		bench().caches.look_elsewhere();
		return R::from_raw(bench().smmu.read_cons(queue));
	}
	template <class R>
	void write_relaxed(const R& value)
	{
		static_assert(R::kOffset == smmu3::CMDQ_PROD::kOffset);
		bench().smmu.write_prod(queue, value.raw());
	}

	u32 queue = 0;
};

class EnhancedQueues;

struct SimulatedPlatform {
	template <typename T>
	using Atomic = SimulatedAtomic<T>;
	using Mmio = SimulatedMmio;
	using Further = EnhancedQueues;
	static constexpr u64 kAttendNs = smmu3::Platform::kAttendNs;

	static void dma_mb() { bench().caches.barrier(); }
	static void dma_wmb() { bench().caches.barrier(); }
	static void cpu_relax() { bench().caches.relax(); }
	static void wait_for_event() { cpu_relax(); }
	static u64 now_ns()
	{
		machine().spend_ns(machine().parameters.clock);
		machine().catch_up();
		return machine().now() / 1000;
	}
	static u32 cpu() { return machine().cpu(); }

	// Interrupts are not simulated.
	class ReadSection {
	public:
		ReadSection() { edges[cpu()]++; }
		~ReadSection() { edges[cpu()]++; }
		ReadSection(const ReadSection&) = delete;
		ReadSection& operator=(const ReadSection&) = delete;
		void breathe() { cpu_relax(); }
	};
	// CPUs of the last run have not ended their sections.
	static void reset() { edges = {}; }
	static void synchronize()
	{
		const auto seen = edges;
		for (u32 cpu = 0; cpu < kMaxCpus; cpu++)
			while (seen[cpu] % 2 && edges[cpu] == seen[cpu]) {
				machine().spend_ns(10);
				machine().catch_up();
			}
	}

private:
	// How often each CPU has begun or ended a section.
	static inline std::array<u64, kMaxCpus> edges;
};

}  // namespace scale
