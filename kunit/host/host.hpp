// SPDX-License-Identifier: GPL-2.0-only
// What the parts of the host test system know of each other.
#pragma once

#include "os/os.h"

namespace host {

// Sections with interrupts or preemption off (sections.cc).
bool in_section();
// The number of this CPU's section, another one once it has ended.
u64 section();
void must_be_able_to_sleep(const char* what);
// How often this CPU has enabled interrupts.
u64 irq_windows();
// Call `hook` each time that os_synchronize() has waited; nullptr: no more.
void after_synchronize(void (*hook)());

// Allocations (memory.cc).  True when this allocation is to fail.
bool allocation_fails();
void count_allocation(int change);
void reset_allocations();
void reset_dma();
// DMA memory, in any context; false without memory.
bool take_dma(size_t size, os_dma& out);
void give_dma(const os_dma& memory);
// What is to be added to a bus address for the CPU's.
u64 dma_linear();

// Tables (tables.cc).
void reset_tables();

void reset_clock();
void reset_log();
void reset_mmio();

// Print what was logged since the case began.
void print_log();

// Say what went wrong and where, and end the process.
[[noreturn]] void die(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace host
