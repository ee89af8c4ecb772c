// SPDX-License-Identifier: GPL-2.0-only
// What a domain holds at an SMMU, from the first attach there until the domain is destroyed.
#pragma once

#include "arm-smmu-v3/owned_tag.hpp"

namespace smmu3 {

struct Site {
	// Keeps the memory of the SMMU: a flush reads its gate outside any section.
	Site(Smmu& the_smmu, OwnedTag the_tag)
		: smmu(the_smmu),
		  tag(std::move(the_tag))
	{
		smmu.hold();
	}
	~Site() { smmu.release(); }
	Site(const Site&) = delete;
	Site& operator=(const Site&) = delete;

	Smmu& smmu;
	OwnedTag tag;  // kept while no device is attached, so that the next attach does not fail
	core::Box<Site> next;
};

}  // namespace smmu3
