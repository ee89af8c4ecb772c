// SPDX-License-Identifier: GPL-2.0-only
// CR0, IRQ_CTRL, GBPA and the MSI registers.  Functions that write wait until the write has taken
// effect; a timeout is logged.
#pragma once

#include "arm-smmu-v3/core.h"
#include "arm-smmu-v3/features.hpp"
#include "arm-smmu-v3/regs.hpp"
#include "core/result.hpp"
#include "core/spinlock.hpp"

namespace smmu3 {

class Commands;

class Control {
public:
	// The MSI of an interrupt.
	struct Message {
		u64 address;
		u32 data;
	};

	// Writes no register.
	Control(device* dev, Mmio& mmio, const Features& features, const smmu_platform& platform);
	Control(const Control&) = delete;
	Control& operator=(const Control&) = delete;

	// ---- CR0 ----

	core::Result<> write_cr0(CR0 value);
	// Clears SMMUEN, with the command queue enabled; or CR0 is 0 because of Service Failure
	// Mode, which has stopped `commands`.
	core::Result<> stop_translation(const Commands& commands);
	// Writes CR0 = 0 without waiting.  False: not written, because SMMUEN is clear and the last
	// write is not acknowledged.
	bool turn_off();
	// Waits until CR0ACK equals `value`, which has been written.  kTimedOut (logged).
	core::Result<> await_cr0(CR0 value);
	CR0 cr0() const { return mmio_.read_relaxed<CR0>(); }
	CR0 cr0_in_force() const { return CR0::from_raw(mmio_.read_relaxed<CR0ACK>().raw()); }
	// CR0 with all queues in use enabled and SMMUEN clear.
	CR0 queues_enabled() const;

	// ---- GBPA: what transactions do while translation is off ----

	core::Result<> abort_by_default();
	core::Result<> default_as_found();
	bool aborts_by_default() const { return mmio_.read_relaxed<GBPA>().get<GBPA::ABORT>(); }
	// Makes default_as_found() abort.
	void find_aborting() { found_gbpa_ = found_gbpa_.with<GBPA::ABORT>(true); }

	// ---- IRQ_CTRL and messages ----

	core::Result<> write_irq_ctrl(IRQ_CTRL value);
	// Writes all MSIs and enables the interrupts.
	core::Result<> enable_interrupts();
	// Sets the MSI of an interrupt.  The registers are not written while `commands` are
	// stopped, because they may be without power; enable_interrupts() writes them later.
	// False: not written.  Interrupts must be off.
	bool change_message(smmu_vector vector, Message message, const Commands& commands);

	// Writes CR1 and CR2.  The SMMU and its queues must be off.
	void write_attributes();

private:
	core::Result<> log_cr0(core::Result<> done, CR0 value) const;
	core::Result<> write_gbpa(GBPA value);
	void write_message(smmu_vector vector) REQUIRES(messages_lock_);
	IRQ_CTRL interrupts_enabled() const;

	device* const dev_;
	Mmio& mmio_;
	const Features& features_;
	const bool record_;  // the event and PRI queues are used
	GBPA found_gbpa_;    // as found at probe
	core::SpinLock messages_lock_;
	Message messages_[SMMU_NR_VECTORS] GUARDED_BY(messages_lock_){};  // and the registers
};

}  // namespace smmu3
