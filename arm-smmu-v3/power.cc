// SPDX-License-Identifier: GPL-2.0-only
// Registers on the way up and on the way down (IHI 0070 3.11, 3.12, 6.3).
//
// Until translation is on, and whenever it is off, GBPA aborts: nothing reaches memory untranslated.
#include "arm-smmu-v3/smmu.hpp"
#include "core/wait.hpp"

namespace smmu3 {
namespace {

constexpr u64 kAcknowledgeNs = 1000 * core::kNsPerMs;

}  // namespace

// 6.3.10: a write to CR0 is in force when CR0ACK reads the same.
core::Result<> Smmu::write_cr0(CR0 value)
{
	mmio_.write_relaxed(value);
	auto done = core::poll_until(
		[&] { return mmio_.read<CR0ACK>().raw() == value.raw(); }, kAcknowledgeNs);
	if (!done)
		os_log(dev_, OS_ERROR, "CR0 = 0x%x is not acknowledged (CR0ACK 0x%x)", value.raw(),
		       mmio_.read_relaxed<CR0ACK>().raw());
	return done;
}

core::Result<> Smmu::write_irq_ctrl(IRQ_CTRL value)
{
	mmio_.write_relaxed(value);
	auto done = core::poll_until(
		[&] { return mmio_.read_relaxed<IRQ_CTRLACK>().raw() == value.raw(); }, kAcknowledgeNs);
	if (!done)
		os_log(dev_, OS_ERROR, "IRQ_CTRL = 0x%x is not acknowledged", value.raw());
	return done;
}

// 6.3.14: GBPA may be written while Update reads 0, and is in force when it does again.
core::Result<> Smmu::write_gbpa(GBPA value)
{
	const auto settled = [&] { return !mmio_.read_relaxed<GBPA>().get<GBPA::Update>(); };
	auto done = core::poll_until(settled, kAcknowledgeNs);
	if (done) {
		mmio_.write_relaxed(value.with<GBPA::Update>(true));
		done = core::poll_until(settled, kAcknowledgeNs);
	}
	if (!done)
		os_log(dev_, OS_ERROR, "GBPA does not take an update");
	return done;
}

// While translation is off every transaction aborts.
core::Result<> Smmu::abort_by_default()
{
	return write_gbpa(mmio_.read_relaxed<GBPA>().with<GBPA::ABORT>(true));
}

// Everything that the SMMU may read only while it is off.
void Smmu::write_configuration()
{
	mmio_.write_relaxed(CR1{}
				    .with<CR1::TABLE_SH>(Shareability::kInner)
				    .with<CR1::TABLE_OC>(Cacheability::kWriteBack)
				    .with<CR1::TABLE_IC>(Cacheability::kWriteBack)
				    .with<CR1::QUEUE_SH>(Shareability::kInner)
				    .with<CR1::QUEUE_OC>(Cacheability::kWriteBack)
				    .with<CR1::QUEUE_IC>(Cacheability::kWriteBack));
	// PTM: TLB broadcasts of the CPUs are not for us.  RECINVSID: record unknown streams.
	mmio_.write_relaxed(CR2{}
				    .with<CR2::PTM>(true)
				    .with<CR2::RECINVSID>(true)
				    .with<CR2::E2H>(features_.e2h));

	mmio_.write_relaxed(strtab_.base());
	mmio_.write_relaxed(strtab_.base_cfg());

	mmio_.write_relaxed(CMDQ_BASE{}
				    .with<CMDQ_BASE::RWA>(true)
				    .with<CMDQ_BASE::ADDR>(cmdq_memory_.dma.bus())
				    .with<CMDQ_BASE::LOG2SIZE>(cmdq_memory_.log2_entries));
	mmio_.write_relaxed(CMDQ_PROD::from_raw(cmdq_.hardware_index()));
	mmio_.write_relaxed(CMDQ_CONS::from_raw(cmdq_.hardware_index()));

	evtq_.write_registers(mmio_);
	if (priq_)
		priq_->write_registers(mmio_);

	for (u32 vector = 0; vector < SMMU_NR_VECTORS; vector++)
		write_message(static_cast<smmu_vector>(vector));

	// Errors of a former life are nobody's.
	mmio_.write_relaxed(GERRORN::from_raw(mmio_.read_relaxed<GERROR>().raw()));
}

// With the command queue on, make the SMMU forget everything it may have cached.  The queue is opened first:
// whoever elides did so before, and the barrier in open() makes what they wrote visible before SMMUEN.
core::Result<> Smmu::open_queue()
{
	cmdq_.open();
	if (features_.el2)
		TRY(issue(std::array{cfgi_all(), Command::of(Opcode::kTlbiEl2All),
				     Command::of(Opcode::kTlbiNsnhAll)}));
	else
		TRY(issue(std::array{cfgi_all(), Command::of(Opcode::kTlbiNsnhAll)}));
	return {};
}

CR0 Smmu::queues_enabled() const
{
	// A crash kernel inherits devices that still do DMA: their faults would only flood the queues.
	const bool record = !platform_.crash_kernel;
	return CR0{}
		.with<CR0::CMDQEN>(true)
		.with<CR0::EVENTQEN>(record)
		.with<CR0::PRIQEN>(record && priq_)
		.with<CR0::ATSCHK>(features_.ats);
}

IRQ_CTRL Smmu::interrupts_enabled() const
{
	return IRQ_CTRL{}
		.with<IRQ_CTRL::GERROR_IRQEN>(true)
		.with<IRQ_CTRL::EVENTQ_IRQEN>(true)
		.with<IRQ_CTRL::PRIQ_IRQEN>(priq_.has_value());
}

// Assumes nothing of any register.
core::Result<> Smmu::bring_up()
{
	TRY(abort_by_default());
	TRY(write_cr0(CR0{}));
	TRY(write_irq_ctrl(IRQ_CTRL{}));
	write_configuration();

	TRY(write_cr0(CR0{}.with<CR0::CMDQEN>(true)));
	TRY(open_queue());

	TRY(write_irq_ctrl(interrupts_enabled()));
	TRY(write_cr0(queues_enabled()));
	return write_cr0(queues_enabled().with<CR0::SMMUEN>(true));
}

core::Result<> Smmu::start()
{
	if (mmio_.read_relaxed<CR0>().get<CR0::SMMUEN>())
		os_log(dev_, OS_NOTICE, "was left translating by firmware or a former kernel, resetting");

	power_ = PowerState::kResuming;
	if (auto up = bring_up(); !up) {
		cmdq_.stop();
		power_ = PowerState::kFailed;
		os_log(dev_, OS_ERROR, "could not be brought up, every transaction behind it aborts");
		return up;
	}
	power_ = PowerState::kActive;
	return {};
}

// Goes on past every error: what can be turned off is turned off.
void Smmu::stop()
{
	if (power_ == PowerState::kOff)
		return;
	(void)abort_by_default();
	(void)write_cr0(CR0{}.with<CR0::CMDQEN>(true));
	cmdq_.stop();
	os_synchronize();	// nobody is left in issue()
	(void)write_irq_ctrl(IRQ_CTRL{});
	(void)write_cr0(CR0{});
	cmdq_.settle();
	if (platform_.exit_policy == SMMU_EXIT_FIRMWARE)
		(void)write_gbpa(firmware_gbpa_);
	power_ = PowerState::kOff;
}

void Smmu::set_msi(smmu_vector vector, u64 address, u32 data)
{
	messages_[vector] = {address, data};
	write_message(vector);
}

void Smmu::write_message(smmu_vector vector)
{
	constexpr u32 kDeviceNGnRE = 1;
	const auto write = [&]<class Cfg0, class Cfg1, class Cfg2>() {
		mmio_.write_relaxed(Cfg0{}.template with<typename Cfg0::ADDR>(messages_[vector].address));
		mmio_.write_relaxed(Cfg1::from_raw(messages_[vector].data));
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
		if (priq_)
			write.operator()<PRIQ_IRQ_CFG0, PRIQ_IRQ_CFG1, PRIQ_IRQ_CFG2>();
		break;
	case SMMU_NR_VECTORS:
		break;
	}
}

}  // namespace smmu3
