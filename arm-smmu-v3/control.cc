// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/control.hpp"

#include "arm-smmu-v3/commands.hpp"
#include "core/wait.hpp"

namespace smmu3 {
namespace {

constexpr u64 kAcknowledgeNs = 1000 * core::kNsPerMs;

constexpr u32 interrupt_bit(smmu_vector vector)
{
	switch (vector) {
	case SMMU_VECTOR_EVTQ:
		return IRQ_CTRL{}.with<IRQ_CTRL::EVENTQ_IRQEN>(true).raw();
	case SMMU_VECTOR_GERROR:
		return IRQ_CTRL{}.with<IRQ_CTRL::GERROR_IRQEN>(true).raw();
	case SMMU_VECTOR_PRIQ:
		return IRQ_CTRL{}.with<IRQ_CTRL::PRIQ_IRQEN>(true).raw();
	case SMMU_NR_VECTORS:
		break;
	}
	return 0;
}

}  // namespace

Control::Control(device* dev, Mmio& mmio, const Features& features, const smmu_platform& platform)
	: dev_(dev),
	  mmio_(mmio),
	  features_(features),
	  // Devices of the crashed kernel may still do DMA: their faults would flood the queues.
	  record_(!platform.crash_kernel),
	  found_gbpa_(mmio.read_relaxed<GBPA>())
{
}

// 6.3.10: a write to CR0 has taken effect when CR0ACK reads the same.
core::Result<> Control::write_cr0(CR0 value)
{
	mmio_.write_relaxed(value);
	return await_cr0(value);
}

core::Result<> Control::await_cr0(CR0 value)
{
	return log_cr0(core::poll_until([&] { return mmio_.read<CR0ACK>().raw() == value.raw(); },
					kAcknowledgeNs),
		       value);
}

// ErrorHandler::turn_off() on another CPU sets STOP, then writes CR0 = 0: CR0ACK may never read
// CMDQEN.
core::Result<> Control::stop_translation(const Commands& commands)
{
	const CR0 value = CR0{}.with<CR0::CMDQEN>(true);
	const auto stopped = [&] {
		const u32 in_force = mmio_.read<CR0ACK>().raw();
		return in_force == value.raw() || (!in_force && commands.stopped());
	};
	mmio_.write_relaxed(value);
	return log_cr0(core::poll_until(stopped, kAcknowledgeNs), value);
}

core::Result<> Control::log_cr0(core::Result<> done, CR0 value) const
{
	if (!done)
		os_log(dev_, OS_ERROR, "CR0 update not acknowledged: wrote 0x%x, CR0ACK 0x%x",
		       value.raw(), mmio_.read_relaxed<CR0ACK>().raw());
	return done;
}

// SMMUEN must not stay set, because no more invalidations are issued.  A pending write that clears
// it is left.
bool Control::turn_off()
{
	const CR0 now = cr0();
	if (!now.get<CR0::SMMUEN>() && cr0_in_force().raw() != now.raw())
		return false;
	mmio_.write_relaxed(CR0{});
	return true;
}

core::Result<> Control::write_irq_ctrl(IRQ_CTRL value)
{
	mmio_.write_relaxed(value);
	auto done = core::poll_until(
		[&] { return mmio_.read_relaxed<IRQ_CTRLACK>().raw() == value.raw(); },
		kAcknowledgeNs);
	if (!done)
		os_log(dev_, OS_ERROR, "IRQ_CTRL update not acknowledged: wrote 0x%x", value.raw());
	return done;
}

// 6.3.14: GBPA may be written while Update is 0.  The write has taken effect when Update is 0
// again.
core::Result<> Control::write_gbpa(GBPA value)
{
	const auto settled = [&] { return !mmio_.read_relaxed<GBPA>().get<GBPA::Update>(); };
	auto done = core::poll_until(settled, kAcknowledgeNs);
	if (done) {
		mmio_.write_relaxed(value.with<GBPA::Update>(true));
		done = core::poll_until(settled, kAcknowledgeNs);
	}
	if (!done)
		os_log(dev_, OS_ERROR, "GBPA.Update does not clear");
	return done;
}

// Makes transactions abort while translation is off.
core::Result<> Control::abort_by_default()
{
	return write_gbpa(mmio_.read_relaxed<GBPA>().with<GBPA::ABORT>(true));
}

core::Result<> Control::default_as_found()
{
	return write_gbpa(found_gbpa_);
}

void Control::write_attributes()
{
	mmio_.write_relaxed(CR1{}.with<CR1::TABLE_SH>(Shareability::kInner)
				    .with<CR1::TABLE_OC>(Cacheability::kWriteBack)
				    .with<CR1::TABLE_IC>(Cacheability::kWriteBack)
				    .with<CR1::QUEUE_SH>(Shareability::kInner)
				    .with<CR1::QUEUE_OC>(Cacheability::kWriteBack)
				    .with<CR1::QUEUE_IC>(Cacheability::kWriteBack));
	// PTM: ignore TLB maintenance broadcast by the CPUs.  RECINVSID: record C_BAD_STREAMID.
	mmio_.write_relaxed(CR2{}.with<CR2::PTM>(true).with<CR2::RECINVSID>(true).with<CR2::E2H>(
		features_.e2h));
}

CR0 Control::queues_enabled() const
{
	return CR0{}
		.with<CR0::CMDQEN>(true)
		.with<CR0::EVENTQEN>(record_)
		.with<CR0::PRIQEN>(record_ && features_.pri)
		.with<CR0::ATSCHK>(features_.ats);
}

IRQ_CTRL Control::interrupts_enabled() const
{
	return IRQ_CTRL{}
		.with<IRQ_CTRL::GERROR_IRQEN>(true)
		.with<IRQ_CTRL::EVENTQ_IRQEN>(true)
		.with<IRQ_CTRL::PRIQ_IRQEN>(features_.pri);
}

core::Result<> Control::enable_interrupts()
{
	core::SpinLock::Guard guard(messages_lock_);
	for (u32 vector = 0; vector < SMMU_NR_VECTORS; vector++)
		write_message(static_cast<smmu_vector>(vector));
	return write_irq_ctrl(interrupts_enabled());
}

bool Control::change_message(smmu_vector vector, Message message, const Commands& commands)
{
	const core::SpinLock::Held held(messages_lock_);
	messages_[vector] = message;
	if (commands.stopped())
		return false;
	// An MSI may only change while its interrupt is disabled (6.3.16).
	const auto enabled = mmio_.read_relaxed<IRQ_CTRL>();
	if (!write_irq_ctrl(IRQ_CTRL::from_raw(enabled.raw() & ~interrupt_bit(vector))))
		return false;
	write_message(vector);
	(void)write_irq_ctrl(enabled);
	return true;
}

void Control::write_message(smmu_vector vector)
{
	constexpr u32 kDeviceNGnRE = 1;
	const Message message = messages_[vector];
	const auto write = [&]<class Cfg0, class Cfg1, class Cfg2>() {
		mmio_.write_relaxed(Cfg0{}.template with<typename Cfg0::ADDR>(message.address));
		mmio_.write_relaxed(Cfg1::from_raw(message.data));
		mmio_.write_relaxed(Cfg2{}.template with<typename Cfg2::MEMATTR>(kDeviceNGnRE));
	};

	switch (vector) {
	case SMMU_VECTOR_EVTQ:
		write.operator()<EVENTQ_IRQ_CFG0, EVENTQ_IRQ_CFG1, EVENTQ_IRQ_CFG2>();
		break;
	case SMMU_VECTOR_GERROR:
		write.operator()<GERROR_IRQ_CFG0, GERROR_IRQ_CFG1, GERROR_IRQ_CFG2>();
		break;
	case SMMU_VECTOR_PRIQ:
		if (features_.pri)
			write.operator()<PRIQ_IRQ_CFG0, PRIQ_IRQ_CFG1, PRIQ_IRQ_CFG2>();
		break;
	case SMMU_NR_VECTORS:
		break;
	}
}

}  // namespace smmu3
