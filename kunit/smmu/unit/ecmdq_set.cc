// SPDX-License-Identifier: GPL-2.0-only
// An SMMU whose commands go into Enhanced Command queues.
#include <algorithm>

#include "arm-smmu-v3/core.h"

#include "kunit/base/errno.hpp"
#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/smmu/fixture/power_board.hpp"
#include "os/os.h"

using namespace model;
using namespace test::errnos;
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

constexpr u32 kQueues = 8;

u32 used_of(u32 queues)
{
	return std::min(os_nr_cpus(), queues);
}

// The queue of this CPU.
u32 own()
{
	return os_cpu() * used_of(kQueues) / os_nr_cpus();
}

const Ecmdq& queue(const Board& board, u32 n)
{
	return board.smmu.regs().ecmdqs[n];
}

u32 active(const Board& board)
{
	return board.smmu.regs().gerror ^ board.smmu.regs().gerrorn;
}

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

// ---- errors ----

void illegal_command_is_replaced(Case& t)
{
	for (const Setup& setup : {Setup{}, test::event_setup(), test::register_setup()}) {
		Board board(t, with_ecmdqs(setup));
		board.up();
		UsedSpace space(board);
		for (u32 errors = 1; errors <= 3; errors++) {
			board.smmu.fail_command(Cerror::ILL, 0);
			smmu_core_flush_domain(space.domain);
			EXPECT_EQ(t, active(board), 0);
			EXPECT(t, queue(board, own()).runs());
			EXPECT_EQ(t, board.stats().gerrors, errors);
			EXPECT_EQ(t, test_log_count("CMDQP_ERR"), errors);
			EXPECT_EQ(t, test_log_count("CERROR_ILL, replaced by CMD_SYNC"), errors);
		}
		EXPECT_EQ(t, board.stats().sync_timeouts, 0);
		test_log_clear();
	}
}

// The TLBI was lost: the memory is not reused before everything is invalidated.
void lost_invalidation_is_made_up_for(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	board.smmu.fail_command(Cerror::ILL, 0);
	smmu_core_flush_domain(space.domain);
	const u64 before = board.ops(Op::TLBI_NSNH_ALL);
	EXPECT_EQ(t, space.device.attach_blocked(), 0);
	EXPECT(t, board.ops(Op::TLBI_NSNH_ALL) > before);
}

void aborted_fetch_is_repeated(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	const u64 before = board.ops(Op::TLBI_NH_ASID);
	board.smmu.fail_command(Cerror::ABT, 0);
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.ops(Op::TLBI_NH_ASID), before + 1);
	EXPECT_EQ(t, test_log_count("CERROR_ABT, fetched again"), 1);
}

// CMDQP_ERR is not raised while it is active: an error that follows the acknowledgement in ERRACK would
// be missed if GERRORN was written after it.
void error_behind_an_error_is_serviced(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	board.smmu.fail_command(Cerror::ABT, 0);
	board.before_read = [](Board& it, u32 offset) {
		if (offset != ecmdq_at(own()) + ecmdq::CONS || queue(it, own()).runs())
			return;
		it.before_read = nullptr;
		it.smmu.fail_command(Cerror::ABT, 0);
	};
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.stats().gerrors, 2);
	EXPECT_EQ(t, active(board), 0);
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
}

void errors_of_both_kinds_of_queue(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	board.deliver = false;
	board.smmu.raise_gerror(gerror::MSI_EVENTQ_ABT_ERR);
	board.smmu.fail_command(Cerror::ABT, 1);
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, active(board), 0);
	EXPECT_EQ(t, test_log_count("MSI_EVENTQ_ABT_ERR CMDQP_ERR"), 1);
	EXPECT_EQ(t, test_log_count("1 enhanced command queues failed"), 1);
}

void device_that_does_not_answer_is_named(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	test::Space space(board);
	test::AtsDevice device(board, 9), other(board, 10);
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT_EQ(t, other.attach(space), 0);
	ASSERT_EQ(t, device.grant(), 0);
	ASSERT_EQ(t, other.grant(), 0);
	device.atc.ignore_invalidations(true);
	smmu_core_flush_domain(space.domain);
	EXPECT(t, device.quarantined());
	EXPECT(t, !other.quarantined());
}

// ---- failures ----

