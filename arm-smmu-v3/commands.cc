// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/commands.hpp"

namespace smmu3 {
namespace {

SyncMethod choose_sync_method(const Features& features, const smmu_platform& platform)
{
	if (features.msi && features.coherent && !(platform.options & SMMU_OPT_NO_MSI_POLL))
		return SyncMethod::kMessage;
	return features.sev ? SyncMethod::kEvent : SyncMethod::kRegister;
}

CommandQueueConfig make_config(const Features& features, const smmu_platform& platform,
			       const Commands::Parts& parts, Commands::Attendant attendant)
{
	return {.log2_entries = parts.memory.log2_entries,
		.method = choose_sync_method(features, platform),
		.slots = parts.memory.dma.as<Command>(),
		.messages = parts.messages.as<u64>(),
		.messages_bus = parts.messages.bus(),
		.cpus = os_nr_cpus(),
		.shares_syncs = !features.sync_before_full_batch,
		.attend = attendant.attend,
		.owner = attendant.owner};
}

// The queues share the messages: the word of a CPU belongs to the only queue that the CPU uses, and the
// CPU waits for one CMD_SYNC at a time.
core::Box<EcmdqSet> make_ecmdqs(device* dev, const Ecmdqs& found, const smmu_platform& platform,
				const Features& features, const CommandQueueConfig& config)
{
	if (platform.options & SMMU_OPT_ECMDQ)
		return EcmdqSet::make(dev, found, config, features.cmdq_log2);
	if (found.count())
		os_log(dev, OS_INFO, "%u enhanced command queues, not used", found.count());
	return nullptr;
}

}  // namespace

core::Result<Commands::Parts> Commands::allocate(device* dev, const Features& features)
{
	constexpr u32 kSmallestLog2 =
		std::bit_width(Queue::kMaxCommands);  // a batch and a CMD_SYNC
	auto memory =
		TRY(QueueMemory::allocate(dev, sizeof(Command), features.cmdq_log2, kSmallestLog2));
	auto ready =
		TRY(core::Array<core::Atomic<u32>>::allocate(size_t{1} << memory.log2_entries));
	auto messages = TRY(core::Dma::allocate(dev, Queue::message_bytes(os_nr_cpus())));
	return Parts{std::move(memory), std::move(messages), std::move(ready)};
}

Commands::Commands(device* dev, Mmio& mmio, const Features& features, const smmu_platform& platform,
		   const Ecmdqs& ecmdqs, Parts&& parts, Attendant attendant)
	: queue_(mmio, make_config(features, platform, parts, attendant), std::move(parts.ready)),
	  dev_(dev),
	  mmio_(mmio),
	  on_overflow_(features.sync_before_full_batch ? Completion::kSync : Completion::kNone),
	  ecmdqs_(make_ecmdqs(dev, ecmdqs, platform, features,
			      make_config(features, platform, parts, attendant))),
	  memory_(std::move(parts.memory)),
	  messages_(std::move(parts.messages))
{
	if (ecmdqs_)
		queue_.leave_to(*ecmdqs_);
}

core::Result<Outcome> Commands::issue_atc(ReadSection& section, std::span<const Command> commands)
{
	const auto outcome = ecmdqs_ ? ecmdqs_->issue_atc(section, commands)
				     : queue_.issue_atc(section, commands);
	if (!outcome && outcome.error() != core::Errno::kNoDevice)
		note_timeout();
	return counted(outcome);
}

void Commands::note_elision()
{
	gate().elided++;
	smmu_shim_trace_elided(dev_);
}

void Commands::note_timeout()
{
	sync_timeouts_++;
	count_timeout();
	if (!smmu_shim_may_log(dev_, SMMU_LINE_TIMEOUT))
		return;
	if (const auto now = indices())
		os_log(dev_, OS_ERROR,
		       "CMD_SYNC timeout at 0x%08x [hwprod 0x%08x, hwcons 0x%08x], stale "
		       "translations may be in use",
		       now->position, now->prod, now->cons);
	else
		os_log(dev_, OS_ERROR, "CMD_SYNC timeout at 0x%08x [the queue is stopped]",
		       ecmdqs_ ? ecmdqs_->index() : queue_.hardware_index());
}

// CPUs may time out at the same time, and each must be counted.
void Commands::count_timeout()
{
	u32 seen = timeouts_.load_relaxed();
	while (!timeouts_.cas_relaxed(seen, seen + 1)) {
	}
}

// nullopt while the queue is stopped: the registers may be without power.
std::optional<Commands::Indices> Commands::indices() const
{
	core::IrqSection section;  // entered before STOP is read; power is kept until it ends
	if (stopped())
		return std::nullopt;
	if (ecmdqs_)
		return ecmdqs_->indices();
	return Indices{queue_.hardware_index(), mmio_.read_relaxed<CMDQ_PROD>().raw(),
		       mmio_.read_relaxed<CMDQ_CONS>().raw()};
}

void Commands::write_registers()
{
	mmio_.write_relaxed(CMDQ_BASE{}
				    .with<CMDQ_BASE::RWA>(true)
				    .with<CMDQ_BASE::ADDR>(memory_.dma.bus())
				    .with<CMDQ_BASE::LOG2SIZE>(memory_.log2_entries));
	mmio_.write_relaxed(CMDQ_PROD::from_raw(queue_.hardware_index()));
	mmio_.write_relaxed(CMDQ_CONS::from_raw(queue_.hardware_index()));
}

void Commands::stop()
{
	if (ecmdqs_)
		ecmdqs_->stop();
	else
		queue_.stop();
}

void Commands::open()
{
	if (ecmdqs_)
		ecmdqs_->open();
	else
		queue_.open();
}

void Commands::settle()
{
	if (ecmdqs_)
		ecmdqs_->settle();
	else
		queue_.settle();
}

// STOP is set first.  Then the owners have published, the SMMU has consumed what STOP found, and no
// CPU is in issue(): a producer that has committed may still become an owner.
core::Result<> Commands::drain()
{
	const u64 begin = os_now_ns();
	stop();
	const u32 target = position();
	auto drained = ecmdqs_ ? ecmdqs_->drain() : drain_own(target);
	if (drained)
		os_synchronize();
	smmu_shim_trace_drain(dev_, target, os_now_ns() - begin, core::to_errno(drained));
	return drained;
}

core::Result<> Commands::drain_own(u32 target)
{
	const auto drained = queue_.drain(target);
	if (!drained)
		os_log(dev_, OS_ERROR, "command queue does not drain: PROD 0x%08x CONS 0x%08x",
		       mmio_.read_relaxed<CMDQ_PROD>().raw(),
		       mmio_.read_relaxed<CMDQ_CONS>().raw());
	return drained;
}

void Commands::close()
{
	stop();
	if (ecmdqs_)
		ecmdqs_->abandon_errors();
	os_synchronize();
}

void Commands::add_to(smmu_stats& stats) const
{
	stats.commands = position();
	stats.elided = gate().elided;
	stats.queue_full = ecmdqs_ ? ecmdqs_->times_full() : queue_.times_full();
	stats.sync_timeouts = sync_timeouts_;
}

}  // namespace smmu3
