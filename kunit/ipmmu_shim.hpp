// SPDX-License-Identifier: GPL-2.0-only
// The Linux side of the IPMMU core, for tests of the core alone: page tables of kunit/lpae.hpp, and faults
// to whoever asks.  In UML the real shims are there too, and get all that is not a test's.
#pragma once

#include "ipmmu/core.h"
#include "kunit/lpae.hpp"
#include "kunit/model/log.hpp"

namespace test {

// What ipmmu_core_domain_create() takes as `shim`; must outlive the domain.
class IpmmuShim {
public:
	IpmmuShim();
	~IpmmuShim();
	IpmmuShim(const IpmmuShim&) = delete;
	IpmmuShim& operator=(const IpmmuShim&) = delete;

	Lpae table;
	ipmmu_pgtable answered{};

	static IpmmuShim* find(const void* shim);

private:
	IpmmuShim* next_;
};

// Where reports go while it lives.
class IpmmuReports {
public:
	IpmmuReports();
	~IpmmuReports();
	IpmmuReports(const IpmmuReports&) = delete;
	IpmmuReports& operator=(const IpmmuReports&) = delete;

	struct Change {
		ipmmu_power_state from, to;
		u64 duration_ns;
	};

	u32 faults = 0, stuck = 0, restores_failed = 0, failed_context = 0;
	model::Ring<Change, 32> changes;  // of power, as traced
	ipmmu_fault last_fault{};
	device* last_client = nullptr;
	void* last_shim = nullptr;
	// Called for each fault, as a handler of the domain's owner would be.
	void (*on_fault)(void* ctx) = nullptr;
	void* ctx = nullptr;
};

}  // namespace test
