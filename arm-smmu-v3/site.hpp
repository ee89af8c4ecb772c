// SPDX-License-Identifier: GPL-2.0-only
// What a domain holds at an SMMU, from the first attach there until the domain is destroyed.
#pragma once

#include "arm-smmu-v3/owned_tag.hpp"

namespace smmu3 {

// Keeps the memory of an SMMU and its device.
class SmmuHold {
public:
	explicit SmmuHold(Smmu& smmu)
		: smmu_(smmu)
	{
		smmu_.hold();
	}
	~SmmuHold() { smmu_.release(); }
	SmmuHold(const SmmuHold&) = delete;
	SmmuHold& operator=(const SmmuHold&) = delete;

private:
	Smmu& smmu_;
};

struct Site {
	Site(Smmu& the_smmu, OwnedTag the_tag)
		: smmu(the_smmu),
		  hold(the_smmu),
		  tag(std::move(the_tag))
	{
	}

	Smmu& smmu;
	// A flush reads the gate of the SMMU outside any section.  In front of the tag, whose number
	// is given back to the SMMU.
	SmmuHold hold;
	OwnedTag tag;  // kept while no device is attached, so that the next attach does not fail
	core::Box<Site> next;
};

}  // namespace smmu3
