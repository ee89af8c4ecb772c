// SPDX-License-Identifier: GPL-2.0-only
// The SMMUv3 registers this driver uses (IHI 0070, chapter 6), Non-secure programming interface.
//
// Names and bit positions are the manual's.  The comment beside a register gives its section in
// issue G.b; offsets from 0x10000 on are in page 1.
#pragma once

#include "core/bits.hpp"
#include "core/mmio.hpp"

namespace smmu3 {

using core::Access;
using core::Register;

using Mmio = core::Mmio<2>;

struct IDR0 : Register<IDR0, u32, 0x0, Access::kReadOnly> {  // 6.3.1
	using S2P = Bit<0>;
	using S1P = Bit<1>;
	using TTF = Field<3, 2>;  // 0b10 AArch64, 0b11 AArch32 and AArch64
	using COHACC = Bit<4>;
	using HTTU = Field<7, 6>;  // 0b01 Access flag, 0b10 and 0b11 dirty state, too
	using Hyp = Bit<9>;
	using ATS = Bit<10>;
	using ASID16 = Bit<12>;
	using MSI = Bit<13>;
	using SEV = Bit<14>;
	using PRI = Bit<16>;
	using VMID16 = Bit<18>;
	using CD2L = Bit<19>;
	using TTENDIAN = Field<22, 21>;     // 0b00 both, 0b10 little, 0b11 big
	using STALL_MODEL = Field<25, 24>;  // 0b00 both, 0b01 terminate only, 0b10 forced stall
	using ST_LEVEL = Field<28, 27>;     // 0b01 two-level stream tables
};

struct IDR1 : Register<IDR1, u32, 0x4, Access::kReadOnly> {  // 6.3.2
	using SIDSIZE = Field<5, 0>;
	using SSIDSIZE = Field<10, 6>;
	using PRIQS = Field<15, 11>;
	using EVENTQS = Field<20, 16>;
	using CMDQS = Field<25, 21>;
	using ATTR_TYPES_OVR = Bit<27>;
	using REL = Bit<28>;
	using QUEUES_PRESET = Bit<29>;
	using TABLES_PRESET = Bit<30>;
	using ECMDQ = Bit<31>;
};

struct IDR2 : Register<IDR2, u32, 0x8, Access::kReadOnly> {};  // 6.3.3

struct IDR3 : Register<IDR3, u32, 0xc, Access::kReadOnly> {  // 6.3.4
	using RIL = Bit<10>;
	using BBML = Field<12, 11>;
};

struct IDR4 : Register<IDR4, u32, 0x10, Access::kReadOnly> {};  // 6.3.5

struct IDR5 : Register<IDR5, u32, 0x14, Access::kReadOnly> {  // 6.3.6
	using OAS = Field<2, 0>;
	using GRAN4K = Bit<4>;
	using GRAN16K = Bit<5>;
	using GRAN64K = Bit<6>;
	using DS = Bit<7>;          // 52-bit addresses with 4K and 16K
	using VAX = Field<11, 10>;  // virtual addresses of 0b01 52 bits, 0b10 56 bits
	using STALL_MAX = Field<31, 16>;
};

struct IIDR : Register<IIDR, u32, 0x18, Access::kReadOnly> {  // 6.3.7
	using Implementer = Field<11, 0>;                     // JEP106
	using Revision = Field<15, 12>;
	using Variant = Field<19, 16>;
	using ProductID = Field<31, 20>;
};

struct IDR6 : Register<IDR6, u32, 0x190, Access::kReadOnly> {  // 6.3.45; with IDR1.ECMDQ
	using CMDQ_CONTROL_PAGE_LOG2NUMQ = Field<19, 16>;
	using CMDQ_CONTROL_PAGE_LOG2NUMP = Field<27, 24>;
};

struct CR0 : Register<CR0, u32, 0x20> {  // 6.3.9; in force when CR0ACK reads equal
	using SMMUEN = Bit<0>;
	using PRIQEN = Bit<1>;
	using EVENTQEN = Bit<2>;
	using CMDQEN = Bit<3>;
	using ATSCHK = Bit<4>;
};

struct CR0ACK : Register<CR0ACK, u32, 0x24, Access::kReadOnly> {};  // 6.3.10

enum class Cacheability : u32 { kNonCacheable = 0, kWriteBack = 1, kWriteThrough = 2 };
enum class Shareability : u32 { kNone = 0, kOuter = 2, kInner = 3 };

struct CR1 : Register<CR1, u32, 0x28> {  // 6.3.11
	using QUEUE_IC = Field<1, 0, Cacheability>;
	using QUEUE_OC = Field<3, 2, Cacheability>;
	using QUEUE_SH = Field<5, 4, Shareability>;
	using TABLE_IC = Field<7, 6, Cacheability>;
	using TABLE_OC = Field<9, 8, Cacheability>;
	using TABLE_SH = Field<11, 10, Shareability>;
};

struct CR2 : Register<CR2, u32, 0x2c> {  // 6.3.12
	using E2H = Bit<0>;
	using RECINVSID = Bit<1>;
	using PTM = Bit<2>;
};

struct GBPA : Register<GBPA, u32, 0x44> {  // 6.3.14; a write completes when Update reads 0
	using ABORT = Bit<20>;
	using Update = Bit<31>;
};

struct IRQ_CTRL : Register<IRQ_CTRL, u32, 0x50> {  // 6.3.16; in force when IRQ_CTRLACK reads equal
	using GERROR_IRQEN = Bit<0>;
	using PRIQ_IRQEN = Bit<1>;
	using EVENTQ_IRQEN = Bit<2>;
};

struct IRQ_CTRLACK : Register<IRQ_CTRLACK, u32, 0x54, Access::kReadOnly> {};  // 6.3.18

// Errors are active where GERROR and GERRORN differ; writing GERRORN equal acknowledges them.
template <class D, u32 Offset, Access A>
struct GlobalErrors : Register<D, u32, Offset, A> {
	template <unsigned At>
	using ErrorBit = typename core::Bits<D, u32, 1>::template Bit<At>;

