// SPDX-License-Identifier: GPL-2.0-only
// What the command queue stands on: the kernel's atomics, barriers, clock and registers.
// A model checker or a test supplies another type with the same names.
#pragma once

#include "arm-smmu-v3/regs.hpp"
#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "os/os.h"

namespace smmu3 {

struct Platform {
	template <typename T>
	using Atomic = core::Atomic<T>;

	using Mmio = smmu3::Mmio;

	static void dma_mb() { core::dma_mb(); }
	static void dma_wmb() { core::dma_wmb(); }
	static void cpu_relax() { core::cpu_relax(); }
	static void wait_for_event() { core::wait_for_event(); }
	static u64 now_ns() { return os_now_ns(); }
	static u32 cpu() { return os_cpu(); }

	// os_synchronize() waits for the end of every section.
	class ReadSection {
	public:
		ReadSection()
			: flags_(os_irq_save())
		{
		}
		~ReadSection() { os_irq_restore(flags_); }
		ReadSection(const ReadSection&) = delete;
		ReadSection& operator=(const ReadSection&) = delete;

		// Let interrupts in for a moment, without leaving the section.
		void breathe()
		{
			os_preempt_disable();
			os_irq_restore(flags_);
			core::cpu_relax();
			flags_ = os_irq_save();
			os_preempt_enable();
		}

	private:
		unsigned long flags_;
	};
};

}  // namespace smmu3
