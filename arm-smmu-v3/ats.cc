// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/ats.hpp"

#include "arm-smmu-v3/atc_span.hpp"
#include "arm-smmu-v3/streams.hpp"

namespace smmu3 {

// One that was not answered is not repeated: each takes until the root complex gives up.  The CPU that has set the
// quarantine may still be blocking the streams.
void AtsDevice::invalidate(ReadSection& section, std::span<const Command> commands)
{
	if (quarantined()) {
		block();
		return;
	}
	const auto outcome = commands_.issue_atc(section, commands);
	if (!outcome && outcome.error() == core::Errno::kNoDevice)
		quarantine();
}

// Every CPU whose invalidation is not answered blocks the streams: each returns after they abort.
//
// ORDER: the quarantine before the STE (fetch_or() is fully ordered); see renew_quarantine().
void AtsDevice::quarantine()
{
	const bool first = !quarantined_.fetch_or(1);
	block();
	if (first)
		os_log(dev_, OS_ERROR,
		       "ATC invalidation not answered, DMA aborts until the device is attached "
		       "again");
}

void AtsDevice::block()
{
	for (Sid sid : sids_)
		(void)streams_.block(sid);
}

void AtsDevice::renew_quarantine()
{
	core::dma_mb();
	if (quarantined())
		block();
}

// One device and few streams: each has a CMD_SYNC of its own.
core::Result<> AtsDevice::forget_all()
{
	Commands::ReadSection section;
	for (Sid sid : sids_) {
		const auto outcome = TRY(commands_.issue_atc(
			section, std::array{in_span(atc_inv(sid, {}), kWholeAtc)}));
		if (outcome == Outcome::kElided)
			return core::error(core::Errno::kIo);
	}
	return {};
}

// No target remains that could repeat it, and an invalidation of everything in another queue makes up for the
// STE, but not for a CMD_ATC_INV: a device is blocked also where only the SMMU is late.
void AtsDevice::forget(Ssid pasid)
{
	Commands::ReadSection section;
	for (Sid sid : sids_) {
		if (commands_.issue_atc(section,
					std::array{in_span(atc_inv(sid, pasid), kWholeAtc)}))
			continue;
		quarantine();
		return;
	}
}

void AtsDevices::add(AtsDevice& device)
{
	devices_.prepend(device);
	device.granted_ = true;
}

void AtsDevices::remove(AtsDevice& device)
{
	devices_.remove(device);
	device.granted_ = false;
}

void AtsDevices::set_admits(bool admits)
{
	core::Locked lock(lock_);
	admits_ = admits;
}

void AtsDevices::withhold()
{
	core::Locked lock(lock_);
	while (!devices_.empty()) {
		AtsDevice& device = devices_.front();
		for (Sid sid : device.sids())
			streams_.withhold_ats(sid);
		remove(device);
	}
}

}  // namespace smmu3
