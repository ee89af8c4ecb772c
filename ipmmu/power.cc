// SPDX-License-Identifier: GPL-2.0-only
// Start, suspend, resume and the quarantine of a failed root.
//
// The state of contexts and micro-TLBs is kept in memory and also changes while suspended, so
// suspend saves no registers.  Resume checks whether power was lost and writes the registers in
// use; the others are disabled after a reset.  A disabled micro-TLB lets transactions pass
// untranslated: to block a device, its micro-TLB uses a context with an empty table.
#include "ipmmu/instance.hpp"

namespace ipmmu {

void Ipmmu::update_live()
{
	live_ = active() ? in_use_ : 0;
	root_.update_live();
}

void Ipmmu::set_power(ipmmu_power_state power)
{
	power_ = power;
	update_live();
}

// The bits that this driver does not set are kept, also over a loss of power.
void Ipmmu::read_control()
{
	const ControlBank bank = layout().control_bank();
	control_known_ = true;
	if (!layout().control)
		return;
	imsctlr_ = mmio_.read_relaxed<IMSCTLR>(bank).with<IMSCTLR::USE_SECGRP>(false);
	if (is_root())
		imsauxctlr_ = mmio_.read_relaxed<IMSAUXCTLR>(bank).with<IMSAUXCTLR::S2PTE>(
			root_.stage() == IPMMU_STAGE_2);
}

void Ipmmu::write_control()
{
	const ControlBank bank = layout().control_bank();
	if (!layout().control)
		return;
	if (!control_known_)
		read_control();  // claimed while suspended
	if (is_root())
		mmio_.write_relaxed(bank, imsauxctlr_);
	mmio_.write_relaxed(bank, imsctlr_);
}

void Ipmmu::turn_contexts_off()
{
	for (u32 n = 0; n < layout().contexts; n++)
		mmio_.write_relaxed(layout().context(n), IMCTR{});
}

// No micro-TLB here uses the context any more.
void Ipmmu::disable(ContextBank bank)
{
	mmio_.write_relaxed(bank, IMCTR{}.with<IMCTR::FLUSH>(true));
	// ORDER: this write and the earlier ones to the micro-TLBs have arrived before the root
	// disables the context and its tables are freed; as in Root::begin_flush().
	(void)mmio_.read<IMCTR>(bank);
}

// A context whose register values are known.
const Context* Ipmmu::sentinel() const
{
	if (root_.failed())
		return &root_.quarantine_context();
	for (u32 n = 0; n < layout().contexts; n++)
		if (const Context* context = root_.context(n); context && context->written)
			return context;
	return nullptr;
}

// An IPMMU is reset as a whole, and registers that are in use are not 0: reading one of them
// suffices.  False if none is in use.
bool Ipmmu::keeps_registers() const
{
	if (!is_root())
		return keeps_utlbs();
	const Context* context = sentinel();
	return context &&
	       mmio_.read_relaxed<IMTTBCR>(context->bank).raw() == context->imttbcr.raw();
}

void Ipmmu::forget_written()
{
	for (u32 n = 0; n < layout().utlbs; n++)
		utlbs_[n].written &= !context_of(n);
	for (u32 n = 0; is_root() && n < layout().contexts; n++)
		if (Context* context = root_.context(n))
			context->written = false;
}

// A context is disabled while its table changes.  One in use that has kept its registers stays
// enabled.
void Ipmmu::write_contexts()
{
	if (!is_root())
		return;
	turn_stale_contexts_off();
	for (u32 n = 0; n < layout().contexts; n++)
		if (Context* context = root_.context(n); context && !context->written)
			root_.write(*context);
}

// The flush also enables them.
Result<> Ipmmu::flush_contexts()
{
	for (u32 n = 0; n < layout().contexts; n++) {
		Context* context = root_.context(n);
		if (!context || !uses(*context))
			continue;
		if (auto flushed = root_.flush_patiently(*context); !flushed) {
			ipmmu_shim_trace_restore_failed(dev_, n);
			return flushed;
		}
	}
	return {};
}

// A leaf keeps those that its micro-TLBs use: DMA passes a disabled context untranslated.
void Ipmmu::turn_stale_contexts_off()
{
	for (u32 n = 0; n < layout().contexts; n++)
		if (stale_ & ~(is_root() ? 0 : in_use_) & 1u << n)
			disable(layout().context(n));
	stale_ = 0;
}

void Ipmmu::trace_power(u64 begin)
{
	const ipmmu_power_state from = std::exchange(traced_, power_);
	if (from != power_)
		ipmmu_shim_trace_power(dev_, from, power_, os_now_ns() - begin);
}

// Firmware or a previous kernel may have left any context or micro-TLB enabled.
void Ipmmu::claim()
{
	if (std::exchange(claimed_, true) || !active())
		return;
	read_control();
	turn_contexts_off();
	write_control();
	write_utlbs();
	stale_ = 0;
}

Result<> Ipmmu::start()
{
	const u64 begin = os_now_ns();
	Guard guard(root_.lock());
	if (!is_root() && !root_.has_power())
		return core::error(core::Errno::kBusy);
	set_power(IPMMU_POWER_ACTIVE);
	if (is_root())
		claim();
	trace_power(begin);
	return {};
}

void Ipmmu::stop()
{
	const u64 begin = os_now_ns();
	Guard guard(root_.lock());
	if (active() && claimed_) {
		turn_utlbs_off();
		turn_contexts_off();
	}
	set_power(IPMMU_POWER_OFF);
	trace_power(begin);
}

void Ipmmu::block()
{
	const u64 begin = os_now_ns();
	Guard guard(root_.lock());
	if (is_root() && active())
		root_.quarantine_all(*this, IPMMU_POWER_OFF, begin);
}

Result<> Ipmmu::suspend()
{
	const u64 begin = os_now_ns();
	if (is_root())
		(void)root_.handle_faults();

	// A concurrent flush has finished, or finds the IPMMU suspended.
	Guard guard(root_.lock());
	if (is_root() && root_.leaf_has_power())
		return core::error(core::Errno::kBusy);
	if (is_root())
		root_.forget_flushed();  // a context may be taken while suspended
	if (active())
		set_power(IPMMU_POWER_SUSPENDED);
	trace_power(begin);
	return {};
}

void Ipmmu::prepare_quarantine()
{
	for (Utlb& utlb : utlbs_) {
		utlb.quarantined |= utlb.context != nullptr;
		utlb.written &= !utlb.quarantined;
	}
	if (active() && claimed_ && !is_root())
		mmio_.write_relaxed(root_.quarantine_context().bank,
				    root_.quarantine_context().leaf_imctr());
}

void Ipmmu::quarantine(ipmmu_power_state state)
{
	if (!active())
		return;
	if (claimed_)
		write_utlbs();
	set_power(state);
}

// Micro-TLBs and contexts that were changed while suspended are always written.  The contexts of a
// root are enabled by the leaves that use them.
Result<> Ipmmu::restore()
{
	if (!keeps_registers()) {
		forget_written();
		write_control();
	}
	write_contexts();
	TRY(flush_contexts());
	write_utlbs();
	turn_stale_contexts_off();
	return {};
}

// A leaf accesses its own registers only: its root may be without power.
void Ipmmu::keep_quarantined()
{
	if (!claimed_ || keeps_registers())
		return;
	forget_written();
	write_control();
	if (is_root()) {
		root_.write_quarantine();
		root_.enable_quarantine();
	} else {
		mmio_.write_relaxed(root_.quarantine_context().bank,
				    root_.quarantine_context().leaf_imctr());
	}
	write_utlbs();
}

bool Ipmmu::failed() const
{
	Guard guard(root_.lock());
	return root_.failed();
}

Result<> Ipmmu::resume()
{
	const u64 begin = os_now_ns();
	Guard guard(root_.lock());
	if (active())
		return {};
	if (root_.failed()) {
		keep_quarantined();
		return core::error(core::Errno::kIo);
	}
	if (!is_root() && !root_.has_power())
		return core::error(core::Errno::kBusy);

	set_power(IPMMU_POWER_ACTIVE);
	auto restored = claimed_ ? restore() : Result<>();
	if (!restored) {
		os_log(dev_, OS_ERROR, "TLB flush timed out on resume, all DMA is blocked");
		root_.quarantine_all(*this, IPMMU_POWER_FAILED, begin);
	} else {
		trace_power(begin);
	}
	return restored;
}

}  // namespace ipmmu
