// SPDX-License-Identifier: GPL-2.0-only
// Invalidations that the SMMU has not acknowledged.  What they name may still be in use: it is neither freed nor
// used again, until everything has been forgotten or the SMMU is off.
#include "arm-smmu-v3/cdtab.hpp"
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

u32 Smmu::not_forgotten() const
{
	return timeouts_.load_relaxed() + cmdq_.commands_lost();
}

// Two CPUs may wait in vain at once, and neither may be missed.
void Smmu::count_timeout()
{
	u32 seen = timeouts_.load_relaxed();
	while (!timeouts_.cas_relaxed(seen, seen + 1)) {
	}
}

core::Result<> Smmu::forget_everything()
{
	if (stuck_)
		return core::error(core::Errno::kTimedOut);
	const u32 owed = not_forgotten(), lost = cmdq_.commands_lost();
	if (features_.el2)
		TRY(issue(std::array{cfgi_all(), Command::of(Opcode::kTlbiEl2All),
				     Command::of(Opcode::kTlbiNsnhAll)}));
	else
		TRY(issue(std::array{cfgi_all(), Command::of(Opcode::kTlbiNsnhAll)}));
	if (cmdq_.commands_lost() != lost)
		return core::error(core::Errno::kIo);
	made_up_for_.store_relaxed(owed);
	return {};
}

core::Result<> Smmu::forget_all_of(const Command& command)
{
	if (!owes())
		TRY(issue(std::array{command}));
	return settle();
}

void Smmu::keep(core::Box<CdTable> table)
{
	core::Locked lock(streams_lock_);
	table->next = std::move(kept_);
	kept_ = std::move(table);
}

}  // namespace smmu3
