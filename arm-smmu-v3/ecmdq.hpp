// SPDX-License-Identifier: GPL-2.0-only
// Enhanced Command queues (IHI 0070 3.5.6), of which this driver uses none.
//
// A previous kernel or firmware may have left some enabled.  They would consume commands from memory
// that has another use by now, and keep the queue attributes in CR1 read-only.
#pragma once

#include <expected>

#include "arm-smmu-v3/core.h"
#include "arm-smmu-v3/regs.hpp"
#include "core/result.hpp"

namespace smmu3 {

struct ControlPageBank {
	u32 offset;
};

// 6.3.49
struct CMDQ_CONTROL_PAGE_BASE : core::BankedRegister<CMDQ_CONTROL_PAGE_BASE, u64, ControlPageBank,
						     0x0, Access::kReadOnly> {
	using CMDQ_CONTROL_PAGE_PRESET = Bit<0>;  // the queues are registers, not memory
	using CMDQGS = Field<2, 1>;
	using ADDR = Address<55, 16>;  // from page 0
};

// In a Command queue control page, 6.2.5.
struct EcmdqBank {
	u32 offset;
};

struct ECMDQ_PROD : core::BankedRegister<ECMDQ_PROD, u32, EcmdqBank, 0x8> {  // 6.3.108
	using EN = Bit<31>;
};
// 6.3.109
struct ECMDQ_CONS : core::BankedRegister<ECMDQ_CONS, u32, EcmdqBank, 0xc, Access::kReadOnly> {
	using ENACK = Bit<31>;
};

// Where the queues are.
struct EcmdqLayout {
	u64 offset;  // of the first control page, from page 0; the others follow
	u32 pages;
	u32 per_page;

	constexpr u64 bytes() const { return u64{pages} * kPageBytes; }
	constexpr u32 queues() const { return pages * per_page; }
	constexpr EcmdqBank queue(u32 n) const { return {n * (kPageBytes / per_page)}; }

	static constexpr u32 kPageBytes = 0x10000;
};

// Pure.  The error is for the log.
std::expected<EcmdqLayout, const char*> locate_ecmdqs(IDR6 idr6, CMDQ_CONTROL_PAGE_BASE first);

class Ecmdqs {
public:
	// Maps the control pages if the SMMU has any.  Finds no queue if they can't be mapped
	// (logged).  Sleeps.
	static Ecmdqs find(device* dev, const Mmio& mmio, IDR1 idr1);

	// Disables the queues that are enabled.  kTimedOut (logged).
	core::Result<> disable_all();

private:
	Ecmdqs(device* dev, void* pages, const EcmdqLayout& layout)
		: dev_(dev),
		  mmio_(pages),
		  layout_(layout)
	{
	}
	bool in_use(EcmdqBank queue) const;
	core::Result<> disable(u32 n);

	device* dev_;
	core::BankedMmio mmio_;
	EcmdqLayout layout_;
};

}  // namespace smmu3
