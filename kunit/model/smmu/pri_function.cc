// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/pri_function.hpp"

namespace model {

void Pri::reset()
{
	groups_ = {};
	shared_.used = 0;
	shared_.failed = false;
}

void Pri::enable(u32 credits)
{
	shared_.credits = credits;
	shared_.enabled = true;
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

	if (!shared_.enabled || shared_.failed || shared_.used == shared_.credits || g.complete)
		return false;
	shared_.used++;
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
	shared_.used -= g.requests;
	g = {.requests = 0, .complete = false, .pasid = {}, .response = code};
	responses_[static_cast<u8>(code)]++;
	shared_.failed |= code == PrgCode::kFailure;
	return nullptr;
}

}  // namespace model
