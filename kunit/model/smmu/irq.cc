// SPDX-License-Identifier: GPL-2.0-only
//
// Interrupts, by message or by wire (section 3.18), and global errors (section 7.5).
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

bool Smmuv3::send_msi(u64 addr, u32 data)
{
	bool ok = host_->msi && host_->msi(host_->ctx, addr, data);

	if (!ok)
		ok = mem_.write32(addr, data);
	msi_log_.push({addr, data, !ok});
	return ok;
}

void Smmuv3::interrupt(Irq which)
{
	constexpr u32 kEnable[] = {irq_ctrl::EVENTQ, irq_ctrl::PRIQ, 0, irq_ctrl::GERROR};
	constexpr u32 kAborted[] = {gerror::MSI_EVENTQ_ABT_ERR, gerror::MSI_PRIQ_ABT_ERR, 0,
				    gerror::MSI_GERROR_ABT_ERR};
	const auto i = static_cast<u8>(which);
	const IrqCfg& cfg = r_.irq[i];

	if (which != Irq::kCmdSync && !(irq_enabled() & kEnable[i]))
		return;
	if (which != Irq::kCmdSync && ids_.msi() && cfg.addr) {
		if (!send_msi(cfg.addr, cfg.data))
			gerror(kAborted[i]);
		return;
	}
	stats_.irqs[i]++;
	irqs_pending_ |= 1u << i;
}

u32 Smmuv3::errors() const
{
	return ids_.ecmdq() ? gerror::kAll : gerror::kAll & ~gerror::CMDQP_ERR;
}

// An error is active while GERROR and GERRORN differ; an active one is not raised twice.
void Smmuv3::gerror(u32 bits)
{
	const u32 fresh = bits & ~(r_.gerror ^ r_.gerrorn);

	r_.gerror ^= fresh;
	// The message that could not be sent about errors is not the subject of another.
	if (fresh & ~gerror::MSI_GERROR_ABT_ERR)
		interrupt(Irq::kGerror);
}

void Smmuv3::write_gerrorn(u32 value)
{
	const u32 active = r_.gerror ^ r_.gerrorn;
	const u32 toggled = (r_.gerrorn ^ value) & errors();

	if (toggled & ~active)
		violation("GERRORN acknowledges an error that is not active", value, active);
	r_.gerrorn = value & errors();
	retry_stalls();
	kick();
}

void Smmuv3::raise_gerror(u32 bits)
{
	Entry entry(*this);

	gerror(bits & errors());
}

// Service failure mode: client transactions are aborted and no more commands are taken.
void Smmuv3::enter_sfm()
{
	Entry entry(*this);

	sfm_ = true;
	gerror(gerror::SFM_ERR);
}

}  // namespace model
