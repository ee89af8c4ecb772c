// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/queue_bench.hpp"

namespace test {

using namespace smmu3;

void QueueBench::attend(void* bench)
{
	auto& self = *static_cast<QueueBench*>(bench);
	if (self.on_attend)
		self.on_attend(self);
}

QueueBench::QueueBench(Case& the_case, SyncMethod method, u32 log2, const Setup& setup)
	: t(the_case),
	  board(the_case, setup),
	  log2_(log2),
	  mmio_({board.platform.page0, board.platform.page1})
{
	EXPECT_EQ(t, os_dma_alloc(test_device(), sizeof(Command) << log2, &slots_), 0);
	EXPECT_EQ(t,
		  os_dma_alloc(test_device(), os_nr_cpus() * SteeredQueue::kMessageStride,
			       &messages_),
		  0);
	auto ready = core::Array<SteeredAtomic<u32>>::allocate(size_t{1} << log2);
	EXPECT(t, ready);
	const CommandQueueConfig config{.log2_entries = log2,
					.method = method,
					.slots = static_cast<Command*>(slots_.cpu),
					.messages = static_cast<u64*>(messages_.cpu),
					.messages_bus = messages_.bus,
					.attend = attend,
					.owner = this};
	queue_.emplace(mmio_, config, std::move(*ready));
}

QueueBench::~QueueBench()
{
	QueueHooks::reset();
	board.smmu.write32(CR0::kOffset, 0);
	queue_.reset();
	os_dma_free(test_device(), &messages_);
	os_dma_free(test_device(), &slots_);
}

void QueueBench::power_up()
{
	mmio_.write_relaxed(
		CMDQ_BASE{}.with<CMDQ_BASE::ADDR>(slots_.bus).with<CMDQ_BASE::LOG2SIZE>(log2_));
	mmio_.write_relaxed(CMDQ_PROD::from_raw(queue_->hardware_index()));
	mmio_.write_relaxed(CMDQ_CONS::from_raw(queue_->hardware_index()));
	mmio_.write_relaxed(CR0{}.with<CR0::CMDQEN>(true));
	queue_->open();
}

// CMD_TLBI_NH_VA names an address and invalidates nothing here.
Command QueueBench::numbered(u64 number)
{
	return Command::of(Opcode::kTlbiNhVa).with<Command::InputAddress>(number << 12);
}

void QueueBench::issue(u32 count, Completion completion)
{
	Command commands[SteeredQueue::kMaxCommands];
	for (u32 i = 0; i < count; i++)
		commands[i] = numbered(next++);
	const auto outcome = queue().issue(std::span(commands, count), completion);
	EXPECT(t, outcome && *outcome == Outcome::kIssued);
}

void QueueBench::check_order()
{
	const auto& log = board.smmu.commands();
	const u64 first = log.total() - log.size();
	EXPECT(t, seen_ >= first);
	for (; seen_ < log.total(); seen_++) {
		const model::Command& command = log[seen_ - first];
		if (command.op() == static_cast<u8>(Opcode::kTlbiNhVa))
			EXPECT_EQ(t, number_of(command), expected++);
	}
}

}  // namespace test
