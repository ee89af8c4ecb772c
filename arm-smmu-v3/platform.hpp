// SPDX-License-Identifier: GPL-2.0-only
// The platform of the command queue: atomics, barriers, clock and registers of the kernel.
// Model checkers and tests supply other types with the same members.
#pragma once

#include "arm-smmu-v3/regs.hpp"
#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "core/irq_section.hpp"
#include "os/os.h"

namespace smmu3 {

class EcmdqSet;

struct Platform {
	// The queues that the SMMU's own queue may leave its commands to.
	using Further = EcmdqSet;

	template <typename T>
	using Atomic = core::Atomic<T>;

	using Mmio = smmu3::Mmio;

	// How long a producer waits before each look for errors.
	static constexpr u64 kAttendNs = 100'000;

	static void dma_mb() { core::dma_mb(); }
	static void dma_wmb() { core::dma_wmb(); }
	static void cpu_relax() { core::cpu_relax(); }
	static void wait_for_event() { core::wait_for_event(); }
	static u64 now_ns() { return os_now_ns(); }
	static u32 cpu() { return os_cpu(); }

	using ReadSection = core::IrqSection;
	// Wait for the end of every section.
	static void synchronize() { os_synchronize(); }
};

}  // namespace smmu3
