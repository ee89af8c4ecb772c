// SPDX-License-Identifier: GPL-2.0-only
// Where the Enhanced Command queues of an SMMU are, and how they are turned off (IHI 0070 3.5.6).
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

struct ECMDQ_BASE : core::BankedRegister<ECMDQ_BASE, u64, EcmdqBank, 0x0> {  // 6.3.107
	using LOG2SIZE = Field<4, 0>;
	using ADDR = Address<55, 5>;
	using RA = Bit<62>;
};
struct ECMDQ_PROD : core::BankedRegister<ECMDQ_PROD, u32, EcmdqBank, 0x8> {  // 6.3.108
	using WR = Field<19, 0>;
	using ERRACK = Bit<23>;
	using EN = Bit<31>;
};
struct ECMDQ_CONS : core::BankedRegister<ECMDQ_CONS, u32, EcmdqBank, 0xc> {  // 6.3.109
	using RD = Field<19, 0>;
	using ERR = Bit<23>;
	using ERR_REASON = Field<26, 24>;
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

	u32 count() const { return layout_.queues(); }
	const core::BankedMmio& mmio() const { return mmio_; }
	EcmdqBank bank(u32 n) const { return layout_.queue(n); }

	// Disables those of the first `count` queues that are enabled.  kTimedOut (logged): one or more
	// stay enabled, and all others are disabled.
	core::Result<> disable(u32 count) const;
	core::Result<> disable_all() const { return disable(count()); }
	// Whether queue `n` is enabled, once it is or is not.  kTimedOut (logged).
	core::Result<bool> is_on(u32 n) const;
	// Waits until ENACK of queue `n` is `on`.  kTimedOut (logged).
	core::Result<> await(u32 n, bool on) const;

private:
	Ecmdqs(device* dev, void* pages, const EcmdqLayout& layout)
		: dev_(dev),
		  mmio_(pages),
		  layout_(layout)
	{
	}
	bool acknowledges(u32 n, bool on) const;
	bool is_off(u32 n) const;
	void begin_disable(u32 n, u64 deadline) const;
	void log_unacknowledged(u32 n) const;

	device* dev_;
	core::BankedMmio mmio_;
	EcmdqLayout layout_;
};

}  // namespace smmu3
