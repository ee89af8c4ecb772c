// SPDX-License-Identifier: GPL-2.0-only
//
// What the model knows of IHI 0070: offsets, opcodes and event numbers, under the manual's names.
// Written apart from the driver's headers on purpose: a wrong number must not be wrong twice.
#pragma once

#include <cstddef>

namespace model {

// The very types of the rest of the project, so that both namespaces may be used together.
using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;

constexpr u64 ones(unsigned n)
{
	return n >= 64 ? ~u64{0} : (u64{1} << n) - 1;
}

constexpr u64 field(u64 word, unsigned hi, unsigned lo)
{
	return (word >> lo) & ones(hi - lo + 1);
}

constexpr bool bit(u64 word, unsigned n)
{
	return (word >> n) & 1;
}

// Register offsets, chapter 6. Page 1 starts at 0x10000.
namespace reg {
enum : u32 {
	IDR0 = 0x00,
	IDR1 = 0x04,
	IDR2 = 0x08,
	IDR3 = 0x0c,
	IDR4 = 0x10,
	IDR5 = 0x14,
	IIDR = 0x18,
	AIDR = 0x1c,
	CR0 = 0x20,
	CR0ACK = 0x24,
	CR1 = 0x28,
	CR2 = 0x2c,
	STATUSR = 0x40,
	GBPA = 0x44,
	AGBPA = 0x48,
	IRQ_CTRL = 0x50,
	IRQ_CTRLACK = 0x54,
	GERROR = 0x60,
	GERRORN = 0x64,
	GERROR_IRQ_CFG0 = 0x68,
	GERROR_IRQ_CFG1 = 0x70,
	GERROR_IRQ_CFG2 = 0x74,
	STRTAB_BASE = 0x80,
	STRTAB_BASE_CFG = 0x88,
	CMDQ_BASE = 0x90,
	CMDQ_PROD = 0x98,
	CMDQ_CONS = 0x9c,
	EVENTQ_BASE = 0xa0,
	EVENTQ_IRQ_CFG0 = 0xb0,
	EVENTQ_IRQ_CFG1 = 0xb8,
	EVENTQ_IRQ_CFG2 = 0xbc,
	PRIQ_BASE = 0xc0,
	PRIQ_IRQ_CFG0 = 0xd0,
	PRIQ_IRQ_CFG1 = 0xd8,
	PRIQ_IRQ_CFG2 = 0xdc,
	IDR6 = 0x190,
	CMDQ_CONTROL_PAGE_BASE = 0x4000,  // each 32 bytes: BASE, CFG, STATUS
	PAGE1 = 0x10000,
	EVENTQ_PROD = 0x100a8,
	EVENTQ_CONS = 0x100ac,
	PRIQ_PROD = 0x100c8,
	PRIQ_CONS = 0x100cc,
	END = 0x20000,
};
}

// A Command queue control page, section 6.2.5.
namespace ecmdq {
constexpr u64 kPageBytes = 0x10000;
enum : u32 { BASE = 0x0, PROD = 0x8, CONS = 0xc, BYTES = 0x10 };
enum : u32 { EN = 1u << 31, ERR = 1u << 23 };  // of PROD: EN, ERRACK; of CONS: ENACK, ERR
}  // namespace ecmdq

namespace cr0 {
enum : u32 {
	SMMUEN = 1u << 0,
	PRIQEN = 1u << 1,
	EVENTQEN = 1u << 2,
	CMDQEN = 1u << 3,
	ATSCHK = 1u << 4,
};
constexpr u32 kWritable = 0x1df;  // VMW is bits 8:6
}  // namespace cr0

namespace gbpa {
enum : u32 { ABORT = 1u << 20, UPDATE = 1u << 31 };
constexpr u32 kWritable = 0x001f3f1f;
}  // namespace gbpa

namespace irq_ctrl {
enum : u32 { GERROR = 1u << 0, PRIQ = 1u << 1, EVENTQ = 1u << 2 };
}

namespace gerror {
enum : u32 {
	CMDQ_ERR = 1u << 0,
	EVENTQ_ABT_ERR = 1u << 2,
	PRIQ_ABT_ERR = 1u << 3,
	MSI_CMDQ_ABT_ERR = 1u << 4,
	MSI_EVENTQ_ABT_ERR = 1u << 5,
	MSI_PRIQ_ABT_ERR = 1u << 6,
	MSI_GERROR_ABT_ERR = 1u << 7,
	SFM_ERR = 1u << 8,
	CMDQP_ERR = 1u << 9,
};
constexpr u32 kAll = 0x3fd;
}  // namespace gerror

// SMMU_CMDQ_CONS.ERR, section 7.1.
enum class Cerror : u8 { NONE = 0, ILL = 1, ABT = 2, ATC_INV_SYNC = 3 };

// Chapter 4.
enum class Op : u8 {
	PREFETCH_CONFIG = 0x01,
	PREFETCH_ADDR = 0x02,
	CFGI_STE = 0x03,
	CFGI_STE_RANGE = 0x04,
	CFGI_CD = 0x05,
	CFGI_CD_ALL = 0x06,
	TLBI_NH_ALL = 0x10,
	TLBI_NH_ASID = 0x11,
	TLBI_NH_VA = 0x12,
	TLBI_NH_VAA = 0x13,
	TLBI_EL2_ALL = 0x20,
	TLBI_EL2_ASID = 0x21,
	TLBI_EL2_VA = 0x22,
	TLBI_EL2_VAA = 0x23,
	TLBI_S12_VMALL = 0x28,
	TLBI_S2_IPA = 0x2a,
	TLBI_NSNH_ALL = 0x30,
	ATC_INV = 0x40,
	PRI_RESP = 0x41,
	RESUME = 0x44,
	STALL_TERM = 0x45,
	SYNC = 0x46,
};

// Section 7.3.
enum class Event : u8 {
	NONE = 0,
	F_UUT = 0x01,
	C_BAD_STREAMID = 0x02,
	F_STE_FETCH = 0x03,
	C_BAD_STE = 0x04,
	F_BAD_ATS_TREQ = 0x05,
	F_STREAM_DISABLED = 0x06,
	F_TRANSL_FORBIDDEN = 0x07,
	C_BAD_SUBSTREAMID = 0x08,
	F_CD_FETCH = 0x09,
	C_BAD_CD = 0x0a,
	F_WALK_EABT = 0x0b,
	F_TRANSLATION = 0x10,
	F_ADDR_SIZE = 0x11,
	F_ACCESS = 0x12,
	F_PERMISSION = 0x13,
	F_TLB_CONFLICT = 0x20,
	F_CFG_CONFLICT = 0x21,
	E_PAGE_REQUEST = 0x24,
};

// CLASS of a fault: what the SMMU was doing when it met it.
enum class Class : u8 { CD = 0, TT = 1, IN = 2 };

// IDR5.OAS, CD.IPS and STE.S2PS share one encoding.
constexpr unsigned address_bits(u64 code)
{
	constexpr u8 kBits[8] = {32, 36, 40, 42, 44, 48, 52, 52};
	return kBits[code & 7];
}

}  // namespace model