void start_fails_where_a_queue_stays_off(Case& t)
{
	Board board(t, with_ecmdqs());
	test_clock_fake(true);
	ASSERT_EQ(t, board.create(), 0);
	board.smmu.delay_ack(Ack::kEcmdq, kForever);
	EXPECT_EQ(t, board.start(), kTimedOut);
	EXPECT(t, test_log_count("ECMDQ 0: EN not acknowledged") > 0);
	EXPECT(t, board.blocked(3, 0x1000));
	board.smmu.delay_ack(Ack::kEcmdq, 0);
	board.smmu.finish_acks();
	test_clock_fake(false);
}

void suspend_fails_where_a_queue_stays_on(Case& t)
{
	PowerBoard board(t, with_ecmdqs());
	Client client(board);
	test_clock_fake(true);
	board.smmu.delay_ack(Ack::kEcmdq, kForever);
	EXPECT_EQ(t, board.suspend(), kTimedOut);
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	// The SMMU may still use its memory.
	const u64 leaked = test_leaked_table_bytes();
	EXPECT_EQ(t, client.device.attach_blocked(), 0);
	client.space.destroy();
	EXPECT(t, test_leaked_table_bytes() > leaked);
	board.smmu.delay_ack(Ack::kEcmdq, 0);
	board.smmu.finish_acks();
	test_clock_fake(false);
}

// Its EN can't be cleared before it is acknowledged.
void others_are_disabled_where_a_queue_does_not_turn_on(Case& t)
{
	PowerBoard board(t, with_ecmdqs());
	ASSERT(t, board.down());
	board.smmu.power_on();
	test_clock_fake(true);
	board.smmu.stick_ecmdqs(1);
	EXPECT_EQ(t, board.resume(), kTimedOut);
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	for (u32 n = 1; n < used_of(kQueues); n++)
		EXPECT(t, queue(board, n).off());
	EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	board.smmu.stick_ecmdqs(0);
	test_clock_fake(false);
}

// The memory of one that stays on is kept.
void others_are_disabled_where_a_queue_stays_on(Case& t)
{
	PowerBoard board(t, with_ecmdqs());
	test_clock_fake(true);
	board.smmu.stick_ecmdqs(1u << 0 | 1u << 2);
	EXPECT_EQ(t, board.suspend(), kTimedOut);
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	for (u32 n = 0; n < used_of(kQueues); n++)
		EXPECT_EQ(t, queue(board, n).off(), n != 0 && n != 2);
	EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	board.smmu.stick_ecmdqs(0);
	test_clock_fake(false);
}

// The SMMU works on, and no command is executed twice.
void queue_that_does_not_drain_is_rolled_back(Case& t)
{
	PowerBoard board(t, with_ecmdqs(test::register_setup()));
	Client client(board), other(board, 6);
	ASSERT(t, client.space.map(kIova, kPa, kPage));
	test_clock_fake(true);
	board.ns_per_poll = 1'000'000;
	board.smmu.set_deferred(true);
	smmu_core_flush_domain(other.space.domain);
	board.on_access = [](PowerBoard& it, u32, bool) {
		if (it.reports.last_drain)
			it.smmu.set_deferred(false);
	};
	EXPECT_EQ(t, board.suspend(), kTimedOut);
	board.on_access = nullptr;
	EXPECT_EQ(t, test_log_count("does not drain: PROD"), 1);
	EXPECT_EQ(t, board.state(), SMMU_POWER_ACTIVE);
	EXPECT_EQ(t, board.stats().power.rollbacks, 1);
	EXPECT_EQ(t, board.reach(kIova), kPa);
	EXPECT(t, client.space.unmap(kIova, kPage));
	EXPECT_EQ(t, board.reach(kIova), ~u64{0});
	EXPECT(t, board.cycle());
	test_clock_fake(false);
}

void timeout_names_the_queue_of_the_cpu(Case& t)
{
	PowerBoard board(t, with_ecmdqs(test::register_setup()));
	Client client(board);
	test_clock_fake(true);
	board.ns_per_poll = 1'000'000;
	board.smmu.set_deferred(true);
	smmu_core_flush_domain(client.space.domain);
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout at"), 1);
	board.smmu.set_deferred(false);
	test_clock_fake(false);
}

void stop_leaves_them_off(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	UsedSpace space(board);
	for (u32 round = 0; round < 3; round++) {
		board.stop();
		for (u32 n = 0; n < kQueues; n++)
			EXPECT(t, queue(board, n).off());
		EXPECT_EQ(t, board.start(), 0);
		smmu_core_flush_domain(space.domain);
	}
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
}

