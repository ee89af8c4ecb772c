// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/ecmdq_set.hpp"

#include <algorithm>

namespace smmu3 {

template class CommandQueue<EcmdqPlatform>;

namespace {

constexpr u32 kSmallestLog2 = std::bit_width(kMaxCommands);  // a batch and a CMD_SYNC
constexpr u32 kLog2PerCpu = 8;                               // a page of 4 KiB

CommandQueueConfig with_memory(CommandQueueConfig config, const QueueMemory& memory)
{
	config.log2_entries = memory.log2_entries;
	config.slots = memory.dma.as<Command>();
	config.shares_syncs = false;  // the message of groups is that of the SMMU's own queue
	return config;
}

}  // namespace

EcmdqSet::Ecmdq::Ecmdq(const Ecmdqs& found, u32 n, const CommandQueueConfig& config, Parts&& parts)
	: registers(found.mmio(), found.bank(n)),
	  memory(std::move(parts.memory)),
	  queue(registers, with_memory(config, memory), std::move(parts.ready))
{
}

core::Box<EcmdqSet> EcmdqSet::make(device* dev, const Ecmdqs& found,
				   const CommandQueueConfig& config, u32 most_log2)
{
	if (!found.count()) {
		os_log(dev, OS_NOTICE, "no enhanced command queues: ecmdq=on has no effect");
		return nullptr;
	}
	auto set = core::make_box<EcmdqSet>(dev, found);
	if (!set || !(*set)->allocate(config, most_log2)) {
		os_log(dev, OS_WARNING,
		       "failed to allocate enhanced command queues, using the command queue");
		return nullptr;
	}
	os_log(dev, OS_INFO, "using %u of %u enhanced command queues", (*set)->count(),
	       found.count());
	return std::move(*set);
}

core::Result<> EcmdqSet::allocate(const CommandQueueConfig& config, u32 most_log2)
{
	const u32 cpus = os_nr_cpus(), queues = std::min(cpus, found_.count());
	const u32 sharers = (cpus + queues - 1) / queues;
	const u32 log2 =
		std::min(most_log2, kLog2PerCpu + static_cast<u32>(std::bit_width(sharers - 1)));

	cpus_ = TRY(core::Array<Cpu>::allocate(cpus));
	queues_ = TRY(core::Array<core::Box<Ecmdq>>::allocate(queues));
	for (u32 n = 0; n < queues; n++)
		TRY(allocate_one(n, config, log2));
	for (u32 cpu = 0; cpu < cpus; cpu++)
		cpus_[cpu].queue = queues_[u64{cpu} * queues / cpus].get();
	return {};
}

core::Result<> EcmdqSet::allocate_one(u32 n, const CommandQueueConfig& config, u32 log2)
{
	auto memory = TRY(QueueMemory::allocate(dev_, sizeof(Command), log2, kSmallestLog2));
	auto ready =
		TRY(core::Array<core::Atomic<u32>>::allocate(size_t{1} << memory.log2_entries));
	queues_[n] = TRY(core::make_box<Ecmdq>(found_, n, config,
					       Ecmdq::Parts{std::move(memory), std::move(ready)}));
	return {};
}

// ORDER: as CommandQueue::stop().
void EcmdqSet::stop()
{
	gate_.word.fetch_or(kStop);
	for (const auto& each : queues_.all())
		each->queue.stop();
}

// ORDER: as CommandQueue::open().
void EcmdqSet::open()
{
	for (const auto& each : queues_.all())
		each->queue.open();
	gate_.word.fetch_andnot(kStop);
	Platform::dma_mb();
}

core::Result<> EcmdqSet::enable()
{
	for (u32 n = 0; n < count(); n++)
		if (!TRY(found_.is_on(n)))
			queues_[n]->enable();
	for (u32 n = 0; n < count(); n++)
		TRY(found_.await(n, true));
	services_errors_.store_relaxed(1);
	return {};
}

void EcmdqSet::Ecmdq::enable()
{
	registers.enable(memory.dma.bus(), memory.log2_entries, queue.hardware_index());
}

core::Result<> EcmdqSet::drain()
{
	for (u32 n = 0; n < count(); n++) {
		Ecmdq& each = *queues_[n];
		const auto drained = each.queue.drain(each.queue.position());
		if (drained)
			continue;
		os_log(dev_, OS_ERROR, "ECMDQ %u does not drain: PROD 0x%08x CONS 0x%08x", n,
		       each.registers.prod(), each.registers.cons());
		return drained;
	}
	return {};
}

void EcmdqSet::settle()
{
	for (const auto& each : queues_.all())
		each->queue.settle();
}

EcmdqSet::Failed EcmdqSet::handle_errors()
{
	Failed failed{};
	for (u32 n = 0; services_errors_.load_relaxed() && n < count(); n++) {
		Ecmdq& each = *queues_[n];
		if (!each.registers.fails())
			continue;
		const FailedCommand command = each.queue.handle_error();
		each.queue.publish_again([&] { each.registers.acknowledge(); });
		if (!failed.count++) {
			failed.queue = n;
			failed.command = command;
		}
	}
	return failed;
}

u32 EcmdqSet::commands_lost() const
{
	u32 lost = 0;
	for (const auto& each : queues_.all())
		lost += each->queue.commands_lost();
	return lost;
}

u32 EcmdqSet::position() const
{
	u32 position = 0;
	for (const auto& each : queues_.all())
		position += each->queue.position();
	return position & kPositionMask;
}

u32 EcmdqSet::times_full() const
{
	u32 times = 0;
	for (const auto& each : queues_.all())
		times += each->queue.times_full();
	return times;
}

EcmdqSet::Indices EcmdqSet::indices() const
{
	const Ecmdq& each = own();
	return {each.queue.hardware_index(), each.registers.prod(), each.registers.cons()};
}

}  // namespace smmu3
