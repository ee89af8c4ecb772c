// SPDX-License-Identifier: GPL-2.0-only
// The corner cases of Documentation/corner_cases.rst that one thread can show, by their numbers.
#include "kunit/power_board.hpp"
#include "kunit/queue_bench.hpp"

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
		EXPECT(t, bench.queue().drain(bench.queue().position(), [] {}));
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

// Positions go on across power loss, ready marks and all.
void case_07_indices_go_on_after_power_loss(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	for (u32 i = 0; i < 200; i++) {
		const u64 before = board.stats().commands;
		ASSERT(t, board.cycle());
		EXPECT_EQ(t, board.stats().commands, before + 4);  // 3 invalidations and a CMD_SYNC
		smmu_core_flush_domain(client.space.domain);
		EXPECT_EQ(t, board.stats().commands, before + 6);
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

// The TLB and the configuration cache may outlive power: what was left out is made up for.
void case_13_resume_forgets_what_was_left_out(Case& t)
{
	Setup setup;
	setup.options.keeps_caches = true;
	PowerBoard board(t, setup);
	Client client(board);
	Space other(board);
	client.space.map(kIova, kPa, kPage);
	other.map(kIova, kPa + 0x10000, kPage);
	for (u32 i = 0; i < 20; i++) {
		EXPECT_EQ(t, board.reach(kIova), i % 2 ? kPa + 0x10000 : kPa);
		ASSERT(t, board.down());
		EXPECT_EQ(t, client.device.attach(i % 2 ? client.space : other), 0);
		ASSERT_EQ(t, board.wake(), 0);
	}
	EXPECT_EQ(t, board.smmu.stats().stale_config_hits, 0);
}

// No device is told that it may cache translations, so there is no cache that resume could miss.
void case_14_translated_traffic_is_refused(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	client.space.map(kIova, kPa, kPage);
	EXPECT(t, !board.smmu.translated_access(PowerBoard::kSid, kPa, {}).ok());
	ASSERT(t, board.cycle());
	EXPECT(t, !board.smmu.translated_access(PowerBoard::kSid, kPa, {}).ok());
	EXPECT_EQ(t, board.ops(model::Op::ATC_INV), 0);
	board.drain();
}

// SMMUEN's fall ends what is stalled; an answer then could meet another transaction's tag.  The model
// complains of one, and of power that goes while something is stalled.
void case_15_stalls_end_and_are_reported_at_suspend(Case& t)
{
	PowerBoard board(t, with_idr0(Setup{}, 3u << 24, 2u << 24));
	Client client(board);
	const model::Dma stalled = board.smmu.translate(PowerBoard::kSid, std::nullopt, kIova, {});
	ASSERT_EQ(t, stalled.outcome, model::Outcome::kStalled);
	board.reports.events = 0;
	ASSERT(t, board.down());
	EXPECT_EQ(t, board.reports.events, 1);
	EXPECT(t, board.reports.last_event.stall);
	EXPECT(t, board.reports.last_client == client.device.handle());
	EXPECT_EQ(t, board.ops(model::Op::RESUME), 0);
	ASSERT_EQ(t, board.wake(), 0);
	// A new one is answered.
	EXPECT_EQ(t, board.smmu.translate(PowerBoard::kSid, std::nullopt, kIova, {}).outcome,
		  model::Outcome::kStalled);
	board.drain();
	EXPECT_EQ(t, board.ops(model::Op::RESUME), 1);
}

// An ASID is somebody else's at once, though its invalidation was left out.
void case_16_asid_of_a_domain_destroyed_while_off(Case& t)
{
	for (smmu_stage stage : {SMMU_STAGE_1, SMMU_STAGE_2})
		for (bool retain : {false, true}) {
			Setup setup;
			setup.options.keeps_caches = true;
			PowerBoard board(t, setup);
			Device device(board, {PowerBoard::kSid});
			Space old(board, stage);
			old.map(kIova, kPa, kPage);
			EXPECT_EQ(t, device.attach(old), 0);
			EXPECT_EQ(t, board.reach(kIova), kPa);
			ASSERT(t, board.down(retain));
			EXPECT_EQ(t, device.attach_blocked(), 0);
			old.destroy();
			Space next(board, stage);  // the lowest free number: the same
			next.map(kIova + kPage, kPa + kPage, kPage);
			EXPECT_EQ(t, device.attach(next), 0);
			ASSERT_EQ(t, board.wake(), 0);
			EXPECT_EQ(t, board.reach(kIova), ~u64{0});
			EXPECT_EQ(t, board.reach(kIova + kPage), kPa + kPage);
		}
}

// Tables are freed with the SMMU off but powered: it must not fetch from them any more.
void case_17_tables_freed_while_off_are_not_read(Case& t)
{
	PowerBoard board(t);
	for (u32 i = 0; i < 20; i++) {
		{
			Client client(board);
			client.space.map(kIova, kPa, kPage);
			EXPECT_EQ(t, board.reach(kIova), kPa);
			ASSERT_EQ(t, board.suspend(), 0);
		}
		EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
		ASSERT_EQ(t, board.resume(), 0);
		EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	}
	EXPECT_EQ(t, board.smmu.stats().stale_config_hits, 0);
}

void case_18_reset_value_of_gbpa_is_bypass(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	ASSERT(t, board.down());
	board.smmu.power_on();
	EXPECT_EQ(t, board.smmu.regs().gbpa & model::gbpa::ABORT, 0);
	board.take_counts();
	static constinit bool inside = false;
	board.on_access = [](PowerBoard& b, u32 number, bool) {
		if (inside || number < 4)  // until GBPA is read, written and in force
			return;
		inside = true;
		EXPECT(b.t, b.smmu.translate(PowerBoard::kSid, std::nullopt, kIova, {}).outcome !=
				    model::Outcome::kBypassed);
		inside = false;
	};
	ASSERT_EQ(t, board.resume(), 0);
	EXPECT_EQ(t, board.accesses[1].offset, reg::GBPA);
	board.on_access = nullptr;
	EXPECT_EQ(t, board.smmu.stats().dma_bypassed, 0);
}

void case_19_messages_survive_and_change_while_off(Case& t)
{
	PowerBoard board(t);
	smmu_core_set_msi(board.core, SMMU_VECTOR_GERROR, 0x8000'2000, 2);
	ASSERT(t, board.cycle());
	EXPECT_EQ(t, board.smmu.regs().irq[3].addr, 0x8000'2000);
	ASSERT(t, board.down());
	smmu_core_set_msi(board.core, SMMU_VECTOR_GERROR, 0x8000'3000,
			  3);  // no access: the model looks
	ASSERT_EQ(t, board.wake(), 0);
	EXPECT_EQ(t, board.smmu.regs().irq[3].addr, 0x8000'3000);
	EXPECT_EQ(t, board.smmu.regs().irq[3].data, 3);
}

void case_20_records_are_not_lost_with_power(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	board.reports.events = board.reports.page_requests = 0;
	for (u32 i = 0; i < 7; i++)
		board.smmu.translate(PowerBoard::kSid, std::nullopt, kIova + i * kPage, {});
	for (u32 i = 0; i < 3; i++)
		EXPECT(t,
		       board.smmu.page_request(PowerBoard::kSid, std::nullopt, kIova, i, true, {}));
	EXPECT_EQ(t, board.reports.events, 0);  // no interrupt has been delivered
	ASSERT(t, board.down());
	EXPECT_EQ(t, board.reports.events, 7);
	EXPECT_EQ(t, board.reports.page_requests, 3);
	EXPECT_EQ(t, board.ops(model::Op::PRI_RESP), 3);
	board.pending = 0;
	ASSERT_EQ(t, board.wake(), 0);
	smmu_core_drain_evtq(board.core);
	smmu_core_drain_priq(board.core);
	EXPECT_EQ(t, board.reports.events, 7);
	EXPECT_EQ(t, board.reports.page_requests, 3);
}

void case_23_information_is_cached(Case& t)
{
	PowerBoard board(t);
	const smmu_info on = *smmu_core_info(board.core);
	ASSERT(t, board.down());
	const smmu_info off = *smmu_core_info(board.core);
	EXPECT_EQ(t, on.idr[0], off.idr[0]);
	EXPECT_EQ(t, on.iidr, off.iidr);
	board.stats();
	ASSERT_EQ(t, board.wake(), 0);
}

// GERROR, indices and caches survive; an error that nobody heard of is told before power goes.
void case_28_power_that_is_kept(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	board.deliver = false;
	board.smmu.raise_gerror(model::gerror::EVENTQ_ABT_ERR);
	ASSERT(t, board.down(true));
	EXPECT_EQ(t, board.stats().gerrors, 1);
	EXPECT_EQ(t, test_log_count("EVENTQ_ABT_ERR"), 1);
	ASSERT_EQ(t, board.wake(), 0);
	EXPECT_EQ(t, board.smmu.regs().gerror, board.smmu.regs().gerrorn);
	client.space.map(kIova, kPa, kPage);
	EXPECT_EQ(t, board.reach(kIova), kPa);
}

// dma_unmap() of a driver whose device is off: with interrupts off, and without turning anything on.
void case_31_atomic_callers_never_resume(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	client.space.map(kIova, kPa, kPage);
	ASSERT(t, board.down());
	const unsigned long flags = os_irq_save();
	EXPECT(t, client.space.unmap(kIova, kPage));
	smmu_core_flush_domain(client.space.domain);
	os_irq_restore(flags);
	EXPECT_EQ(t, board.state(), SMMU_POWER_SUSPENDED);
	EXPECT_EQ(t, board.stats().elided, 2);
	ASSERT_EQ(t, board.wake(), 0);
	EXPECT_EQ(t, board.reach(kIova), ~u64{0});
}

void case_33_failed_resume_stays_aborting(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	test_clock_fake(true);
	ASSERT(t, board.down());
	board.smmu.power_on();
	board.smmu.delay_ack(model::Ack::kIrqCtrl, model::kForever);
	EXPECT_EQ(t, board.resume(), -110);
	board.smmu.delay_ack(model::Ack::kIrqCtrl, 0);
	board.smmu.finish_acks();
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	EXPECT(t, board.smmu.regs().gbpa & model::gbpa::ABORT);
	EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
	const u64 elided = board.stats().elided;
	smmu_core_flush_domain(client.space.domain);
	EXPECT_EQ(t, board.stats().elided, elided + 1);
	EXPECT_EQ(t, test_log_count("is failed"), 1);
}

void case_34_no_broadcasts_are_taken(Case& t)
{
	PowerBoard board(t);
	for (u32 i = 0; i < 3; i++) {
		EXPECT(t, board.smmu.regs().cr2 & 1u << 2);  // PTM
		ASSERT(t, board.cycle());
	}
}

}  // namespace

TEST_SUITE(corner_cases, TEST_CASE(case_01_flags_never_reach_a_register),
	   TEST_CASE(case_02_stop_outlives_every_reservation),
	   TEST_CASE(case_03_next_owner_comes_after_a_stop),
	   TEST_CASE(case_06_no_command_is_executed_twice),
	   TEST_CASE(case_07_indices_go_on_after_power_loss),
	   TEST_CASE(case_08_first_invalidations_are_not_elided),
	   TEST_CASE(case_12_nothing_is_elided_while_it_translates),
	   TEST_CASE(case_13_resume_forgets_what_was_left_out),
	   TEST_CASE(case_14_translated_traffic_is_refused),
	   TEST_CASE(case_15_stalls_end_and_are_reported_at_suspend),
	   TEST_CASE(case_16_asid_of_a_domain_destroyed_while_off),
	   TEST_CASE(case_17_tables_freed_while_off_are_not_read),
	   TEST_CASE(case_18_reset_value_of_gbpa_is_bypass),
	   TEST_CASE(case_19_messages_survive_and_change_while_off),
	   TEST_CASE(case_20_records_are_not_lost_with_power),
	   TEST_CASE(case_23_information_is_cached), TEST_CASE(case_28_power_that_is_kept),
	   TEST_CASE(case_31_atomic_callers_never_resume),
	   TEST_CASE(case_33_failed_resume_stays_aborting),
	   TEST_CASE(case_34_no_broadcasts_are_taken));
