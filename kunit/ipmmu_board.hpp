// SPDX-License-Identifier: GPL-2.0-only
// A board with IPMMUs for tests of the core alone: modelled units, the core's objects over them, devices.
#pragma once

#include <array>
#include <span>

#include "kunit/ipmmu_shim.hpp"
#include "kunit/model/ipmmu.hpp"
#include "kunit/test.hpp"

namespace test {

class IpmmuBoard {
public:
	static constexpr u32 kUnits = 4, kMasters = 16, kDomains = 18;
	static constexpr u32 kBytes = model::Ipmmu::kBytes;

	// One unit, before its core is created.
	struct Unit {
		model::Ipmmu model;
		void* base = nullptr;
		ipmmu_core* core = nullptr;
		u32 root = 0;  // which unit; its own number for a root
		void (*before_read)() = nullptr;
		void (*before_write)(IpmmuBoard& board) = nullptr;
		IpmmuBoard* board = nullptr;
	};

	struct Space {
		IpmmuShim shim;
		ipmmu_domain* domain = nullptr;
	};

	explicit IpmmuBoard(Case& t)
		: t(t)
	{
	}
	// Destroys what is left, and fails the case for every broken rule.
	~IpmmuBoard();

	// Put unit `n` there, with registers full of garbage; its root is unit `root`.
	void place(u32 n, u32 soc, u32 root);
	// Create and start its core; an error is an errno.
	int probe(u32 n, u32 stage = IPMMU_STAGE_1);
	void unbind(u32 n);
	// Attach a device behind unit `n` and forget it: a leaf's registers are its driver's from then on.
	bool claim(u32 n);
	// A root and `leaves` leaves, started and claimed.
	bool start(u32 soc, u32 leaves, u32 stage = IPMMU_STAGE_1);
	// One that is a root and has micro-TLBs.
	bool start_gen2() { return start(IPMMU_VMSA, 0); }

	int add_master(u32 n, u32 unit, std::span<const u32> utlbs);
	int add_master(u32 n, u32 unit, u32 utlb) { return add_master(n, unit, std::array{utlb}); }
	void remove_master(u32 n);
	device* master_device(u32 n) { return reinterpret_cast<device*>(&names_[n]); }

	int create_domain(u32 n, u32 unit = 0);
	void destroy_domain(u32 n);
	// `group`: nullptr puts each master in a group of its own.
	int attach(u32 master, u32 domain, const void* group = nullptr);
	int attach_identity(u32 master, const void* group = nullptr);
	int attach_blocked(u32 master, const void* group = nullptr);

	// A page: mapped, and unmapped with a flush.
	bool map(u32 domain, u64 iova, u64 pa, bool writable = true);
	void unmap(u32 domain, u64 iova);

	model::IpmmuDma read(u32 unit, u32 utlb, u64 iova);
	model::IpmmuDma write(u32 unit, u32 utlb, u64 iova);
	bool reads(u32 unit, u32 utlb, u64 iova, u64 pa);
	bool faults(u32 unit, u32 utlb, u64 iova);

	// As runtime PM does it: leaves, then roots; power lost; roots, then leaves.
	int suspend(u32 unit);
	int resume(u32 unit, bool lost = true);
	bool suspend_all();
	bool resume_all(bool lost = true);

	// ---- the order of registers ----

	// Forget what has been read and written, for kunit/ipmmu_order.hpp.
	void clear_trace()
	{
		trace.accesses.clear();
		trace.writes = 0;
	}

	Case& t;
	model::IpmmuTrace trace;
	IpmmuReports reports;
	std::array<Unit, kUnits> units{};
	u32 placed = 0;
	std::array<ipmmu_master*, kMasters> masters{};
	std::array<Space, kDomains> spaces{};
	bool tolerate_violations = false, tolerate_order = false;

private:
	std::array<char, kMasters> names_{};
	model::IpmmuHost host_{};
	u32 soc_ = 0;
};

}  // namespace test
