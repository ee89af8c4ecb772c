// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/unanswered.hpp"

namespace smmu3 {

core::Result<> Unanswered::forget_everything()
{
	if (stuck())
		return core::error(core::Errno::kTimedOut);
	const u32 owed = commands_.unanswered(), lost = commands_.lost();
	if (el2_)
		TRY(commands_.issue(std::array{cfgi_all(), Command::of(Opcode::kTlbiEl2All),
					       Command::of(Opcode::kTlbiNsnhAll)}));
	else
		TRY(commands_.issue(std::array{cfgi_all(), Command::of(Opcode::kTlbiNsnhAll)}));
	if (stuck())  // elided, and the SMMU may still be on
		return core::error(core::Errno::kTimedOut);
	if (commands_.lost() != lost)
		return core::error(core::Errno::kIo);
	made_up_for_.store_relaxed(owed);
	return {};
}

core::Result<> Unanswered::forget_all_of(const Command& command)
{
	if (!owes())
		TRY(commands_.issue(std::array{command}));
	return settle();
}

}  // namespace smmu3
