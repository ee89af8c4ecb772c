// SPDX-License-Identifier: GPL-2.0-only
// Micro-TLBs: each selects the context that translates its transactions.
#include "ipmmu/instance.hpp"

namespace ipmmu {

const Context* Ipmmu::context_of(u32 n) const
{
	return utlbs_[n].quarantined ? &root_.quarantine_context() : utlbs_[n].context;
}

// Reads the first one that is enabled: after a reset it is 0.
bool Ipmmu::keeps_utlbs() const
{
	for (u32 n = 0; n < layout().utlbs; n++) {
		const Context* context = context_of(n);
		if (!context || !utlbs_[n].written)
			continue;
		const auto imuctr = mmio_.read_relaxed<IMUCTR>(layout().utlb(n));
		return imuctr.get<IMUCTR::MMUEN>() &&
		       imuctr.get<IMUCTR::TTSEL>() == context->number;
	}
	return false;
}

// IMUASID comes first: it takes effect with MMUEN.
void Ipmmu::write_utlb(u32 n)
{
	const UtlbBank bank = layout().utlb(n);
	const Context* context = context_of(n);

	utlbs_[n].written = true;
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
		if (!utlbs_[n].written)
			write_utlb(n);
}

void Ipmmu::turn_utlbs_off()
{
	for (u32 n = 0; info_.has_masters && n < layout().utlbs; n++)
		mmio_.write_relaxed(layout().utlb(n), IMUCTR{});
}

}  // namespace ipmmu
