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
	// A root and `leaves` leaves, started.
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

	void clear_trace() { trace.writes.clear(); }
	// Whether these and no other registers were written since, in this order.
	bool wrote(std::span<const model::IpmmuAccess> expected);
	model::IpmmuAccess context_write(u32 unit, u32 context, u32 reg, u32 value) const;
	model::IpmmuAccess utlb_write(u32 unit, u32 utlb, u32 reg, u32 value) const;
	model::IpmmuAccess control_write(u32 unit, u32 reg, u32 value) const;

	Case& t;
	model::IpmmuTrace trace;
	IpmmuReports reports;
	std::array<Unit, kUnits> units{};
	u32 placed = 0;
	std::array<ipmmu_master*, kMasters> masters{};
	std::array<Space, kDomains> spaces{};
	bool tolerate_violations = false;

private:
	std::array<char, kMasters> names_{};
	model::IpmmuHost host_{};
	u32 soc_ = 0;
};

// Contexts' and micro-TLBs' registers, by the manual's names and apart from the driver's.
namespace ipmmu_reg {
enum : u32 {
	IMCTR = 0x00,
	IMTTBCR = 0x08,
	IMBUSCR = 0x0c,
	IMTTLBR0 = 0x10,
	IMTTUBR0 = 0x14,
	IMSTR = 0x20,
	IMMAIR0 = 0x28,
	IMUCTR = 0x0,
	IMUASID = 0x8,
	IMSCTLR = 0x500,
	IMSAUXCTLR = 0x504,
};
}

}  // namespace test
