// SPDX-License-Identifier: GPL-2.0-only
// The IPMMU registers this driver uses, under the hardware manual's names.
//
// There are three kinds of banks: one per context, one per micro-TLB, one for control.  soc.hpp has
// their offsets.
#pragma once

#include "core/bits.hpp"
#include "core/mmio.hpp"

namespace ipmmu {

using core::Access;
using core::BankedRegister;

using Mmio = core::BankedMmio;

struct ContextBank {
	u32 offset;
};
struct UtlbBank {
	u32 offset;
};
struct ControlBank {
	u32 offset;
};

// ---- a context ----

struct IMCTR : BankedRegister<IMCTR, u32, ContextBank, 0x00> {
	using MMUEN = Bit<0>;
	using FLUSH = Bit<1>;  // reads 1 until the TLB entries of the context are invalid
	using INTEN = Bit<2>;
	using VA64 = Bit<29>;                // root only: VMSAv8-64 tables
	static constexpr u32 kCommon = 0x7;  // implemented in leaves
};

struct IMTTBCR : BankedRegister<IMTTBCR, u32, ContextBank, 0x08> {
	using TSZ0 = Field<4, 0>;
	using SL0_ONE_BIT = Bit<4>;  // Gen2
	using SL0 = Field<7, 6>;     // Gen3 and later
	using IRGN0 = Field<9, 8>;
	using ORGN0 = Field<11, 10>;
	using SH0 = Field<13, 12>;
	using PMB = Bit<30>;  // stage 2 only, stage 1 is bypassed
	using EAE = Bit<31>;  // long descriptors
};

struct IMBUSCR : BankedRegister<IMBUSCR, u32, ContextBank, 0x0c> {  // Gen2
	using BUSSEL = Field<1, 0>;
	using DVM = Bit<2>;
};

struct IMTTLBR0 : BankedRegister<IMTTLBR0, u32, ContextBank, 0x10> {};
struct IMTTUBR0 : BankedRegister<IMTTUBR0, u32, ContextBank, 0x14> {
	using TTBR = Field<7, 0>;
};

// Cleared by writing 0, which also clears the address.
struct IMSTR : BankedRegister<IMSTR, u32, ContextBank, 0x20> {
	using TF = Bit<0>;     // translation fault
	using PF = Bit<1>;     // permission fault
	using ABORT = Bit<2>;  // a table walk was aborted
	using MHIT = Bit<4>;   // several TLB entries matched
	static constexpr u32 kErrors = 0x17;
};

struct IMMAIR0 : BankedRegister<IMMAIR0, u32, ContextBank, 0x28> {};
// IMEAR on Gen2.
struct IMELAR : BankedRegister<IMELAR, u32, ContextBank, 0x30, Access::kReadOnly> {};
// Gen3 and later.
struct IMEUAR : BankedRegister<IMEUAR, u32, ContextBank, 0x34, Access::kReadOnly> {};

// ---- a micro-TLB ----

struct IMUCTR : BankedRegister<IMUCTR, u32, UtlbBank, 0x0> {
	using MMUEN = Bit<0>;  // 0: transactions pass untranslated
	using FLUSH = Bit<1>;
	using TTSEL = Field<8, 4>;  // the context
};

struct IMUASID : BankedRegister<IMUASID, u32, UtlbBank, 0x8> {};

// ---- control ----

struct IMSCTLR : BankedRegister<IMSCTLR, u32, ControlBank, 0x500> {
	using USE_SECGRP = Bit<28>;
};

struct IMSAUXCTLR : BankedRegister<IMSAUXCTLR, u32, ControlBank, 0x504> {
	using S2PTE = Bit<3>;  // root only: tables are in stage 2 format
};

}  // namespace ipmmu
