// SPDX-License-Identifier: GPL-2.0-only
// A command queue of its own on the device model, standing on a platform that a test can steer.
#pragma once

#include <initializer_list>
#include <optional>

#include "arm-smmu-v3/cmdq.hpp"
#include "arm-smmu-v3/platform.hpp"
#include "kunit/board.hpp"
#include "kunit/testos.h"

namespace test {

// What happens at the points where the queue lets others in.
struct QueueHooks {
	static inline void (*relax)();          // between two looks at anything
	static inline void (*before_gather)();  // the owner has waited for its predecessor
	static inline u64 ns_per_look;  // how far the clock moves at each look; 0: the real one
	static inline u64 now;
	static inline u32 start;        // the queue's first position
	static inline void (*mixer)();  // at every atomic operation

	static void reset()
	{
		relax = before_gather = mixer = nullptr;
		ns_per_look = now = 0;
		start = 0;
	}
};

// Starts counting at QueueHooks::start, so that a test reaches the end of the positions.
template <typename T>
class SteeredAtomic : public core::Atomic<T> {
	using Base = core::Atomic<T>;

public:
	SteeredAtomic() = default;
	explicit SteeredAtomic(T value)
		: Base(value | at_start())
	{
	}

	T load_relaxed() const { return mix(), Base::load_relaxed(); }
	T load_acquire() const { return mix(), Base::load_acquire(); }
	void store_relaxed(T value) { mix(), Base::store_relaxed(value); }
	void store_release(T value) { mix(), Base::store_release(value); }
	bool cas_relaxed(T& expected, T desired)
	{
		return mix(), Base::cas_relaxed(expected, desired);
	}
	bool cas_release(T& expected, T desired)
	{
		return mix(), Base::cas_release(expected, desired);
	}
	T fetch_or(T bits) { return mix(), Base::fetch_or(bits); }
	T fetch_andnot(T bits) { return mix(), Base::fetch_andnot(bits); }
	T fetch_andnot_relaxed(T bits)
	{
		mix();
		if (QueueHooks::before_gather)
			QueueHooks::before_gather();
		return Base::fetch_andnot_relaxed(bits);
	}

private:
	static void mix()
	{
		if (QueueHooks::mixer)
			QueueHooks::mixer();
	}
	static T at_start()
	{
		const T start = QueueHooks::start;
		if constexpr (sizeof(T) == 8)
			return start << 32 | start;
		return start;
	}
};

struct SteeredPlatform : smmu3::Platform {
	template <typename T>
	using Atomic = SteeredAtomic<T>;

	static void cpu_relax()
	{
		if (QueueHooks::relax)
			QueueHooks::relax();
		else
			core::cpu_relax();
	}
	static void wait_for_event() { cpu_relax(); }

	class ReadSection : public smmu3::Platform::ReadSection {
	public:
		void breathe()
		{
			cpu_relax();
			smmu3::Platform::ReadSection::breathe();
		}
	};

	static u64 now_ns()
	{
		if (!QueueHooks::ns_per_look)
			return os_now_ns();
		return __atomic_add_fetch(&QueueHooks::now, QueueHooks::ns_per_look,
					  __ATOMIC_RELAXED);
	}
};

using SteeredQueue = smmu3::CommandQueue<SteeredPlatform>;

class QueueBench {
public:
	QueueBench(Case& the_case, smmu3::SyncMethod method, u32 log2 = 7, const Setup& setup = {});
	~QueueBench();

	SteeredQueue& queue() { return *queue_; }

	// Tell the SMMU where the queue is, enable it and open the gate.
	void power_up();
	// Enter commands numbered from `next`, and check that they were not refused.
	void issue(u32 count, smmu3::Completion completion);
	// A command that carries a number, and the number it carries.
	static smmu3::Command numbered(u64 number);
	static u64 number_of(const model::Command& command) { return command.w[1] >> 12; }
	// Read the model's log on: every numbered command is `expected` and one more.
	void check_order();
	u32 syncs() const { return static_cast<u32>(board.ops(model::Op::SYNC)); }

	Case& t;
	Board board;
	// Called when somebody has waited long.
	void (*on_attend)(QueueBench&) = nullptr;

	u64 next = 0;      // number of the next command to enter
	u64 expected = 0;  // and to be executed

private:
	static void attend(void* bench);

	u64 seen_ = 0;  // of the model's log
	os_dma slots_{}, messages_{};
	u32 log2_;
	smmu3::Mmio mmio_;
	std::optional<SteeredQueue> queue_;
};

}  // namespace test
