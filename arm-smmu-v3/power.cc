// SPDX-License-Identifier: GPL-2.0-only
// Start, suspend, resume and stop (IHI 0070 3.11, 3.12, 6.3).
//
// While translation is off, GBPA aborts, so that nothing reaches memory untranslated.
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

// Reserved streams bypass by the GBPA of firmware.  It is always written: its value may be lost
// with the power.
core::Result<> Smmu::default_while_off()
{
	return streams_.has_reserved() ? control_.default_as_found() : control_.abort_by_default();
}

// Writes the registers that may only change while the SMMU is off.
void Smmu::write_configuration()
{
	control_.write_attributes();
	streams_.write_registers(mmio_);
	commands_.write_registers();
	records_.write_registers();
	errors_.forget();
}

// Invalidates everything that the SMMU may have cached.  The command queue must be on.  It is
// opened first: all elisions come before that, and the barrier in open() makes the writes of those
// callers visible before SMMUEN is set.  ATC invalidations may have been elided, and have no effect
// while SMMUEN is 0: Translated transactions do not pass until the ATCs are invalidated (ats.hpp).
core::Result<> Smmu::open_queue()
{
	ats_.withhold();
	commands_.open();
	return unanswered_.forget_everything();
}

// Enables interrupts and, last of all, translation.
core::Result<> Smmu::run()
{
	TRY(control_.enable_interrupts());
	// 6.3.16: errors and records from before raise no interrupt, and neither does the next
	// record of a queue that is not empty.  Some events are recorded while SMMUEN is 0 (7.3),
	// page requests are not (6.3.9).
	errors_.handle_gerror();
	records_.drain_events();
	if (commands_.stopped())  // the SMMU has entered Service Failure Mode
		return core::error(core::Errno::kIo);
	stalls_.begin();
	page_requests_.begin();
	return translate(control_.queues_enabled().with<CR0::SMMUEN>(true));
}

// ORDER: CR0ACK is read before STOP (dma_rmb() of its read).  In Service Failure Mode STOP is set,
// fully ordered, before CR0 = 0 is written (ErrorHandler::turn_off()): if STOP is clear here, that
// write comes after this one.
core::Result<> Smmu::translate(CR0 value)
{
	TRY(control_.write_cr0(value));
	if (commands_.stopped())
		return core::error(core::Errno::kIo);
	return {};
}

void Smmu::become_active()
{
	power_.enter(SMMU_POWER_ACTIVE);
	ats_.admit_grants();
}

core::Result<> Smmu::turn_off()
{
	// If the SMMU could not be quiesced, invalidations are elided while it translates: SMMUEN first.
	const auto off = control_.write_cr0(CR0{});
	const auto queues_off = commands_.disable_ecmdqs();
	TRY(off);
	TRY(queues_off);
	unanswered_.note_off();
	return {};
}

// Assumes no value of any register.
core::Result<> Smmu::bring_up()
{
	TRY(control_.write_cr0(CR0{}));
	TRY(control_.write_irq_ctrl(IRQ_CTRL{}));
	TRY(commands_.disable_ecmdqs());  // CR1 is read-only while one is on
	write_configuration();

	TRY(control_.write_cr0(control_.queues_enabled()));
	TRY(commands_.enable_ecmdqs());
	TRY(open_queue());
	return run();
}

core::Result<> Smmu::resume()
{
	if (power_.is(SMMU_POWER_FAILED)) {
		(void)control_.abort_by_default();  // its value may be lost with the power
		return core::error(core::Errno::kIo);
	}
	power_.enter(SMMU_POWER_RESUMING);
	// If GBPA is not updated, only the stream table can block DMA: go on.
	(void)default_while_off();
	const auto up = bring_up();
	if (up)
		become_active();
	else
		fail();
	return up;
}

core::Result<> Smmu::start()
{
	const bool translating = control_.cr0().get<CR0::SMMUEN>();
	if (translating) {
		os_log(dev_, OS_WARNING, "SMMU currently enabled! Resetting...");
		// The tables of the previous kernel blocked DMA that GBPA as found may let pass.
		control_.find_aborting();
	}
	power_.enter(SMMU_POWER_RESUMING);
	// Reserved streams bypass until their STEs are in force.
	core::Result<> up;
	if (translating || !streams_.has_reserved())
		up = control_.abort_by_default();
	if (up)
		up = ecmdqs_.disable_all();
	if (up)
		up = bring_up();
	if (up)
		become_active();
	else
		give_up();
	return up;
}

// The dirty state that transactions have left in page tables is visible after a CMD_SYNC (3.13.4), and
// is read while the SMMU is off, too.  DMA of a domain that was attached later has aborted.
core::Result<> Smmu::complete_updates()
{
	if (core::load_relaxed(tracks_dirty_))
		TRY(commands_.issue({}));
	return {};
}

// CMD_PRI_RESP has no effect while SMMUEN is 0 (4.5.2).  The shim withdraws PRI before system sleep, and the SMMU stays
// on at run time while a device has it.
core::Result<> Smmu::end_page_requests()
{
	if (commands_.stopped() || !page_requests_.in_use())
		return {};
	TRY(translate(control_.queues_enabled().with<CR0::SMMUEN>(true).with<CR0::PRIQEN>(false)));
	page_requests_.end();
	records_.drain_page_requests();
	stalls_.abort_groups();
	return {};
}

