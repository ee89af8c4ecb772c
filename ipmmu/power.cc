// SPDX-License-Identifier: GPL-2.0-only
// Registers on the way up and on the way down.
//
// Contexts and micro-TLBs are kept as they should be, with power or without, so suspend has nothing to save.
// Resume looks whether power was lost at all, and writes what is in use; the rest is off after a reset.  A
// micro-TLB that is off lets transactions pass untranslated: to stop a device its context is made to translate
// nothing.
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

// What others than this driver have set stays, also over a loss of power.
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
		read_control();  // claimed while it had no power
	if (is_root())
		mmio_.write_relaxed(bank, imsauxctlr_);
	mmio_.write_relaxed(bank, imsctlr_);
}

void Ipmmu::turn_contexts_off()
{
	for (u32 n = 0; n < layout().contexts; n++)
		mmio_.write_relaxed(layout().context(n), IMCTR{});
}

// A context that no micro-TLB here is pointed at any more.
void Ipmmu::disable(ContextBank bank)
{
	mmio_.write_relaxed(bank, IMCTR{}.with<IMCTR::FLUSH>(true));
	// ORDER: that, and the micro-TLBs before, have arrived before the root turns the context off and its
	// tables go; as in Root::begin_flush().
	(void)mmio_.read<IMCTR>(bank);
}

// A context whose registers are known.
const Context* Ipmmu::sentinel() const
{
	if (root_.failed())
		return &root_.locked();
	for (u32 n = 0; n < layout().contexts; n++)
		if (const Context* context = root_.context(n); context && context->written)
			return context;
	return nullptr;
}

// An IPMMU is reset as a whole, and leaves 0 in registers that are not 0 when in use: one of them tells.  False
// also where none is in use.
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

// Tables are changed under contexts that are off.  One that is in use and has kept its registers stays on.
void Ipmmu::write_contexts()
{
	if (!is_root())
		return;
	turn_stale_contexts_off();
	for (u32 n = 0; n < layout().contexts; n++)
		if (Context* context = root_.context(n); context && !context->written)
			root_.write(*context);
}

// That also enables them.
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

// Of a leaf only when its micro-TLBs have left them: a master at work would get past a context that is off.
void Ipmmu::turn_stale_contexts_off()
{
	for (u32 n = 0; n < layout().contexts; n++)
		if (stale_ & ~(is_root() ? 0 : in_use_) & 1u << n)
			disable(layout().context(n));
	stale_ = 0;
}

void Ipmmu::tell(u64 begin)
{
	const ipmmu_power_state from = std::exchange(told_, power_);
	if (from != power_)
		ipmmu_shim_trace_power(dev_, from, power_, os_now_ns() - begin);
}

// Nothing that firmware or a former kernel left is known to be off.
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
	tell(begin);
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
	tell(begin);
}

void Ipmmu::block()
{
	const u64 begin = os_now_ns();
	Guard guard(root_.lock());
	if (is_root() && active())
		root_.lock_all(*this, IPMMU_POWER_OFF, begin);
}

Result<> Ipmmu::suspend()
{
	const u64 begin = os_now_ns();
	if (is_root())
		(void)root_.handle_faults();

	// Whoever flushes has finished, or will see that there is no power.
	Guard guard(root_.lock());
	if (is_root() && root_.leaf_has_power())
		return core::error(core::Errno::kBusy);
	if (active())
		set_power(IPMMU_POWER_SUSPENDED);
	tell(begin);
	return {};
}

void Ipmmu::prepare_lock()
{
	for (Utlb& utlb : utlbs_) {
		utlb.locked |= utlb.context != nullptr;
		utlb.written &= !utlb.locked;
	}
	if (active() && claimed_ && !is_root())
		mmio_.write_relaxed(root_.locked().bank, root_.locked().leaf_imctr());
}

void Ipmmu::lock(ipmmu_power_state state)
{
	if (!active())
		return;
	if (claimed_)
		write_utlbs();
	set_power(state);
}

// Micro-TLBs and contexts that were changed without power are written in any case.  A root's contexts are
// enabled by the leaves that use them.
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

// A leaf does not know whether its root has power.
void Ipmmu::stay_locked()
{
	if (!claimed_ || keeps_registers())
		return;
	forget_written();
	write_control();
	if (is_root()) {
		root_.write_lock();
		root_.enable_lock();
	} else {
		mmio_.write_relaxed(root_.locked().bank, root_.locked().leaf_imctr());
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
		stay_locked();
		return core::error(core::Errno::kIo);
	}
	if (!is_root() && !root_.has_power())
		return core::error(core::Errno::kBusy);

	set_power(IPMMU_POWER_ACTIVE);
	auto restored = claimed_ ? restore() : Result<>();
	if (!restored) {
		os_log(dev_, OS_ERROR,
		       "a flush does not end after power came back, all DMA is blocked");
		root_.lock_all(*this, IPMMU_POWER_FAILED, begin);
	} else {
		tell(begin);
	}
	return restored;
}

}  // namespace ipmmu
