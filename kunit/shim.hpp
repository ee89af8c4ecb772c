// SPDX-License-Identifier: GPL-2.0-only
// The Linux side of the SMMUv3 core, for tests of the core alone: page tables of kunit/lpae.hpp, and
// reports to whoever asks.  In UML the real shims are there too, and get all that is not a test's.
#pragma once

#include "arm-smmu-v3/core.h"
#include "kunit/lpae.hpp"

namespace test {

// What smmu_core_domain_create() takes as `shim`; must outlive the domain.
class Shim {
public:
	Shim();
	~Shim();
	Shim(const Shim&) = delete;
	Shim& operator=(const Shim&) = delete;

	Lpae table;
	smmu_pgtable asked{};  // by the core
	smmu_pgtable answered{};

	static Shim* find(const void* shim);

private:
	Shim* next_;
};

// Where reports go while it lives; the core's caller gives them their context.
class Reports {
public:
	Reports();
	~Reports();
	Reports(const Reports&) = delete;
	Reports& operator=(const Reports&) = delete;

	u32 events = 0, page_requests = 0;
	smmu_event last_event{};
	smmu_page_request last_page_request{};
	device* last_client = nullptr;

	// Lines that can repeat: how often each kind was about to be logged, how often by a caller that could be
	// preempted, and whether none may be.
	u32 lines[SMMU_NR_LINES]{};
	u32 lines_of_the_preemptible = 0;
	bool muted = false;

	u32 late_drains = 0;  // asked for

	u32 shared_streams = 0, last_shared_sid = 0;
	device* last_owner = nullptr;

	// Power states in the order they were entered, and what became of drains and rollbacks.
	static constexpr u32 kMaxTransitions = 64;
	smmu_power_state states[kMaxTransitions]{};
	u32 transitions = 0;
	u32 rollbacks = 0;
	int last_drain = 0;
};

}  // namespace test
