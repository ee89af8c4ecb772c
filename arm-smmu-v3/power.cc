// SPDX-License-Identifier: GPL-2.0-only
// Registers on the way up and on the way down (IHI 0070 3.11, 3.12, 6.3).
//
// Until translation is on, and whenever it is off, GBPA aborts: nothing reaches memory untranslated.
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

// Streams that firmware keeps alive go on by what firmware had: with power lost or kept, GBPA may be anything.
core::Result<> Smmu::default_while_off()
{
	return streams_.has_reserved() ? control_.default_as_found() : control_.abort_by_default();
}

// Everything that the SMMU may read only while it is off.
void Smmu::write_configuration()
{
	control_.write_attributes();
	streams_.write_registers(mmio_);
	commands_.write_registers();
	records_.write_registers();
	errors_.forget();
}

// With the command queue on, make the SMMU forget everything it may have cached.  The queue is opened first:
// whoever elides did so before, and the barrier in open() makes what they wrote visible before SMMUEN.
core::Result<> Smmu::open_queue()
{
	commands_.open();
	return unanswered_.forget_everything();
}

// Interrupts and, last of all, translation.
core::Result<> Smmu::run()
{
	TRY(control_.enable_interrupts());
	// 6.3.16: no interrupt tells of what happened before, and none of the next record in a queue that is not
	// empty.  Some events are recorded without SMMUEN (7.3), page requests are not (6.3.9).
	errors_.handle_gerror();
	records_.drain_events();
	if (commands_.stopped())  // by an error: it has entered Service Failure Mode
		return core::error(core::Errno::kIo);
	return translate(control_.queues_enabled().with<CR0::SMMUEN>(true));
}

// ORDER: CR0ACK, then the look at STOP (dma_rmb() of its read).  Service Failure Mode has STOP set, fully ordered,
// before it writes CR0 = 0 (ErrorHandler::turn_off()): where STOP is clear here, that write comes after ours.
core::Result<> Smmu::translate(CR0 value)
{
	TRY(control_.write_cr0(value));
	if (commands_.stopped())
		return core::error(core::Errno::kIo);
	return {};
}

core::Result<> Smmu::turn_off()
{
	TRY(control_.write_cr0(CR0{}));
	unanswered_.note_off();
	return {};
}

// Assumes nothing of any register.
core::Result<> Smmu::bring_up()
{
	TRY(control_.write_cr0(CR0{}));
	TRY(control_.write_irq_ctrl(IRQ_CTRL{}));
	write_configuration();

	TRY(control_.write_cr0(control_.queues_enabled()));
	TRY(open_queue());
	return run();
}

core::Result<> Smmu::resume()
{
	if (power_.is(SMMU_POWER_FAILED)) {
		(void)control_.abort_by_default();  // which a loss of power has undone
		return core::error(core::Errno::kIo);
	}
	power_.enter(SMMU_POWER_RESUMING);
	// Should it ignore GBPA, only the stream table can keep anything out.
	(void)default_while_off();
	const auto up = bring_up();
	if (up)
		power_.enter(SMMU_POWER_ACTIVE);
	else
		fail();
	return up;
}

core::Result<> Smmu::start()
{
	const bool translating = control_.cr0().get<CR0::SMMUEN>();
	if (translating) {
		os_log(dev_, OS_WARNING, "SMMU currently enabled! Resetting...");
		// Its tables decided what passed, and they are gone: with GBPA alone, everything would.
		control_.find_aborting();
	}
	power_.enter(SMMU_POWER_RESUMING);
	// Streams that firmware keeps alive have been bypassing so far, and go on until their STEs say so.
	core::Result<> up;
	if (translating || !streams_.has_reserved())
		up = control_.abort_by_default();
	if (up)
		up = bring_up();
	if (up)
		power_.enter(SMMU_POWER_ACTIVE);
	else
		give_up();
	return up;
}

