// SPDX-License-Identifier: GPL-2.0-only
// What an SMMU does with its queues, its interrupts and untranslated transactions: CR0, IRQ_CTRL, GBPA and the
// messages.  A write is in force when the SMMU says so; one that does not is logged.
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
	// Where an interrupt's message goes.
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
	// CR0 = 0 without waiting, of one that may not answer.  False: CR0 is left, because SMMUEN is clear and the
	// last value is still not acknowledged.
	bool turn_off();
	// Wait for the CR0ACK of `value`, which has been written.  kTimedOut: logged.
	core::Result<> await_cr0(CR0 value);
	CR0 cr0() const { return mmio_.read_relaxed<CR0>(); }
	CR0 cr0_in_force() const { return CR0::from_raw(mmio_.read_relaxed<CR0ACK>().raw()); }
	// With every queue that is used, without translation.
	CR0 queues_enabled() const;

	// ---- GBPA: what transactions do while translation is off ----

	core::Result<> abort_by_default();
	core::Result<> default_as_found();
	bool aborts_by_default() const { return mmio_.read_relaxed<GBPA>().get<GBPA::ABORT>(); }
	// default_as_found() aborts.
	void find_aborting() { found_gbpa_ = found_gbpa_.with<GBPA::ABORT>(true); }

	// ---- IRQ_CTRL and messages ----

	core::Result<> write_irq_ctrl(IRQ_CTRL value);
	// Every message, and the interrupts.
	core::Result<> enable_interrupts();
	// Remember `message`, and write it unless `commands` are stopped: then the registers may have no power, and
	// enable_interrupts() comes.  False when nothing was written.  Interrupts are off.
	bool change_message(smmu_vector vector, Message message, const Commands& commands);

	// CR1 and CR2, while everything is off.
	void write_attributes();

private:
	core::Result<> write_gbpa(GBPA value);
	void write_message(smmu_vector vector) REQUIRES(messages_lock_);
	IRQ_CTRL interrupts_enabled() const;

	device* const dev_;
	Mmio& mmio_;
	const Features& features_;
	const bool record_;  // events and page requests
	GBPA found_gbpa_;    // as found at probe
	core::SpinLock messages_lock_;
	Message messages_[SMMU_NR_VECTORS] GUARDED_BY(messages_lock_){};  // and their registers
};

}  // namespace smmu3
