// SPDX-License-Identifier: GPL-2.0-only
// A context: one page table in the hardware, and what its registers hold while there is power.
#pragma once

#include "ipmmu/soc.hpp"

namespace ipmmu {

struct Context {
	static constexpr u32 kNone = kMaxContexts;

	u32 number = kNone;
	ContextBank bank{};    // where its registers are
	void* shim = nullptr;  // the domain's owner, or nullptr where nothing is mapped
	u32 masters = 0;       // attached

	// The registers, kept so that nothing has to be read back before power goes.
	IMTTLBR0 imttlbr0;
	IMTTUBR0 imttubr0;
	IMTTBCR imttbcr;
	IMMAIR0 immair0;
	IMBUSCR imbuscr;
	IMCTR imctr;
	bool imbuscr_known = false;
	bool written = false;  // the hardware holds them, IMCTR aside

	bool taken() const { return number != kNone; }
	void place(u32 n, const Layout& layout)
	{
		number = n;
		bank = layout.context(n);
	}
	u32 bit() const { return 1u << number; }
	// IMCTR of a leaf that uses it: the bits that leaves have, and FLUSH.
	IMCTR leaf_imctr() const
	{
		return IMCTR::from_raw(imctr.raw() & IMCTR::kCommon).with<IMCTR::FLUSH>(true);
	}
};

// The register values of a page table.
void describe(Context& context, const Layout& layout, const ipmmu_pgtable& table);

// What to ask io-pgtable for.
ipmmu_pgtable table_for(u32 stage);

}  // namespace ipmmu
