// SPDX-License-Identifier: GPL-2.0-only
// The corner cases of Documentation/corner_cases.rst that one thread can show, by their numbers: those of the
// command queue.
#include "kunit/smmu/fixture/power_board.hpp"
#include "kunit/smmu/fixture/queue_bench.hpp"

using namespace test;
using smmu3::Completion;
using smmu3::Outcome;
using smmu3::SyncMethod;
namespace reg = model::reg;

namespace {

constinit QueueBench* the_bench = nullptr;
constinit u32 operations = 0, stop_at = 0;

// Suspend's STOP falls between any two atomic operations of a submission.
void stop_at_operation(QueueBench& bench, u32 number)
{
	the_bench = &bench;
	operations = 0;
	stop_at = number;
	QueueHooks::mixer = [] {
		if (operations++ == stop_at) {
			QueueHooks::mixer = nullptr;
			the_bench->queue().stop();
		}
	};
}

// The model complains of a PROD with more than index and wrap bit.
void case_01_flags_never_reach_a_register(Case& t)
{
	for (u32 at = 0; at < 12; at++) {
		QueueHooks::start = (1u << 30) - 3;
		QueueBench bench(t, SyncMethod::kMessage);
		bench.power_up();
		stop_at_operation(bench, at);
		const auto outcome = bench.queue().issue(
			std::array<smmu3::Command, 5>{bench.numbered(0), bench.numbered(1),
						      bench.numbered(2), bench.numbered(3),
						      bench.numbered(4)},
			Completion::kSync);
		EXPECT(t, outcome);
		EXPECT_EQ(t, bench.queue().hardware_index() & ~bench.board.smmu.regs().cmdq.mask(),
			  0);
		QueueHooks::mixer = nullptr;
		const auto& log = bench.board.smmu.register_writes();
		for (size_t i = 0; i < log.size(); i++)
			if (log[i].offset == reg::CMDQ_PROD)
				EXPECT_EQ(t,
					  log[i].value & ~u64{bench.board.smmu.regs().cmdq.mask()},
					  0);
	}
}

// It also never loses STOP: not by a reservation, nor by the release of OWNED.
void case_02_stop_outlives_every_reservation(Case& t)
{
	u32 elided = 0, issued = 0;
	for (u32 at = 0; at < 12; at++) {
		QueueBench bench(t, SyncMethod::kMessage);
		bench.power_up();
		stop_at_operation(bench, at);
		const auto outcome =
			bench.queue().issue(std::array{bench.numbered(0)}, Completion::kSync);
		if (QueueHooks::mixer)
			break;
		EXPECT(t, bench.queue().stopped());
		ASSERT(t, outcome);
		*outcome == Outcome::kElided ? elided++ : issued++;
		EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), *outcome == Outcome::kIssued);
		EXPECT_EQ(t, bench.queue().position(), *outcome == Outcome::kIssued ? 2 : 0);
	}
	EXPECT(t, elided > 0);
	EXPECT(t, issued > 1);
}

// STOP in what the owner reads back poisons neither its range nor the next owner's turn.
void case_03_next_owner_comes_after_a_stop(Case& t)
{
	for (u32 at = 0; at < 12; at++) {
		QueueBench bench(t, SyncMethod::kRegister);
		bench.power_up();
		stop_at_operation(bench, at);
		const auto outcome =
			bench.queue().issue(std::array{bench.numbered(0)}, Completion::kSync);
		QueueHooks::mixer = nullptr;
		ASSERT(t, outcome);
		bench.queue().stop();
		EXPECT(t, bench.queue().drain(bench.queue().position()));
		bench.board.smmu.write32(reg::CR0, 0);
		bench.queue().settle();
		bench.next = bench.expected = *outcome == Outcome::kIssued;
		bench.board.smmu.clear_logs();
		bench.board.smmu.power_off();
		bench.board.smmu.power_on();
		bench.power_up();
		QueueBench* const again = &bench;
		again->issue(3, Completion::kSync);  // would wait for ever
		EXPECT_EQ(t, bench.board.ops(model::Op::TLBI_NH_VA), bench.next);
	}
}

// A producer that waits for room leaves at STOP, and reads no register after that.
void case_04_full_queue_is_left_at_stop(Case& t)
{
	Setup setup;
	setup.options.deferred = true;
	QueueBench bench(t, SyncMethod::kRegister, 7, setup);
	static constinit u64 seen = 0;
	bench.power_up();
	for (u32 i = 0; i < 2; i++)
		bench.issue(64, Completion::kNone);
	the_bench = &bench;
	QueueHooks::ns_per_look = core::kNsPerMs;
	QueueHooks::relax = [] {
		the_bench->queue().stop();
		seen = the_bench->board.cons_reads;
		QueueHooks::relax = nullptr;
	};
	const auto outcome = bench.queue().issue(std::array{bench.numbered(0)}, Completion::kSync);
	EXPECT(t, outcome && *outcome == Outcome::kElided);
	EXPECT(t, !QueueHooks::relax);
	EXPECT_EQ(t, bench.board.cons_reads, seen);
}

