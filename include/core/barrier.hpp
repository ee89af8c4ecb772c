// SPDX-License-Identifier: GPL-2.0-only
// Memory barriers under the names of the Linux kernel memory model.
#pragma once

namespace core {

#if defined(__aarch64__)

// Orders every access before it, for other CPUs, before every access after it.
inline void smp_mb()
{
	asm volatile("dmb ish" ::: "memory");
}
// The same, for CPUs and devices.
inline void dma_mb()
{
	asm volatile("dmb osh" ::: "memory");
}
// Orders writes before it, for devices, before writes after it.
inline void dma_wmb()
{
	asm volatile("dmb oshst" ::: "memory");
}
// Orders reads before it before every access after it, of devices, too.
inline void dma_rmb()
{
	asm volatile("dmb oshld" ::: "memory");
}
// Completes every access before it, at the device, too, before any access after it (mb()).
inline void mb()
{
	asm volatile("dsb sy" ::: "memory");
}
// Completes every write before it, at the device, too, before any access after it (wmb()).
inline void wmb()
{
	asm volatile("dsb st" ::: "memory");
}
// A hint in a loop that polls a value.
inline void cpu_relax()
{
	asm volatile("yield" ::: "memory");
}
// Waits for an event: an SEV of the SMMU, an interrupt, or the event stream of the kernel (at most
// 100 us).
inline void wait_for_event()
{
	asm volatile("wfe" ::: "memory");
}

#else

inline void smp_mb()
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
inline void dma_mb()
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
inline void dma_wmb()
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
inline void dma_rmb()
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}
inline void mb()
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
inline void wmb()
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
inline void cpu_relax()
{
	asm volatile("pause" ::: "memory");
}
inline void wait_for_event()
{
	cpu_relax();
}

#endif

}  // namespace core
