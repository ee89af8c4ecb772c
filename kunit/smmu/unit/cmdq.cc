// SPDX-License-Identifier: GPL-2.0-only
// The command queue against the model, one thread: every interleaving that is needed is made by hooks.
#include "arm-smmu-v3/cmdq.hpp"

#include "arm-smmu-v3/batch.hpp"
#include "kunit/smmu/fixture/queue_bench.hpp"

using namespace smmu3;
using test::Case;
using test::deferred;
using test::kSyncMethods;
using test::QueueBench;
using test::QueueHooks;
using test::SteeredQueue;

namespace {

void takes_nothing_until_opened(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	const auto outcome = bench.queue().issue(std::array{bench.numbered(0)}, Completion::kSync);
	EXPECT(t, outcome && *outcome == Outcome::kElided);
	EXPECT(t, bench.queue().stopped());
	EXPECT_EQ(t, bench.queue().position(), 0);
	EXPECT_EQ(t, bench.board.smmu.stats().writes, 0);
	EXPECT_EQ(t, bench.board.smmu.stats().reads, 0);
}

void commands_arrive_as_they_were_written(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	bench.power_up();
	const Command sent[] = {cfgi_ste(Sid(0x12345678), Levels::kLeaf),
				cfgi_cd(Sid(7), Ssid(0xabcde), Levels::kAll),
				tlbi_nh_asid(Vmid(0), Asid(0xbeef))};
	ASSERT(t, bench.queue().issue(sent, Completion::kSync));
	const auto& log = bench.board.smmu.commands();
	ASSERT_EQ(t, log.total(), 4);
	for (size_t i = 0; i < 3; i++) {
		EXPECT_EQ(t, log[i].w[0], sent[i].words[0]);
		EXPECT_EQ(t, log[i].w[1], sent[i].words[1]);
	}
	EXPECT_EQ(t, log[3].w[0], sync(SyncSignal::kNone).words[0]);
}

// Batches of every length, with and without CMD_SYNC, over many laps.
void wraps(Case& t)
{
	for (SyncMethod method : kSyncMethods) {
		QueueBench bench(t, method);
		bench.power_up();
		u32 syncs = 0;
		for (u32 round = 0; round < 400; round++) {
			const bool wait = round % 3 == 0;
			bench.issue(round % 64 + !wait,
				    wait ? Completion::kSync : Completion::kNone);
			syncs += wait;
			bench.check_order();
			EXPECT_EQ(t, bench.expected, bench.next);
		}
		EXPECT_EQ(t, bench.syncs(), syncs);
		EXPECT(t, bench.queue().position() > 50 * 128);
	}
}

// Positions end at 2^30; what the hardware sees goes on as if nothing had happened.
void positions_wrap(Case& t)
{
	for (SyncMethod method : kSyncMethods)
		for (u32 log2 : {7u, 8u}) {
			QueueHooks::start = (1u << 30) - 1000;
			QueueBench bench(t, method, log2);
			EXPECT_EQ(t, bench.queue().position(), (1u << 30) - 1000);
			bench.power_up();
			for (u32 round = 0; round < 100; round++) {
				bench.issue(round % 60 + 1, Completion::kSync);
				bench.check_order();
			}
			EXPECT(t, bench.queue().position() < 4000);
			EXPECT_EQ(t, bench.expected, bench.next);
			EXPECT_EQ(t, bench.board.smmu.regs().cmdq.prod,
				  bench.queue().position() & ((2u << log2) - 1));
		}
}

// The same with the queue full across the wrap, and stopped, settled and opened there.
void positions_wrap_when_full(Case& t)
{
	QueueHooks::start = (1u << 30) - 100;
	QueueBench bench(t, SyncMethod::kRegister, 7, deferred());
	bench.board.step_on_poll = true;
	bench.power_up();
	for (u32 round = 0; round < 300; round++)
		bench.issue(1, Completion::kNone);
	EXPECT(t, bench.queue().times_full() > 0);
	bench.issue(1, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 301);
}

// Others enter commands behind the owner's back, and it publishes for them.
void owner_gathers(Case& t)
{
	QueueBench bench(t, SyncMethod::kRegister);
	bench.power_up();
	static constinit u32 others = 0;
	others = 0;
	QueueHooks::bench = &bench;
	QueueHooks::before_gather = [] {
		for (u32 count = 1; others < 10; others++, count += 3) {
			Command commands[64];
			for (u32 i = 0; i < count; i++)
				commands[i] = QueueBench::numbered(QueueHooks::bench->next++);
			const auto outcome = QueueHooks::bench->queue().issue(
				std::span(commands, count), Completion::kNone);
			EXPECT(QueueHooks::bench->t, outcome && *outcome == Outcome::kIssued);
			if (count > 10)
				others = 9;
		}
	};
	// 1 + 1 + 4 + 7 + 10 + 13 commands and a CMD_SYNC in one write of PROD.
	bench.issue(1, Completion::kSync);
	QueueHooks::before_gather = nullptr;
	bench.check_order();
	EXPECT_EQ(t, others, 10);
	EXPECT_EQ(t, bench.expected, bench.next);
	u32 prod_writes = 0;
	const auto& log = bench.board.smmu.register_writes();
	for (size_t i = 0; i < log.size(); i++)
		prod_writes += log[i].offset == model::reg::CMDQ_PROD;
	EXPECT_EQ(t, prod_writes, 2);  // power_up()'s too
	// The marks are gone: the next lap finds none.
	for (u32 i = 0; i < 300; i++)
		bench.issue(1, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, bench.next);
}

void batch_longer_than_an_issue(Case& t)
{
	for (bool flush_with_sync : {false, true}) {
		QueueBench bench(t, SyncMethod::kMessage);
		bench.power_up();
		SteeredQueue::ReadSection section;
		CommandBatch batch(bench.queue(), section,
				   flush_with_sync ? Completion::kSync : Completion::kNone);
		for (; bench.next < 200; bench.next++)
			EXPECT(t, batch.add(bench.numbered(bench.next)));
		const auto outcome = batch.submit();
		EXPECT(t, outcome && *outcome == Outcome::kIssued);
		bench.check_order();
		EXPECT_EQ(t, bench.expected, 200);
		EXPECT_EQ(t, bench.syncs(), flush_with_sync ? 4 : 1);
		// Never more than a CMD_SYNC's distance without one.
		u32 run = 0, longest = 0;
		const auto& log = bench.board.smmu.commands();
		for (size_t i = 0; i < log.size(); i++) {
			run = log[i].op() == static_cast<u8>(Opcode::kSync) ? 0 : run + 1;
			longest = run > longest ? run : longest;
		}
		EXPECT_EQ(t, longest, flush_with_sync ? 63 : 200);
	}
}

void largest_issue_fits_the_smallest_queue(Case& t)
{
	QueueBench bench(t, SyncMethod::kMessage);
	bench.power_up();
	for (u32 i = 0; i < 10; i++)
		bench.issue(SteeredQueue::kMaxCommands, Completion::kSync);
	bench.check_order();
	EXPECT_EQ(t, bench.expected, 640);
}

}  // namespace

TEST_SUITE(cmdq, TEST_CASE(takes_nothing_until_opened),
	   TEST_CASE(commands_arrive_as_they_were_written), TEST_CASE(wraps),
	   TEST_CASE(positions_wrap), TEST_CASE(positions_wrap_when_full), TEST_CASE(owner_gathers),
	   TEST_CASE(batch_longer_than_an_issue), TEST_CASE(largest_issue_fits_the_smallest_queue));
