// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/pri_function.hpp"

namespace model {

void Pri::reset()
{
	groups_ = {};
	used_ = 0;
	failed_ = false;
}

void Pri::enable(u32 credits)
{
	credits_ = credits;
	enabled_ = true;
}

unsigned Pri::waiting() const
{
	unsigned count = 0;

	for (const Group& g : groups_)
		count += g.requests != 0;
	return count;
}

bool Pri::request(u32 group, std::optional<u32> pasid, bool last)
{
	Group& g = groups_[group];

	if (!enabled_ || failed_ || used_ == credits_ || g.complete)
		return false;
	used_++;
	g.requests++;
	g.complete = last;
	g.pasid = pasid;
	return true;
}

const char* Pri::respond(u32 group, std::optional<u32> pasid, PrgCode code, bool automatic)
{
	if (group >= kGroups)
		return "PRG response with an index that is not in use";
	Group& g = groups_[group];
	if (!g.requests || (!automatic && !g.complete))
		return "PRG response to a group that waits for none";
	if (pasid !=
	    (pasids_ && !(automatic && code == PrgCode::kFailure) ? g.pasid : std::nullopt))
		return "PRG response with another PASID";
	used_ -= g.requests;
	g = {.requests = 0, .complete = false, .pasid = {}, .response = code};
	responses_[static_cast<u8>(code)]++;
	failed_ |= code == PrgCode::kFailure;
	return nullptr;
}

}  // namespace model