// The service of an error writes PROD, with EN.
void error_is_not_serviced_after_stop(Case& t)
{
	Board board(t, with_ecmdqs(test::register_setup()));
	board.up();
	UsedSpace space(board);
	test_clock_fake(true);
	board.ns_per_poll = 1'000'000;
	board.deliver = false;
	board.smmu.set_deferred(true);
	smmu_core_flush_domain(space.domain);  // not consumed within a second
	board.smmu.fail_command(Cerror::ABT, 0);
	board.smmu.set_deferred(false);
	EXPECT(t, !queue(board, own()).runs());
	// Step 1 of a suspend fails, so that the queues are not drained.
	board.smmu.delay_ack(Ack::kGbpa, kForever);
	board.boundary_context = &board;
	board.boundary = [](void* it) {
		auto& of = *static_cast<Board*>(it);
		of.deliver = queue(of, own()).off();
	};
	board.stop();
	EXPECT_EQ(t, active(board), 0);
	EXPECT(t, queue(board, own()).off());
	board.boundary = nullptr;
	board.smmu.delay_ack(Ack::kGbpa, 0);
	board.smmu.finish_acks();
	test_clock_fake(false);
}

// Invalidations are elided from then on, and a queue that does not answer takes a second.
void translation_is_off_before_queues_are_disabled(Case& t)
{
	Board board(t, with_ecmdqs());
	board.up();
	test_clock_fake(true);
	// Step 1 of a suspend fails.
	board.smmu.delay_ack(Ack::kGbpa, kForever);
	board.boundary_context = &board;
	board.boundary = [](void* it) {
		const auto& of = *static_cast<Board*>(it);
		EXPECT(of.t, queue(of, own()).en || !(of.smmu.regs().cr0ack & cr0::SMMUEN));
	};
	board.stop();
	EXPECT(t, queue(board, own()).off());
	board.boundary = nullptr;
	board.smmu.delay_ack(Ack::kGbpa, 0);
	board.smmu.finish_acks();
	test_clock_fake(false);
}

// Without memory for one of them all commands go into the SMMU's own queue.
void without_memory_the_own_queue_is_used(Case& t)
{
	Board board(t, with_ecmdqs());
	const u32 before = test_live_allocs();
	u32 fell_back = 0;
	for (u32 nth = 1;; nth++) {
		test_fail_alloc(nth);
		const int error = board.create();
		const bool failed = test_alloc_failed();
		test_fail_alloc(0);
		EXPECT(t, !error || failed);
		if (!error) {
			EXPECT_EQ(t, board.start(), 0);
			board.stop();
		}
		fell_back += test_log_count("using the command queue");
		test_log_clear();
		board.destroy();
		EXPECT_EQ(t, test_live_allocs(), before);
		if (!failed)
			break;
	}
	EXPECT(t, fell_back >= 3 + used_of(kQueues));
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
	   TEST_CASE(resume_disables_a_queue_that_is_on), TEST_CASE(illegal_command_is_replaced),
	   TEST_CASE(lost_invalidation_is_made_up_for), TEST_CASE(aborted_fetch_is_repeated),
	   TEST_CASE(error_behind_an_error_is_serviced), TEST_CASE(errors_of_both_kinds_of_queue),
	   TEST_CASE(device_that_does_not_answer_is_named),
	   TEST_CASE(start_fails_where_a_queue_stays_off),
	   TEST_CASE(suspend_fails_where_a_queue_stays_on),
	   TEST_CASE(others_are_disabled_where_a_queue_does_not_turn_on),
	   TEST_CASE(others_are_disabled_where_a_queue_stays_on),
	   TEST_CASE(queue_that_does_not_drain_is_rolled_back),
	   TEST_CASE(timeout_names_the_queue_of_the_cpu), TEST_CASE(stop_leaves_them_off),
	   TEST_CASE(error_is_not_serviced_after_stop),
	   TEST_CASE(translation_is_off_before_queues_are_disabled),
	   TEST_CASE(without_memory_the_own_queue_is_used), TEST_CASE(smmu_without_them),
	   TEST_CASE(firmware_that_does_not_describe_them),
	   TEST_CASE(user_who_does_not_ask_for_them));
