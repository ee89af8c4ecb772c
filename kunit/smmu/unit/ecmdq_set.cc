// SPDX-License-Identifier: GPL-2.0-only
// An SMMU whose commands go into Enhanced Command queues.
#include "arm-smmu-v3/core.h"

#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/ecmdqs.hpp"
#include "kunit/smmu/fixture/power_board.hpp"

using namespace model;
using namespace test::ecmdqs;
using test::Board;
using test::Case;
using test::Client;
using test::ecmdq_at;
using test::kEcmdqPages;
using test::kIova;
using test::kPa;
using test::kPage;
using test::PowerBoard;
using test::Setup;
using test::UsedSpace;
using test::with_ecmdqs;

namespace {

// One queue for all CPUs.
Setup with_one_ecmdq()
{
	Setup setup = with_ecmdqs();
	setup.ids.idr6 = 0;
	return setup;
}

void commands_enter_the_queue_of_the_cpu(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	const Regs before = board.smmu.regs();
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.smmu.regs().cmdq.prod, before.cmdq.prod);
	for (u32 n = 0; n < kQueues; n++)
		EXPECT_EQ(t, queue(board, n).q.prod,
			  before.ecmdqs[n].q.prod + (n == own() ? 2 : 0));
	EXPECT(t, queue(board, own()).q.empty());
	EXPECT_EQ(t, test_log_count("enhanced command queues"), 1);
}

void each_method_laps_the_queue(Case& t)
{
	for (const Setup& setup : {Setup{}, test::event_setup(), test::register_setup()}) {
		Board board(t, with_ecmdqs(setup));
		board.up();
		UsedSpace space(board);
		const u64 syncs = board.ops(Op::SYNC);
		for (u32 i = 0; i < 1500; i++)
			smmu_core_flush_domain(space.domain);
		EXPECT_EQ(t, board.ops(Op::SYNC), syncs + 1500);
		EXPECT_EQ(t, board.stats().sync_timeouts, 0);
	}
}

// A batch is longer than what one issue() enters.
void batch_stays_in_one_queue(Case& t)
{
	Setup setup = with_ecmdqs();
	setup.ids.idr3 &= ~(1u << 10);  // no range invalidation
	Board board(t, setup);
	board.up();
	UsedSpace space(board);
	const Regs before = board.smmu.regs();
	const u64 syncs = board.ops(Op::SYNC);
	space.flush(kIova, 200 * kPage, kPage);
	EXPECT_EQ(t, board.ops(Op::SYNC), syncs + 1);
	for (u32 n = 0; n < kQueues; n++)
		EXPECT_EQ(t, queue(board, n).q.prod == before.ecmdqs[n].q.prod, n != own());
}

void cpus_share_where_there_are_few(Case& t)
{
	Board board(t, with_one_ecmdq());
	board.up();
	UsedSpace space(board);
	smmu_core_flush_domain(space.domain);
	EXPECT(t, queue(board, 0).q.prod != 0);
	EXPECT_EQ(t, test_log_count("using 1 of 1 enhanced command queues"), 1);
}

// CR1 is read-only while a queue is on, and nothing is invalidated before one is.
void start_writes_cr1_then_enables_then_translates(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	const auto& log = board.smmu.register_writes();
	u32 cr1 = 0, first_en = 0, last_en = 0, smmuen = 0, enables = 0;
	for (u32 i = 0; i < log.size(); i++) {
		if (log[i].offset == reg::CR1)
			cr1 = i;
		if (log[i].offset == reg::CR0 && log[i].value & cr0::SMMUEN)
			smmuen = i;
		if (log[i].offset < kEcmdqPages || log[i].offset % 16 != ecmdq::PROD ||
		    !(log[i].value & ecmdq::EN) || enables == used_of(kQueues))
			continue;
		first_en = enables++ ? first_en : i;
		last_en = i;
	}
	EXPECT_EQ(t, enables, used_of(kQueues));
	EXPECT(t, cr1 < first_en);
	EXPECT(t, last_en < smmuen);
}

void power_cycle(Case& t)
{
	PowerBoard board(t, with_ecmdqs());
	Client client(board);
	for (bool retain : {false, true}) {
		ASSERT(t, client.space.map(kIova, kPa, kPage));
		EXPECT_EQ(t, board.reach(kIova), kPa);
		ASSERT(t, board.down(retain));
		for (u32 n = 0; n < kQueues; n++)
			EXPECT(t, queue(board, n).off());
		const u64 elided = board.stats().elided;
		board.take_counts();
		EXPECT(t, client.space.unmap(kIova, kPage));
		EXPECT_EQ(t, board.stats().elided, elided + 1);
		smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0x8000'1000, 1);
		EXPECT_EQ(t, board.access_count, 0);
		EXPECT_EQ(t, board.wake(), 0);
		for (u32 n = 0; n < kQueues; n++)
			EXPECT_EQ(t, queue(board, n).runs(), n < used_of(kQueues));
		EXPECT_EQ(t, board.reach(kIova), ~u64{0});
	}
}