// The steps of Documentation/power.rst, "Suspend".
core::Result<> Smmu::quiesce()
{
	// 1. DMA aborts once translation is off
	TRY(default_while_off());
	// 2. page requests are denied, translation and the queues of records are off
	TRY(end_page_requests());
	TRY(control_.stop_translation(commands_));
	stalls_.end();
	// 3. records are reported
	records_.drain_events();
	records_.drain_page_requests();
	TRY(complete_updates());
	// 4. no CPU uses the command queue
	TRY(commands_.drain());
	// 5. interrupts are off
	TRY(control_.write_irq_ctrl(IRQ_CTRL{}));
	// 6. pending errors are serviced
	errors_.handle_gerror();
	// 7. the SMMU is off
	TRY(turn_off());
	// 8. software's indices equal the hardware's
	commands_.settle();
	return {};
}

core::Result<> Smmu::suspend()
{
	if (power_.is(SMMU_POWER_FAILED))
		return {};  // already off
	ats_.refuse_grants();
	power_.enter(SMMU_POWER_DRAINING);
	if (auto quiet = quiesce(); !quiet) {
		roll_back();
		return quiet;
	}
	power_.enter(SMMU_POWER_SUSPENDED);
	return {};
}

// Turns translation on again.  open_queue() makes up for elided invalidations.
core::Result<> Smmu::reopen()
{
	stalls_.end();
	// First the value that quiesce() wrote, which may still be unacknowledged.
	TRY(control_.write_cr0(CR0{}.with<CR0::CMDQEN>(true)));
	TRY(control_.write_cr0(control_.queues_enabled()));
	TRY(control_.write_irq_ctrl(IRQ_CTRL{}));  // run() writes MSIs
	TRY(commands_.enable_ecmdqs());
	TRY(open_queue());
	return run();
}

// If the write of GBPA or CR0 was not acknowledged, the SMMU still translates and STOP is clear: write the CR0 in force
// again, with the PRI queue that end_page_requests() has disabled.
core::Result<> Smmu::go_on(CR0 in_force)
{
	page_requests_.begin();
	return translate(in_force.with<CR0::PRIQEN>(control_.queues_enabled().get<CR0::PRIQEN>()));
}

// Undoes any step of quiesce().
void Smmu::roll_back()
{
	power_.note_rollback();
	const auto in_force = control_.cr0_in_force();
	const auto back = in_force.get<CR0::SMMUEN>() ? go_on(in_force) : reopen();
	smmu_shim_trace_rollback(dev_, core::to_errno(back));
	if (back)
		become_active();
	else
		fail();
}

// GBPA is not written: it aborts, unless its update has failed.  STOP stays set, so that no caller
// waits for an SMMU that does not answer.
void Smmu::give_up()
{
	unanswered_.note_stuck();
	const bool written = control_.turn_off();
	commands_.close();
	const bool queues_off = commands_.disable_ecmdqs().has_value();
	if ((written ? control_.await_cr0(CR0{}).has_value() : !control_.cr0_in_force().raw()) &&
	    queues_off)
		unanswered_.note_off();
	stalls_.end();
	power_.enter(SMMU_POWER_FAILED);
}

void Smmu::fail()
{
	give_up();
	// The isolation of devices takes precedence over reserved streams.
	if (streams_.has_reserved())
		(void)control_.abort_by_default();
	const bool aborts = control_.aborts_by_default();
	os_log(dev_, OS_ERROR, "disabled after error: all DMA behind it %s until reboot",
	       aborts ? "aborts" : "bypasses translation, as GBPA was not updated,");
}

// Turns the SMMU off if quiesce() can't.  A failed SMMU may have no command queue to drain.
void Smmu::force_off()
{
	(void)default_while_off();
	if (!power_.is(SMMU_POWER_FAILED))  // give_up() has noted it
		unanswered_.note_stuck();
	commands_.close();
	(void)control_.write_irq_ctrl(IRQ_CTRL{});
	(void)turn_off();
	stalls_.end();
}

// An error does not end it: what can be turned off is turned off.
void Smmu::stop(smmu_exit_policy policy)
{
	ats_.refuse_grants();
	if (power_.is(SMMU_POWER_OFF) && !unanswered_.stuck())
		return;
	if (power_.is(SMMU_POWER_FAILED) || unanswered_.stuck() || !quiesce())
		force_off();
	if (policy == SMMU_EXIT_FIRMWARE)
		(void)control_.default_as_found();
	else if (streams_.has_reserved())
		(void)control_.abort_by_default();  // quiesce() has restored the GBPA of firmware
	power_.enter(SMMU_POWER_OFF);
	const bool aborts = control_.aborts_by_default();
	os_log(dev_, OS_NOTICE, "disabled, DMA behind it %s",
	       aborts ? "aborts" : "is not translated");
}

}  // namespace smmu3
