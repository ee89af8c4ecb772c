// SPDX-License-Identifier: GPL-2.0-only
// Micro-TLBs: which context a device's transactions go through.
#include "ipmmu/instance.hpp"

namespace ipmmu {

// The address space number first: it is in force with MMUEN.
void Ipmmu::write_utlb(u32 n)
{
	const UtlbBank bank = layout().utlb(n);
	const Context* context = utlbs_[n].locked ? &root_.locked() : utlbs_[n].context;

	if (!context) {
		mmio_.write_relaxed(bank, IMUCTR{});
		return;
	}
	mmio_.write_relaxed(bank, IMUASID{});
	mmio_.write_relaxed(bank, IMUCTR{}.with<IMUCTR::TTSEL>(context->number)
					  .with<IMUCTR::FLUSH>(true)
					  .with<IMUCTR::MMUEN>(true));
}

void Ipmmu::write_utlbs()
{
	for (u32 n = 0; info_.has_masters && n < layout().utlbs; n++)
		write_utlb(n);
}

void Ipmmu::turn_utlbs_off()
{
	for (u32 n = 0; info_.has_masters && n < layout().utlbs; n++)
		mmio_.write_relaxed(layout().utlb(n), IMUCTR{});
}

}  // namespace ipmmu