// How many flushes there are until one reads CONS, because there seems to be no room.
u32 flushes_until_full(PowerBoard& board, Client& client)
{
	const u64 before = board.cons_reads;
	u32 flushes = 0;
	for (; board.cons_reads == before; flushes++)
		smmu_core_flush_domain(client.space.domain);
	return flushes;
}

// The SMMU starts with an empty queue, and so does software: settle().
void queue_has_room_after_a_power_cycle(Case& t)
{
	for (const Setup& setup : {Setup{}, with_ecmdqs()}) {
		PowerBoard board(t, setup);
		Client client(board);
		flushes_until_full(board, client);
		const u32 room = flushes_until_full(board, client);
		EXPECT(t, room > 60);
		for (u32 i = 0; i < room / 2; i++)
			smmu_core_flush_domain(client.space.domain);
		ASSERT(t, board.cycle());
		EXPECT(t, flushes_until_full(board, client) + 3 > room);
	}
}

// Beyond what an SMMU without them takes.  Suspend: CONS for the drain; PROD and CONS, EN = 0, PROD and CONS.
// Resume: the same without the drain and with the queue off; PROD and CONS, four writes, CONS.
void power_costs(Case& t)
{
	const u32 used = used_of(kQueues);
	PowerBoard board(t, with_ecmdqs());
	board.take_counts();
	ASSERT_EQ(t, board.suspend(), 0);
	auto counts = board.take_counts();
	EXPECT_EQ(t, counts.writes, 4 + used);
	EXPECT_EQ(t, counts.reads, 11 - 1 + 5 * used);
	ASSERT_EQ(t, board.resume(), 0);
	counts = board.take_counts();
	EXPECT_EQ(t, counts.writes, 21 + 9 + 4 * used);
	EXPECT_EQ(t, counts.reads, 12 + 6 * used);
}

// Firmware has used the SMMU while Linux had it off.
void resume_disables_a_queue_that_is_on(Case& t)
{
	PowerBoard board(t, with_ecmdqs());
	Client client(board);
	ASSERT(t, board.down());
	board.smmu.power_on();
	board.smmu.write64(ecmdq_at(own()), 1);
	board.smmu.write32(ecmdq_at(own()) + ecmdq::PROD, 1);
	board.smmu.write32(ecmdq_at(own()) + ecmdq::CONS, 1);
	board.smmu.write32(ecmdq_at(own()) + ecmdq::PROD, ecmdq::EN | 1);
	EXPECT_EQ(t, board.resume(), 0);
	smmu_core_flush_domain(client.space.domain);
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
}

// ---- what firmware and user ask for ----

void works_without(Case& t, const Setup& setup, u32 register_bytes, const char* why)
{
	Board board(t, setup);
	if (register_bytes)
		board.reports.register_bytes = register_bytes;
	board.up();
	UsedSpace space(board);
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, test_log_count(why), 1);
	EXPECT(t, board.smmu.regs().cmdq.prod != 0);
	test_log_clear();
}

void smmu_without_them(Case& t)
{
	works_without(t, Setup{}.option(SMMU_OPT_ECMDQ), 0, "ecmdq=on has no effect");
}

void firmware_that_does_not_describe_them(Case& t)
{
	works_without(t, with_ecmdqs(), kEcmdqPages, "ecmdq=on has no effect");
}

void user_who_does_not_ask_for_them(Case& t)
{
	Setup setup = with_ecmdqs();
	setup.platform.options = 0;
	works_without(t, setup, 0, "8 enhanced command queues, not used");
}

}  // namespace

TEST_SUITE(ecmdq_set, TEST_CASE(commands_enter_the_queue_of_the_cpu),
	   TEST_CASE(each_method_laps_the_queue), TEST_CASE(batch_stays_in_one_queue),
	   TEST_CASE(cpus_share_where_there_are_few),
	   TEST_CASE(start_writes_cr1_then_enables_then_translates), TEST_CASE(power_cycle),
	   TEST_CASE(queue_has_room_after_a_power_cycle), TEST_CASE(power_costs),
	   TEST_CASE(resume_disables_a_queue_that_is_on), TEST_CASE(smmu_without_them),
	   TEST_CASE(firmware_that_does_not_describe_them),
	   TEST_CASE(user_who_does_not_ask_for_them));
