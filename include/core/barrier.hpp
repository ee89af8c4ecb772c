// SPDX-License-Identifier: GPL-2.0-only
// Memory barriers under the names of the Linux kernel memory model.
#pragma once

namespace core {

#if defined(__aarch64__)

// Every access before is seen by the other CPUs before any access after.
inline void smp_mb()
{
	asm volatile("dmb ish" ::: "memory");
}
// The same, as CPUs and devices see it.
inline void dma_mb()
{
	asm volatile("dmb osh" ::: "memory");
}
// Writes before are seen by devices before writes after.
inline void dma_wmb()
{
	asm volatile("dmb oshst" ::: "memory");
}
// Reads before are done before any access after, devices included.
inline void dma_rmb()
{
	asm volatile("dmb oshld" ::: "memory");
}
// Every access before is complete, at the device too, before anything after begins (mb()).
inline void mb()
{
	asm volatile("dsb sy" ::: "memory");
}
// A hint, between two looks at a value that another CPU will change.
inline void cpu_relax()
{
	asm volatile("yield" ::: "memory");
}
// Sleep until an event: an SEV of the SMMU, an interrupt, or the kernel's event stream (100 us at most).
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