// Documentation/power.rst, "Suspend", step by step.
core::Result<> Smmu::quiesce()
{
	// 1. what comes now aborts
	TRY(default_while_off());
	// 2. no translation, no new record
	TRY(control_.write_cr0(CR0{}.with<CR0::CMDQEN>(true)));
	// 3. report what is recorded, answer what waits, while commands still go
	records_.drain_events(Records::Stalls::kEnded);
	records_.drain_page_requests();
	// 4. no CPU uses the command queue
	TRY(commands_.drain());
	// 5.
	TRY(control_.write_irq_ctrl(IRQ_CTRL{}));
	// 6. no error goes unsaid
	errors_.handle_gerror();
	// 7.
	TRY(turn_off());
	// 8.
	commands_.settle();
	return {};
}

core::Result<> Smmu::suspend()
{
	if (power_.is(SMMU_POWER_FAILED))
		return {};  // it is off already, and stays so
	power_.enter(SMMU_POWER_DRAINING);
	if (auto quiet = quiesce(); !quiet) {
		roll_back();
		return quiet;
	}
	power_.enter(SMMU_POWER_SUSPENDED);
	return {};
}

// From where translation is off back to translating.  What was elided meanwhile is made up for by open_queue().
core::Result<> Smmu::reopen()
{
	// As quiesce() left it, should that still be unacknowledged; then the others.
	TRY(control_.write_cr0(CR0{}.with<CR0::CMDQEN>(true)));
	TRY(control_.write_cr0(control_.queues_enabled()));
	TRY(control_.write_irq_ctrl(IRQ_CTRL{}));  // run() writes messages
	TRY(open_queue());
	return run();
}

// From any step of quiesce().
void Smmu::roll_back()
{
	power_.note_rollback();
	// One that has ignored GBPA or CR0 translates as ever, and STOP is not set yet: it is told to go on.
	const auto in_force = control_.cr0_in_force();
	const auto back = in_force.get<CR0::SMMUEN>() ? translate(in_force) : reopen();
	smmu_shim_trace_rollback(dev_, core::to_errno(back));
	if (back)
		power_.enter(SMMU_POWER_ACTIVE);
	else
		fail();
}

// GBPA stays as it is, aborting unless it took no update; STOP stays, so that no caller waits for an SMMU that
// does not answer.
void Smmu::give_up()
{
	unanswered_.note_stuck();
	const bool written = control_.turn_off();
	commands_.close();
	if (written ? control_.await_cr0(CR0{}).has_value() : !control_.cr0_in_force().raw())
		unanswered_.note_off();
	power_.enter(SMMU_POWER_FAILED);
}

void Smmu::fail()
{
	give_up();
	// Devices were isolated from each other, which comes before firmware's streams.
	if (streams_.has_reserved())
		(void)control_.abort_by_default();
	const bool aborts = control_.aborts_by_default();
	os_log(dev_, OS_ERROR, "disabled after error: all DMA behind it %s until reboot",
	       aborts ? "aborts" : "bypasses translation, as GBPA was not updated,");
}

// Of one that does not go quiet.  One that failed may not even have a command queue to drain.
void Smmu::force_off()
{
	(void)default_while_off();
	if (!power_.is(SMMU_POWER_FAILED))  // of which it is known
		unanswered_.note_stuck();
	commands_.close();
	(void)control_.write_irq_ctrl(IRQ_CTRL{});
	(void)turn_off();
}

// Goes on past every error: what can be turned off is turned off.
void Smmu::stop(smmu_exit_policy policy)
{
	if (power_.is(SMMU_POWER_OFF) && !unanswered_.stuck())
		return;
	if (power_.is(SMMU_POWER_FAILED) || unanswered_.stuck() || !quiesce())
		force_off();
	if (policy == SMMU_EXIT_FIRMWARE)
		(void)control_.default_as_found();
	else if (streams_.has_reserved())
		(void)control_.abort_by_default();  // quiesce() has not
	power_.enter(SMMU_POWER_OFF);
	const bool aborts = control_.aborts_by_default();
	os_log(dev_, OS_NOTICE, "disabled, DMA behind it %s",
	       aborts ? "aborts" : "is not translated");
}

}  // namespace smmu3