	using CMDQ_ERR = ErrorBit<0>;
	using EVENTQ_ABT_ERR = ErrorBit<2>;
	using PRIQ_ABT_ERR = ErrorBit<3>;
	using MSI_CMDQ_ABT_ERR = ErrorBit<4>;
	using MSI_EVENTQ_ABT_ERR = ErrorBit<5>;
	using MSI_PRIQ_ABT_ERR = ErrorBit<6>;
	using MSI_GERROR_ABT_ERR = ErrorBit<7>;
	using SFM_ERR = ErrorBit<8>;
	using CMDQP_ERR = ErrorBit<9>;  // of an Enhanced Command queue; with IDR1.ECMDQ

	static constexpr u32 kAllErrors = 0x3fd;
};

struct GERROR : GlobalErrors<GERROR, 0x60, Access::kReadOnly> {};     // 6.3.19
struct GERRORN : GlobalErrors<GERRORN, 0x64, Access::kReadWrite> {};  // 6.3.20

// The MSI of an interrupt: address (0: the wired interrupt is used), data and memory attributes.
template <class D, u32 Offset>
struct IrqCfg0 : Register<D, u64, Offset> {
	using ADDR = typename core::Bits<D, u64, 1>::template Address<51, 2>;
};
template <class D, u32 Offset>
struct IrqCfg2 : Register<D, u32, Offset> {
	using MEMATTR = typename core::Bits<D, u32, 1>::template Field<3, 0>;
};

struct GERROR_IRQ_CFG0 : IrqCfg0<GERROR_IRQ_CFG0, 0x68> {};  // 6.3.21
struct GERROR_IRQ_CFG1 : Register<GERROR_IRQ_CFG1, u32, 0x70> {};
struct GERROR_IRQ_CFG2 : IrqCfg2<GERROR_IRQ_CFG2, 0x74> {};

struct STRTAB_BASE : Register<STRTAB_BASE, u64, 0x80> {  // 6.3.24
	using ADDR = Address<51, 6>;
	using RA = Bit<62>;
};

enum class TableFormat : u32 { kLinear = 0, kTwoLevel = 1 };

struct STRTAB_BASE_CFG : Register<STRTAB_BASE_CFG, u32, 0x88> {  // 6.3.25
	using LOG2SIZE = Field<5, 0>;
	using SPLIT = Field<10, 6>;
	using FMT = Field<17, 16, TableFormat>;
};

// The base of a queue: address, log2 of its entries, and the allocation hint (RA or WA, the same
// bit).
template <class D, u32 Offset>
struct QueueBase : Register<D, u64, Offset> {
	using LOG2SIZE = typename core::Bits<D, u64, 1>::template Field<4, 0>;
	using ADDR = typename core::Bits<D, u64, 1>::template Address<51, 5>;
	using RWA = typename core::Bits<D, u64, 1>::template Bit<62>;
};

struct CMDQ_BASE : QueueBase<CMDQ_BASE, 0x90> {};      // 6.3.26
struct CMDQ_PROD : Register<CMDQ_PROD, u32, 0x98> {};  // 6.3.27
struct CMDQ_CONS : Register<CMDQ_CONS, u32, 0x9c> {    // 6.3.28
	using RD = Field<19, 0>;
	using ERR = Field<30, 24>;
};

struct EVENTQ_BASE : QueueBase<EVENTQ_BASE, 0xa0> {};        // 6.3.29
struct EVENTQ_IRQ_CFG0 : IrqCfg0<EVENTQ_IRQ_CFG0, 0xb0> {};  // 6.3.30
struct EVENTQ_IRQ_CFG1 : Register<EVENTQ_IRQ_CFG1, u32, 0xb8> {};
struct EVENTQ_IRQ_CFG2 : IrqCfg2<EVENTQ_IRQ_CFG2, 0xbc> {};
struct EVENTQ_PROD : Register<EVENTQ_PROD, u32, 0x100a8> {};  // 6.3.95
struct EVENTQ_CONS : Register<EVENTQ_CONS, u32, 0x100ac> {};  // 6.3.96

struct PRIQ_BASE : QueueBase<PRIQ_BASE, 0xc0> {};        // 6.3.33
struct PRIQ_IRQ_CFG0 : IrqCfg0<PRIQ_IRQ_CFG0, 0xd0> {};  // 6.3.34
struct PRIQ_IRQ_CFG1 : Register<PRIQ_IRQ_CFG1, u32, 0xd8> {};
struct PRIQ_IRQ_CFG2 : IrqCfg2<PRIQ_IRQ_CFG2, 0xdc> {};
struct PRIQ_PROD : Register<PRIQ_PROD, u32, 0x100c8> {};  // 6.3.97
struct PRIQ_CONS : Register<PRIQ_CONS, u32, 0x100cc> {};  // 6.3.98

// Bit 31 of EVENTQ/PRIQ PROD and CONS: overflowed since software last made them equal.
constexpr u32 kQueueOverflow = 1u << 31;

}  // namespace smmu3
