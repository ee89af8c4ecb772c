// SPDX-License-Identifier: GPL-2.0-only
// Global errors (IHI 0070 6.3.19, 7.5).
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {
namespace {

void log_active(device* dev, GERROR active)
{
	os_log(dev, OS_WARNING, "global error 0x%03x:%s%s%s%s%s%s%s%s", active.raw(),
	       active.get<GERROR::CMDQ_ERR>() ? " CMDQ_ERR" : "",
	       active.get<GERROR::EVENTQ_ABT_ERR>() ? " EVENTQ_ABT_ERR (events lost)" : "",
	       active.get<GERROR::PRIQ_ABT_ERR>() ? " PRIQ_ABT_ERR (page requests lost)" : "",
	       active.get<GERROR::MSI_CMDQ_ABT_ERR>() ? " MSI_CMDQ_ABT_ERR" : "",
	       active.get<GERROR::MSI_EVENTQ_ABT_ERR>() ? " MSI_EVENTQ_ABT_ERR" : "",
	       active.get<GERROR::MSI_PRIQ_ABT_ERR>() ? " MSI_PRIQ_ABT_ERR" : "",
	       active.get<GERROR::MSI_GERROR_ABT_ERR>() ? " MSI_GERROR_ABT_ERR" : "",
	       active.get<GERROR::SFM_ERR>() ? " SFM_ERR" : "");
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

}  // namespace

void Smmu::service_command_error()
{
	const FailedCommand failed = cmdq_.handle_error();
	os_log(dev_, OS_ERROR, "command 0x%016llx 0x%016llx: %s", failed.command.words[0],
	       failed.command.words[1], name_of(failed.error));
}

GERROR Smmu::active_errors() const
{
	const u32 raised = mmio_.read_relaxed<GERROR>().raw();
	return GERROR::from_raw((raised ^ mmio_.read_relaxed<GERRORN>().raw()) &
				GERROR::kAllErrors);
}

void Smmu::service_errors(GERROR active)
{
	counts_.gerrors++;
	log_active(dev_, active);

	if (active.get<GERROR::SFM_ERR>()) {
		os_log(dev_, OS_ERROR, "has entered Service Failure Mode and is turned off");
		(void)write_cr0(CR0{});
		cmdq_.stop();  // nothing translates, and nobody waits for what can't complete
	}
	if (active.get<GERROR::CMDQ_ERR>())
		service_command_error();

	// ORDER: handle_error() has made a replaced command visible before this restarts the queue.
	mmio_.write_relaxed(GERRORN::from_raw(mmio_.read_relaxed<GERRORN>().raw() ^ active.raw()));
}

// The interrupt and suspend's drain may meet here.  Whoever finds the other inside leaves it to him: he looks
// again once he is out, and an acknowledgement restarts the queue once.
//
// One that comes back as soon as it is acknowledged is left after a few rounds: its next interrupt comes here
// again, and so does whoever waits, until his deadline.
bool Smmu::handle_gerror()
{
	constexpr u32 kRounds = 8;
	bool serviced = false;
	for (u32 round = 0; round < kRounds; round++) {
		GERROR active = active_errors();
		if (!active.raw())
			break;
		if (!gerror_lock_.try_lock())
			return true;
		active = active_errors();
		if (active.raw()) {
			service_errors(active);
			serviced = true;
		}
		gerror_lock_.unlock();
		// ORDER: out, then the next look; who came between has left it to us (ordering.rst, claim 23).
		core::dma_mb();
	}
	return serviced;
}

}  // namespace smmu3
