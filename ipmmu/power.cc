// SPDX-License-Identifier: GPL-2.0-only
// Registers on the way up and on the way down.
//
// Contexts and micro-TLBs are kept as they should be, with power or without, so suspend has nothing to
// save and resume writes every register, whatever it holds.  A micro-TLB that is off lets transactions
// pass untranslated: to stop a device its context is made to translate nothing.
#include "ipmmu/instance.hpp"

namespace ipmmu {

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

// A root's tables are changed under contexts that are off; a leaf has none, and its other contexts are
// about to be enabled.
void Ipmmu::turn_stale_contexts_off()
{
	for (u32 n = 0; n < layout().contexts; n++)
		if (is_root() || !users_[n])
			mmio_.write_relaxed(layout().context(n), IMCTR{});
}

void Ipmmu::write_contexts()
{
	for (u32 n = 0; is_root() && n < layout().contexts; n++)
		if (Context* context = root_.context(n))
			root_.write(*context);
}

// Of a leaf, that also enables its contexts.
Result<> Ipmmu::flush_contexts()
{
	for (u32 n = 0; n < layout().contexts; n++) {
		Context* context = root_.context(n);
		if (!context || !(is_root() || uses(*context)))
			continue;
		if (auto flushed = root_.flush(*context); !flushed) {
			ipmmu_shim_trace_restore_failed(dev_, n);
			return flushed;
		}
	}
	return {};
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
}

Result<> Ipmmu::start()
{
	const u64 begin = os_now_ns();
	Guard guard(root_.lock());
	if (!is_root() && !root_.has_power())
		return core::error(core::Errno::kBusy);
	power_ = IPMMU_POWER_ACTIVE;
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
	power_ = IPMMU_POWER_OFF;
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
		power_ = IPMMU_POWER_SUSPENDED;
	tell(begin);
	return {};
}

void Ipmmu::prepare_lock()
{
	for (Utlb& utlb : utlbs_)
		utlb.locked |= utlb.context != nullptr;
	if (active() && claimed_ && !is_root())
		write_leaf_imctr(root_.locked(), true);
}

void Ipmmu::lock(ipmmu_power_state state)
{
	if (!active())
		return;
	if (claimed_)
		write_utlbs();
	power_ = state;
}

// A leaf does not know whether its root has power.
void Ipmmu::stay_locked()
{
	if (!claimed_)
		return;
	turn_contexts_off();
	write_control();
	if (is_root()) {
		root_.write_lock();
		root_.enable_lock();
	} else {
		write_leaf_imctr(root_.locked(), true);
	}
	write_utlbs();
}

Result<> Ipmmu::restore()
{
	turn_stale_contexts_off();
	write_control();
	write_contexts();
	TRY(flush_contexts());
	write_utlbs();
	return {};
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

	power_ = IPMMU_POWER_ACTIVE;
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
