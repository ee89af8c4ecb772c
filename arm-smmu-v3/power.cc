// SPDX-License-Identifier: GPL-2.0-only
// Registers on the way up and on the way down (IHI 0070 3.11, 3.12, 6.3).
//
// Until translation is on, and whenever it is off, GBPA aborts: nothing reaches memory untranslated.
#include <algorithm>

#include "arm-smmu-v3/smmu.hpp"
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

// 6.3.10: a write to CR0 is in force when CR0ACK reads the same.
core::Result<> Smmu::write_cr0(CR0 value)
{
	mmio_.write_relaxed(value);
	auto done = core::poll_until([&] { return mmio_.read<CR0ACK>().raw() == value.raw(); },
				     kAcknowledgeNs);
	if (!done)
		os_log(dev_, OS_ERROR, "CR0 = 0x%x is not acknowledged (CR0ACK 0x%x)", value.raw(),
		       mmio_.read_relaxed<CR0ACK>().raw());
	return done;
}

core::Result<> Smmu::write_irq_ctrl(IRQ_CTRL value)
{
	mmio_.write_relaxed(value);
	auto done = core::poll_until(
		[&] { return mmio_.read_relaxed<IRQ_CTRLACK>().raw() == value.raw(); },
		kAcknowledgeNs);
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

// Streams that firmware keeps alive go on by what firmware had: with power lost or kept, GBPA may be anything.
core::Result<> Smmu::default_while_off()
{
	return any_reserved_ ? write_gbpa(found_gbpa_) : abort_by_default();
}

// Everything that the SMMU may read only while it is off.
void Smmu::write_configuration()
{
	mmio_.write_relaxed(CR1{}.with<CR1::TABLE_SH>(Shareability::kInner)
				    .with<CR1::TABLE_OC>(Cacheability::kWriteBack)
				    .with<CR1::TABLE_IC>(Cacheability::kWriteBack)
				    .with<CR1::QUEUE_SH>(Shareability::kInner)
				    .with<CR1::QUEUE_OC>(Cacheability::kWriteBack)
				    .with<CR1::QUEUE_IC>(Cacheability::kWriteBack));
	// PTM: TLB broadcasts of the CPUs are not for us.  RECINVSID: record unknown streams.
	mmio_.write_relaxed(CR2{}.with<CR2::PTM>(true).with<CR2::RECINVSID>(true).with<CR2::E2H>(
		features_.e2h));

	mmio_.write_relaxed(strtab_.base());
	mmio_.write_relaxed(strtab_.base_cfg());

	commands_.write_registers();

	records_lock_.assert_held();  // interrupts are off: nothing drains
	evtq_.write_registers(mmio_);
	if (priq_)
		priq_->write_registers(mmio_);

	// Errors of a former life are nobody's.
	mmio_.write_relaxed(GERRORN::from_raw(mmio_.read_relaxed<GERROR>().raw()));
}

// With the command queue on, make the SMMU forget everything it may have cached.  The queue is opened first:
// whoever elides did so before, and the barrier in open() makes what they wrote visible before SMMUEN.
core::Result<> Smmu::open_queue()
{
	commands_.open();
	return forget_everything();
}

CR0 Smmu::queues_enabled() const
{
	// A crash kernel inherits devices that still do DMA: their faults would only flood the queues.
	const bool record = !platform_.crash_kernel;
	return CR0{}
		.with<CR0::CMDQEN>(true)
		.with<CR0::EVENTQEN>(record)
		.with<CR0::PRIQEN>(record && features_.pri)
		.with<CR0::ATSCHK>(features_.ats);
}

IRQ_CTRL Smmu::interrupts_enabled() const
{
	return IRQ_CTRL{}
		.with<IRQ_CTRL::GERROR_IRQEN>(true)
		.with<IRQ_CTRL::EVENTQ_IRQEN>(true)
		.with<IRQ_CTRL::PRIQ_IRQEN>(features_.pri);
}

core::Result<> Smmu::enable_interrupts()
{
	core::SpinLock::Guard guard(messages_lock_);
	for (u32 vector = 0; vector < SMMU_NR_VECTORS; vector++)
		write_message(static_cast<smmu_vector>(vector));
	return write_irq_ctrl(interrupts_enabled());
}

// Interrupts and, last of all, translation.
core::Result<> Smmu::run()
{
	TRY(enable_interrupts());
	// 6.3.16: no interrupt tells of what happened before, and none of the next record in a queue that is not
	// empty.  Some events are recorded without SMMUEN (7.3), page requests are not (6.3.9).
	handle_gerror();
	drain_events();
	if (commands_.stopped())  // by an error: it has entered Service Failure Mode
		return core::error(core::Errno::kIo);
	return write_cr0(queues_enabled().with<CR0::SMMUEN>(true));
}

// Assumes nothing of any register.
core::Result<> Smmu::bring_up()
{
	TRY(write_cr0(CR0{}));
	TRY(write_irq_ctrl(IRQ_CTRL{}));
	write_configuration();

	TRY(write_cr0(queues_enabled()));
	TRY(open_queue());
	return run();
}

core::Result<> Smmu::resume()
{
	if (power_.state == SMMU_POWER_FAILED) {
		(void)abort_by_default();  // which a loss of power has undone
		return core::error(core::Errno::kTimedOut);
	}
	enter(SMMU_POWER_RESUMING);
	// Should it ignore GBPA, only the stream table can keep anything out.
	(void)default_while_off();
	const auto up = bring_up();
	if (up)
		enter(SMMU_POWER_ACTIVE);
	else
		fail();
	return up;
}

core::Result<> Smmu::start()
{
	const bool translating = mmio_.read_relaxed<CR0>().get<CR0::SMMUEN>();
	if (translating) {
		os_log(dev_, OS_WARNING, "SMMU currently enabled! Resetting...");
		// Its tables decided what passed, and they are gone: with GBPA alone, everything would.
		found_gbpa_ = found_gbpa_.with<GBPA::ABORT>(true);
	}
	enter(SMMU_POWER_RESUMING);
	// Streams that firmware keeps alive have been bypassing so far, and go on until their STEs say so.
	core::Result<> up;
	if (translating || !any_reserved_)
		up = abort_by_default();
	if (up)
		up = bring_up();
	if (up)
		enter(SMMU_POWER_ACTIVE);
	else
		give_up();
	return up;
}

// Documentation/power.rst, "Suspend", step by step.
core::Result<> Smmu::quiesce()
{
	TRY(default_while_off());                       // 1. what comes now aborts
	TRY(write_cr0(CR0{}.with<CR0::CMDQEN>(true)));  // 2. no translation, no new record
	drain_events(Stalls::kEnded);                   // 3. report what is recorded, answer
	drain_page_requests();                          //    what waits, while commands still go
	TRY(commands_.drain());                         // 4. nobody uses the command queue
	TRY(write_irq_ctrl(IRQ_CTRL{}));                // 5.
	handle_gerror();                                // 6. no error goes unsaid
	TRY(write_cr0(CR0{}));                          // 7.
	commands_.settle();                             // 8.
	return {};
}

core::Result<> Smmu::suspend()
{
	if (power_.state == SMMU_POWER_FAILED)
		return {};  // it is off already, and stays so
	enter(SMMU_POWER_DRAINING);
	if (auto quiet = quiesce(); !quiet) {
		roll_back();
		return quiet;
	}
	enter(SMMU_POWER_SUSPENDED);
	return {};
}

// From where translation is off back to translating.  What was elided meanwhile is made up for by open_queue().
core::Result<> Smmu::reopen()
{
	// As quiesce() left it, should that still be unacknowledged; then the others.
	TRY(write_cr0(CR0{}.with<CR0::CMDQEN>(true)));
	TRY(write_cr0(queues_enabled()));
	TRY(write_irq_ctrl(IRQ_CTRL{}));  // run() writes messages
	TRY(open_queue());
	return run();
}

// From any step of quiesce().
void Smmu::roll_back()
{
	power_.rollbacks++;
	// One that has ignored GBPA or CR0 translates as ever, and STOP is not set yet: it is told to go on.
	const auto in_force = CR0::from_raw(mmio_.read_relaxed<CR0ACK>().raw());
	const auto back = in_force.get<CR0::SMMUEN>() ? write_cr0(in_force) : reopen();
	smmu_shim_trace_rollback(dev_, core::to_errno(back));
	if (back)
		enter(SMMU_POWER_ACTIVE);
	else
		fail();
}

// GBPA stays as it is, aborting unless it took no update; STOP stays, so that no caller waits for an SMMU that
// does not answer.
void Smmu::give_up()
{
	// It may be about to translate, and with STOP set nobody invalidates.
	const auto now = mmio_.read_relaxed<CR0>();
	if (now.get<CR0::SMMUEN>() || mmio_.read_relaxed<CR0ACK>().raw() == now.raw())
		mmio_.write_relaxed(CR0{});
	commands_.close();
	stuck_ = mmio_.read_relaxed<CR0ACK>().raw() != 0;
	enter(SMMU_POWER_FAILED);
}

void Smmu::fail()
{
	give_up();
	// Devices were isolated from each other, which comes before firmware's streams.
	if (any_reserved_)
		(void)abort_by_default();
	const bool aborts = mmio_.read_relaxed<GBPA>().get<GBPA::ABORT>();
	os_log(dev_, OS_ERROR, "is failed: every transaction behind it %s until the next boot",
	       aborts ? "aborts" : "is let through, because GBPA does not abort,");
}

// Goes on past every error: what can be turned off is turned off.
void Smmu::stop(smmu_exit_policy policy)
{
	if (power_.state == SMMU_POWER_OFF && !stuck_)
		return;
	// One that failed may not even have a command queue to drain.
	if (power_.state == SMMU_POWER_FAILED || stuck_ || !quiesce()) {
		(void)default_while_off();
		commands_.close();
		(void)write_irq_ctrl(IRQ_CTRL{});
		stuck_ = !write_cr0(CR0{});
	}
	if (policy == SMMU_EXIT_FIRMWARE)
		(void)write_gbpa(found_gbpa_);
	else if (any_reserved_)
		(void)abort_by_default();  // quiesce() has not
	enter(SMMU_POWER_OFF);
	const bool aborts = mmio_.read_relaxed<GBPA>().get<GBPA::ABORT>();
	os_log(dev_, OS_NOTICE, "disabled, DMA behind it %s",
	       aborts ? "aborts" : "is not translated");
}

void Smmu::enter(smmu_power_state next)
{
	const u64 now = os_now_ns();
	const u64 stay = now - power_.since_ns;
	const auto from = static_cast<smmu_power_state>(power_.state);

	power_.residency_ns[from] += stay;
	if (from == SMMU_POWER_DRAINING && next == SMMU_POWER_SUSPENDED) {
		power_.suspends++;
		power_.last_suspend_ns = stay;
		power_.worst_suspend_ns = std::max(power_.worst_suspend_ns, stay);
	}
	if (from == SMMU_POWER_RESUMING && next == SMMU_POWER_ACTIVE) {
		power_.resumes++;
		power_.last_resume_ns = stay;
		power_.worst_resume_ns = std::max(power_.worst_resume_ns, stay);
	}
	power_.state = next;
	power_.since_ns = now;
	smmu_shim_trace_power(dev_, from, next);
}

// While the queue is stopped the registers may have no power, and run() writes the message when it is open.
// False when nothing was written.
bool Smmu::change_message(smmu_vector vector, Message message)
{
	const core::SpinLock::Held held(messages_lock_);
	messages_[vector] = message;
	if (commands_.stopped())
		return false;
	// A message may only change while its interrupt is disabled (6.3.16).
	const auto enabled = mmio_.read_relaxed<IRQ_CTRL>();
	if (!write_irq_ctrl(IRQ_CTRL::from_raw(enabled.raw() & ~interrupt_bit(vector))))
		return false;
	write_message(vector);
	(void)write_irq_ctrl(enabled);
	return true;
}

// Called with the interrupt's descriptor locked, so records are left to the shim.
void Smmu::set_msi(smmu_vector vector, u64 address, u32 data)
{
	core::IrqSection section;  // begins before the look at STOP; power goes after its end
	if (!change_message(vector, {address, data}))
		return;
	// 6.3.16: no interrupt tells of what happened while it was disabled, and none of the next record in a
	// queue that is not empty.
	if (vector == SMMU_VECTOR_GERROR)
		handle_gerror();
	else
		smmu_shim_drain_later(dev_);
}

void Smmu::write_message(smmu_vector vector)
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
