// SPDX-License-Identifier: GPL-2.0-only
// A context: one translation table of the IPMMU and the values of its registers.
#pragma once

#include "ipmmu/soc.hpp"

namespace ipmmu {

// A translation table, as the registers of a context describe it.
struct TableRef {
	u32 stage;
	u64 ttb;
	u32 mair;  // stage 1
	u8 sl;     // stage 2: VTCR.SL0
};

struct Context {
	static constexpr u32 kNone = kMaxContexts;

	u32 number = kNone;
	ContextBank bank{};    // the offset of its registers
	void* shim = nullptr;  // owner of the domain, nullptr for the empty context
	u32 masters = 0;       // attached devices

	// Register values, kept here so that suspend reads nothing back.
	IMTTLBR0 imttlbr0;
	IMTTUBR0 imttubr0;
	IMTTBCR imttbcr;
	IMMAIR0 immair0;
	IMBUSCR imbuscr;
	IMCTR imctr;
	bool imbuscr_known = false;
	bool written = false;  // the registers hold them, except IMCTR

	bool taken() const { return number != kNone; }
	void place(u32 n, const Layout& layout)
	{
		number = n;
		bank = layout.context(n);
	}
	u32 bit() const { return 1u << number; }
	// IMCTR of a leaf that uses the context: the bits that a leaf implements, and FLUSH.
	IMCTR leaf_imctr() const
	{
		return IMCTR::from_raw(imctr.raw() & IMCTR::kCommon).with<IMCTR::FLUSH>(true);
	}
};

constexpr u32 kPhysicalBits = 40;

constexpr u32 input_bits(u32 stage)
{
	return stage == IPMMU_STAGE_2 ? 40 : 32;
}

// Sets the register values for `table`.
void describe(Context& context, const Layout& layout, const TableRef& table);

}  // namespace ipmmu