// Software learns of CONS by chance only (messages complete without it); resume must not go back there.
void case_06_no_command_is_executed_twice(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	for (u32 i = 0; i < 30; i++) {
		smmu_core_flush_domain(client.space.domain);
		const u64 flushes = board.ops(model::Op::TLBI_NH_ASID);
		ASSERT(t, board.cycle());
		EXPECT_EQ(t, board.ops(model::Op::TLBI_NH_ASID), flushes);
	}
}

// Nor does it remember less room than there is: what was entered before is no concern of the queue's.
void case_06_queue_is_empty_after_power_loss(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	const u32 flushes = smmu_core_info(board.core)->queue_entries[0] / 2 - 8;
	for (u32 i = 0; i < 3; i++) {
		ASSERT(t, board.cycle());
		board.cons_reads = 0;
		for (u32 n = 0; n < flushes; n++)
			smmu_core_flush_domain(client.space.domain);
		EXPECT_EQ(t, board.cons_reads, 0);
	}
}

// Positions go on across power loss, ready marks and all, and the SMMU executes nothing else.
void case_07_indices_go_on_after_power_loss(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	const u32 mask = 2 * smmu_core_info(board.core)->queue_entries[0] - 1;
	for (u32 i = 0; i < 200; i++) {
		const u64 entered = board.stats().commands;
		const u64 executed = board.smmu.commands().total();
		ASSERT(t, board.down());
		ASSERT_EQ(t, board.stats().commands, entered);
		ASSERT_EQ(t, board.wake(), 0);
		EXPECT_EQ(t, board.stats().commands, entered + 4);  // 3 invalidations, CMD_SYNC
		smmu_core_flush_domain(client.space.domain);
		EXPECT_EQ(t, board.stats().commands, entered + 6);
		EXPECT_EQ(t, board.smmu.commands().total(), executed + 6);
		EXPECT_EQ(t, board.smmu.regs().cmdq.prod, (entered + 6) & mask);
	}
}

void case_08_first_invalidations_are_not_elided(Case& t)
{
	PowerBoard board(t);
	ASSERT(t, board.down());
	const u64 all = board.ops(model::Op::TLBI_NSNH_ALL),
		  el2 = board.ops(model::Op::TLBI_EL2_ALL),
		  ste = board.ops(model::Op::CFGI_STE_RANGE), elided = board.stats().elided;
	ASSERT_EQ(t, board.wake(), 0);
	EXPECT_EQ(t, board.ops(model::Op::TLBI_NSNH_ALL), all + 1);
	EXPECT_EQ(t, board.ops(model::Op::TLBI_EL2_ALL), el2 + 1);
	EXPECT_EQ(t, board.ops(model::Op::CFGI_STE_RANGE), ste + 1);
	EXPECT_EQ(t, board.stats().elided, elided);
}

constinit Client* the_client = nullptr;

// Every way down, something is left out only when SMMUEN has really fallen.
void case_12_nothing_is_elided_while_it_translates(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	the_client = &client;
	static constinit bool inside = false;
	static constinit u32 elided_in_suspend = 0;
	elided_in_suspend = 0;
	board.smmu.delay_ack(model::Ack::kCr0, 5);
	board.on_access = [](PowerBoard& b, u32, bool) {
		if (inside)
			return;
		inside = true;
		const u64 before = b.stats().elided;
		smmu_core_flush_domain(the_client->space.domain);
		if (b.stats().elided != before) {
			elided_in_suspend++;
			EXPECT_EQ(b.t, b.smmu.regs().cr0ack & model::cr0::SMMUEN, 0);
		}
		inside = false;
	};
	ASSERT_EQ(t, board.suspend(), 0);
	board.on_access = nullptr;
	EXPECT(t, elided_in_suspend > 0);
	EXPECT_EQ(t, board.resume(), 0);
}

}  // namespace

TEST_SUITE(corner_cases_queue, TEST_CASE(case_01_flags_never_reach_a_register),
	   TEST_CASE(case_02_stop_outlives_every_reservation),
	   TEST_CASE(case_03_next_owner_comes_after_a_stop),
	   TEST_CASE(case_04_full_queue_is_left_at_stop),
	   TEST_CASE(case_06_no_command_is_executed_twice),
	   TEST_CASE(case_06_queue_is_empty_after_power_loss),
	   TEST_CASE(case_07_indices_go_on_after_power_loss),
	   TEST_CASE(case_08_first_invalidations_are_not_elided),
	   TEST_CASE(case_12_nothing_is_elided_while_it_translates));
