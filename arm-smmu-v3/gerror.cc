// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/gerror.hpp"

#include "arm-smmu-v3/aborted_requests.hpp"
#include "arm-smmu-v3/commands.hpp"
#include "arm-smmu-v3/control.hpp"
#include "arm-smmu-v3/power_log.hpp"
#include "arm-smmu-v3/unanswered.hpp"

namespace smmu3 {
namespace {

void log_active(device* dev, GERROR active)
{
	os_log(dev, OS_WARNING, "global error 0x%03x:%s%s%s%s%s%s%s%s%s", active.raw(),
	       active.get<GERROR::CMDQ_ERR>() ? " CMDQ_ERR" : "",
	       active.get<GERROR::EVENTQ_ABT_ERR>() ? " EVENTQ_ABT_ERR (events lost)" : "",
	       active.get<GERROR::PRIQ_ABT_ERR>() ? " PRIQ_ABT_ERR (page requests lost)" : "",
	       active.get<GERROR::MSI_CMDQ_ABT_ERR>() ? " MSI_CMDQ_ABT_ERR" : "",
	       active.get<GERROR::MSI_EVENTQ_ABT_ERR>() ? " MSI_EVENTQ_ABT_ERR" : "",
	       active.get<GERROR::MSI_PRIQ_ABT_ERR>() ? " MSI_PRIQ_ABT_ERR" : "",
	       active.get<GERROR::MSI_GERROR_ABT_ERR>() ? " MSI_GERROR_ABT_ERR" : "",
	       active.get<GERROR::SFM_ERR>() ? " SFM_ERR" : "",
	       active.get<GERROR::CMDQP_ERR>() ? " CMDQP_ERR" : "");
}

const char* name_of(CommandError error)
{
	switch (error) {
	case CommandError::kNone:
		return "CERROR_NONE";
	case CommandError::kIllegal:
		return "CERROR_ILL, replaced by CMD_SYNC";
	case CommandError::kAbort:
		return "CERROR_ABT, fetched again";
	case CommandError::kAtcInvSync:
		return "CERROR_ATC_INV_SYNC, an ATC invalidation timed out";
	}
	return "unknown error";
}

void log_failed(device* dev, const FailedCommand& failed)
{
	os_log(dev, OS_ERROR, "command 0x%016llx 0x%016llx: %s", failed.command.words[0],
	       failed.command.words[1], name_of(failed.error));
}

void log_failed(device* dev, const EcmdqSet::Failed& failed)
{
	os_log(dev, OS_ERROR, "%u enhanced command queues failed, the first is ECMDQ %u",
	       failed.count, failed.queue);
	log_failed(dev, failed.command);
}

}  // namespace

GERROR ErrorHandler::active() const
{
	const u32 raised = mmio_.read_relaxed<GERROR>().raw();
	return GERROR::from_raw((raised ^ mmio_.read_relaxed<GERRORN>().raw()) &
				GERROR::kAllErrors);
}

void ErrorHandler::acknowledge(u32 errors)
{
	mmio_.write_relaxed(GERRORN::from_raw(mmio_.read_relaxed<GERRORN>().raw() ^ errors));
}

// Services and acknowledges the active errors.  While CMDQP_ERR is active, the error of another queue
// does not raise it again (7.5): it is acknowledged before the queues are looked at.
ErrorHandler::Errors ErrorHandler::service()
{
	Errors errors{active(), {}, {}};
	u32 serviced = errors.active.raw();
	if (!serviced)
		return errors;
	count_++;
	if (errors.active.get<GERROR::CMDQP_ERR>()) {
		const u32 cmdqp = GERROR{}.with<GERROR::CMDQP_ERR>(true).raw();
		acknowledge(cmdqp);
		serviced &= ~cmdqp;
		// ORDER: the SMMU has the acknowledgement before CONS of a queue is read, since this
		// read arrives after the write (ordering.rst, claim 41).
		(void)mmio_.read<GERRORN>();
		errors.ecmdqs = commands_.handle_ecmdq_errors();
	}
	if (errors.active.get<GERROR::CMDQ_ERR>())
		errors.command = commands_.handle_error();
	if (errors.active.get<GERROR::PRIQ_ABT_ERR>()) {
		aborted_requests_.note(mmio_.read_relaxed<PRIQ_PROD>().raw());
		// ORDER: who takes a request that the SMMU records after the acknowledgement sees
		// the note; pairs with the read of PROD (ordering.rst, claim 46).
		core::dma_wmb();
	}
	// ORDER: a replaced command is visible (handle_error()) before this write restarts the
	// queue.
	acknowledge(serviced);
	return errors;
}

// Returns nullopt if another CPU holds the lock.  Interrupts are off while it is held: with
// PREEMPT_RT the handler is a thread, and a producer that preempts it would wait, with interrupts
// off, for the holder that it has preempted.
std::optional<ErrorHandler::Errors> ErrorHandler::try_service()
{
	core::IrqSection section;
	if (!lock_.try_lock())
		return std::nullopt;
	const Errors errors = service();
	lock_.unlock();
	return errors;
}

// Turns the SMMU off and sets STOP, so that no producer waits for a command that can't complete.
// Smmu::translate() reads STOP after its write of CR0 and enters ACTIVE only if STOP is clear: then
// the CR0 = 0 written here is the last value.  In any other state the SMMU remains stuck until Smmu
// turns it off.
void ErrorHandler::turn_off()
{
	unanswered_.note_stuck();
	commands_.stop();
	if (control_.write_cr0(CR0{}) && power_.is(SMMU_POWER_ACTIVE))
		unanswered_.note_off();
}

// Logs the errors, without the lock.  SFM_ERR turns the SMMU off.
void ErrorHandler::report(const Errors& errors)
{
	if (smmu_shim_may_log(dev_, SMMU_LINE_GERROR)) {
		log_active(dev_, errors.active);
		if (errors.active.get<GERROR::CMDQ_ERR>())
			log_failed(dev_, errors.command);
		if (errors.ecmdqs.count)
			log_failed(dev_, errors.ecmdqs);
	}
	if (errors.active.get<GERROR::SFM_ERR>()) {
		os_log(dev_, OS_ERROR, "device has entered Service Failure Mode! SMMU disabled");
		turn_off();
	}
}

// Called by the interrupt handler, by waiting producers and by drain(), possibly at the same time.
// If the lock is held, return: the holder reads GERROR again after it has unlocked.
//
// After kRounds, an error that returns with each acknowledgement is left active.  The next
// interrupt or the next call of a waiting producer services it.
bool ErrorHandler::handle_gerror()
{
	constexpr u32 kRounds = 8;
	bool serviced = false;
	for (u32 round = 0; round < kRounds && active().raw(); round++) {
		const auto errors = try_service();
		if (!errors)
			return true;
		// ORDER: the unlock before the next read of GERROR, for a caller that found the
		// lock held in between (ordering.rst, claim 23).
		core::dma_mb();
		if (!errors->active.raw())
			continue;
		report(*errors);
		serviced = true;
	}
	return serviced;
}

void ErrorHandler::forget()
{
	mmio_.write_relaxed(GERRORN::from_raw(mmio_.read_relaxed<GERROR>().raw()));
}

}  // namespace smmu3
