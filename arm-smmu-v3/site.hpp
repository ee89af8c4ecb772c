// SPDX-License-Identifier: GPL-2.0-only
// What a domain has at an SMMU since it was first attached there, until the domain is destroyed.
#pragma once

#include "arm-smmu-v3/owned_tag.hpp"

namespace smmu3 {

struct Site {
	// Keeps the SMMU's memory: a flush reads its gate outside of any section.
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
