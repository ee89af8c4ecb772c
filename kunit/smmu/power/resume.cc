// SPDX-License-Identifier: GPL-2.0-only
// Resume: assumes nothing of any register, loses nothing, and lets nothing through before it is done.
#include "kunit/smmu/fixture/power_board.hpp"

using namespace test;
namespace reg = model::reg;

namespace {

constexpr u32 kAbort = model::gbpa::ABORT;
constexpr int kIo = -5;

// Every seed is another garbage in every register that reset leaves UNKNOWN.
void garbage_in_registers_does_not_matter(Case& t)
{
	for (u64 seed = 0; seed < 100; seed++) {
		Setup setup;
		setup.options.seed = seed * 0x9e3779b97f4a7c15;
		setup.options.keeps_caches = seed & 1;
		setup.options.gbpa_resets_abort = seed & 2;
		PowerBoard board(t, setup);
		Client client(board);
		client.space.map(kIova, kPa, kPage);
		for (u32 i = 0; i < 5; i++) {
			ASSERT(t, board.cycle());
			EXPECT_EQ(t, board.reach(kIova), kPa);
			EXPECT(t, client.space.unmap(kIova, kPage));
			EXPECT_EQ(t, board.reach(kIova), ~u64{0});
			client.space.map(kIova, kPa, kPage);
		}
		EXPECT_EQ(t, board.smmu.stats().stale_config_hits, 0);
	}
}

void power_may_be_kept(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	client.space.map(kIova, kPa, kPage);
	EXPECT_EQ(t, board.reach(kIova), kPa);
	for (u32 i = 0; i < 300; i++) {
		ASSERT(t, board.down(i % 3 != 0));
		EXPECT(t, client.space.unmap(kIova, kPage));
		client.space.map(kIova, kPa + kPage * (i + 1), kPage);
		ASSERT_EQ(t, board.wake(), 0);
		EXPECT_EQ(t, board.reach(kIova), kPa + kPage * (i + 1));
	}
	EXPECT_EQ(t, board.smmu.stats().stale_config_hits, 0);
}

void abort_is_first_and_translation_last(Case& t)
{
	PowerBoard board(t);
	ASSERT(t, board.down());
	board.take_counts();
	ASSERT_EQ(t, board.wake(), 0);
	u32 first = 0, last = 0;
	for (u32 i = board.access_count; i--;)
		if (board.accesses[i].write)
			first = i;
	for (u32 i = 0; i < board.access_count; i++)
		if (board.accesses[i].write)
			last = i;
	EXPECT_EQ(t, board.accesses[first].offset, reg::GBPA);
	EXPECT(t, board.accesses[first].value & kAbort);
	EXPECT_EQ(t, board.accesses[last].offset, reg::CR0);
	EXPECT(t, board.accesses[last].value & model::cr0::SMMUEN);
}

// Three messages are three writes each.
void costs_21_writes_12_reads_and_messages(Case& t)
{
	PowerBoard board(t);
	ASSERT(t, board.down());
	board.take_counts();
	ASSERT_EQ(t, board.wake(), 0);
	auto counts = board.take_counts();
	EXPECT_EQ(t, counts.writes, 21 + 3 * 3);
	EXPECT_EQ(t, counts.reads, 12);
}

void messages_are_written_again(Case& t)
{
	PowerBoard board(t);
	smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0x8000'1000, 1);
	smmu_core_set_msi(board.core, SMMU_VECTOR_GERROR, 0x8000'2000, 2);
	smmu_core_set_msi(board.core, SMMU_VECTOR_PRIQ, 0x8000'3000, 3);
	ASSERT(t, board.cycle());
	EXPECT_EQ(t, board.smmu.regs().irq[0].addr, 0x8000'1000);
	EXPECT_EQ(t, board.smmu.regs().irq[1].addr, 0x8000'3000);
	EXPECT_EQ(t, board.smmu.regs().irq[3].addr, 0x8000'2000);
	EXPECT_EQ(t, board.smmu.regs().irq[0].data, 1);
	EXPECT_EQ(t, board.smmu.regs().irq[1].data, 3);
	EXPECT_EQ(t, board.smmu.regs().irq[3].data, 2);
	for (u32 i : {0, 1, 3})
		EXPECT_EQ(t, board.smmu.regs().irq[i].attr, 1);  // Device-nGnRE
}

void message_that_changes_while_off_is_in_force_after(Case& t)
{
	PowerBoard board(t);
	smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0x8000'1000, 1);
	ASSERT(t, board.down());
	board.take_counts();
	smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0x8000'5000, 9);
	EXPECT_EQ(t, board.access_count, 0);
	ASSERT_EQ(t, board.wake(), 0);
	EXPECT_EQ(t, board.smmu.regs().irq[0].addr, 0x8000'5000);
	EXPECT_EQ(t, board.smmu.regs().irq[0].data, 9);
}

// At every access of resume: no message is lost between the write of the old one and the gate.
void message_may_change_at_any_moment_of_resume(Case& t)
{
	static constinit u32 at = 0;
	static constinit bool inside = false;
	for (at = 0; at < 45; at++) {
		PowerBoard board(t);
		smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0x8000'1000, 1);
		ASSERT(t, board.down());
		board.take_counts();
		board.on_access = [](PowerBoard& b, u32 number, bool) {
			// write_message() holds its lock: from there no other caller enters.
			const u32 offset = b.last_access.offset;
			const bool locked = offset == reg::IRQ_CTRL || offset == reg::IRQ_CTRLACK ||
					    (offset >= 0x68 && offset <= 0x74) ||
					    (offset >= 0xb0 && offset <= 0xbc) ||
					    (offset >= 0xd0 && offset <= 0xdc);
			if (inside || number < at || locked)
				return;
			inside = true;
			b.on_access = nullptr;
			smmu_core_set_msi(b.core, SMMU_VECTOR_EVTQ, 0x8000'5000, 9);
			inside = false;
		};
		ASSERT_EQ(t, board.wake(), 0);
		if (board.on_access)
			break;  // past the last one
		EXPECT_EQ(t, board.smmu.regs().irq[0].addr, 0x8000'5000);
		EXPECT_EQ(t, board.smmu.regs().irq[0].data, 9);
	}
	EXPECT(t, at > 20);
}

// An interrupt tells of nothing that happened while it was disabled (6.3.16).
void event_while_its_message_changes_is_reported(Case& t)
{
	for (smmu_vector vector : {SMMU_VECTOR_EVTQ, SMMU_VECTOR_PRIQ}) {
		PowerBoard board(t);
		board.lose_messages = true;  // no device is at their addresses
		board.on_access = [](PowerBoard& b, u32, bool write) {
			if (b.last_access.offset == reg::EVENTQ_IRQ_CFG0)
				EXPECT(b.t, write && b.smmu.inject_event({{2, 0, 0, 0}}));
			if (b.last_access.offset == reg::PRIQ_IRQ_CFG0)
				EXPECT(b.t, b.smmu.page_request(3, std::nullopt, 0, 1, true, {}));
		};
		smmu_core_set_msi(board.core, vector, 0x8000'1000, 1);
		board.on_access = nullptr;
		board.drain();
		EXPECT_EQ(t, board.reports.events + board.reports.page_requests, 0);
		EXPECT_EQ(t, board.reports.late_drains, 1);
	}
}

// As of a device whose Translated transactions are refused.
void event_at_every_access_does_not_delay_translation(Case& t)
{
	static constinit u32 added;
	PowerBoard board(t);
	ASSERT(t, board.down());
	added = 0;
	board.on_access = [](PowerBoard& b, u32, bool) {
		added += b.smmu.inject_event({{7, 0, 0, 0}});
	};
	ASSERT_EQ(t, board.wake(), 0);
	board.on_access = nullptr;
	EXPECT_EQ(t, board.state(), SMMU_POWER_ACTIVE);
	EXPECT_EQ(t, board.reports.late_drains, 1);
	smmu_core_drain_evtq(board.core);
	EXPECT_EQ(t, board.reports.events, added);
}

void error_while_its_message_changes_is_serviced(Case& t)
{
	PowerBoard board(t);
	board.lose_messages = true;
	board.on_access = [](PowerBoard& b, u32, bool) {
		if (b.last_access.offset == reg::GERROR_IRQ_CFG0)
			b.smmu.raise_gerror(model::gerror::EVENTQ_ABT_ERR);
	};
	smmu_core_set_msi(board.core, SMMU_VECTOR_GERROR, 0x8000'1000, 1);
	board.on_access = nullptr;
	EXPECT_EQ(t, board.smmu.regs().gerror, board.smmu.regs().gerrorn);
	EXPECT_EQ(t, board.stats().gerrors, 1);
}

// Before the interrupts are enabled, once with the write that does it and once with every other.
void no_record_is_missed_on_the_way_up(Case& t)
{
	static constinit u32 at = 0;
	static constinit bool recorded = false;
	u32 events = 0;
	for (at = 0; at < 45; at++) {
		PowerBoard board(t);
		ASSERT(t, board.down());
		board.take_counts();
		recorded = false;
		board.on_access = [](PowerBoard& b, u32 number, bool) {
			if (number == at)
				recorded = b.smmu.inject_event({{2, 0, 0, 0}});
		};
		ASSERT_EQ(t, board.wake(), 0);
		board.on_access = nullptr;
		board.drain();
		EXPECT_EQ(t, board.reports.events, recorded);
		events += recorded;
	}
	EXPECT(t, events > 10);
}

void error_on_the_way_up_is_serviced(Case& t)
{
	PowerBoard board(t);
	ASSERT(t, board.down());
	board.on_access = [](PowerBoard& b, u32, bool) {
		if (b.last_access.offset == reg::GERROR_IRQ_CFG0)
			b.smmu.raise_gerror(model::gerror::EVENTQ_ABT_ERR);
	};
	ASSERT_EQ(t, board.wake(), 0);
	board.on_access = nullptr;
	EXPECT_EQ(t, board.smmu.regs().gerror, board.smmu.regs().gerrorn);
}

// It must not be left translating with a queue that is stopped.
void service_failure_on_the_way_up_fails_it(Case& t)
{
	PowerBoard board(t);
	ASSERT(t, board.down());
	board.on_access = [](PowerBoard& b, u32, bool) {
		if (b.last_access.offset == reg::GERROR_IRQ_CFG0)
			b.smmu.enter_sfm();
	};
	EXPECT(t, board.wake() != 0);
	board.on_access = nullptr;
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	EXPECT_EQ(t, board.smmu.regs().cr0ack & model::cr0::SMMUEN, 0);
}

// The same, between the last look at STOP and the write of SMMUEN.
void service_failure_before_smmuen_fails_it(Case& t)
{
	PowerBoard board(t);
	ASSERT(t, board.down());
	board.on_access = [](PowerBoard& b, u32, bool write) {
		if (!write || b.last_access.offset != reg::CR0 ||
		    !(b.last_access.value & model::cr0::SMMUEN))
			return;
		b.on_access = nullptr;
		b.smmu.enter_sfm();
		b.deliver_gerror();
	};
	EXPECT(t, board.wake() != 0);
	EXPECT(t, !board.on_access);
	EXPECT_EQ(t, board.state(), SMMU_POWER_FAILED);
	EXPECT_EQ(t, board.smmu.regs().cr0ack & model::cr0::SMMUEN, 0);
}

// What software's indices say is what the hardware gets: positions go on where they were.
void queues_go_on_where_they_were(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	for (u32 i = 0; i < 40; i++) {
		board.reports.events = 0;
		board.dma(PowerBoard::kSid, kIova);  // F_TRANSLATION
		EXPECT_EQ(t, board.reports.events, 1);
		smmu_core_flush_domain(client.space.domain);
		ASSERT(t, board.cycle());
		const model::Regs& regs = board.smmu.regs();
		EXPECT_EQ(t, regs.cmdq.prod & ~regs.cmdq.mask(), 0);
		EXPECT(t, regs.cmdq.empty() && regs.eventq.empty() && regs.priq.empty());
	}
	EXPECT_EQ(t, board.stats().events, 40);
}

// Interrupts are still off when everything is invalidated.  A command that it could not read is
// read again; one that it refuses is lost, and an SMMU that may remember does not translate.
void error_in_the_first_commands(Case& t)
{
	constexpr u32 kCommands = 4;  // CFGI_ALL, TLBI_EL2_ALL, TLBI_NSNH_ALL, CMD_SYNC
	for (bool lost : {false, true})
		for (u32 at = 0; at < kCommands; at++) {
			PowerBoard board(t, register_setup());
			Client client(board);
			client.space.map(kIova, kPa, kPage);
			test_clock_fake(true);
			board.ns_per_poll = 10'000;
			ASSERT(t, board.down());
			board.smmu.fail_command(lost ? model::Cerror::ILL : model::Cerror::ABT, at);
			const bool fails = lost && at < kCommands - 1;
			EXPECT_EQ(t, board.wake(), fails ? kIo : 0);
			EXPECT_EQ(t, board.stats().gerrors, 1);
			EXPECT_EQ(t, board.stats().sync_timeouts, 0);
			EXPECT_EQ(t, board.reach(kIova), fails ? ~u64{0} : kPa);
			EXPECT_EQ(t, board.state(), fails ? SMMU_POWER_FAILED : SMMU_POWER_ACTIVE);
		}
}

}  // namespace

TEST_SUITE(resume, TEST_CASE(garbage_in_registers_does_not_matter), TEST_CASE(power_may_be_kept),
	   TEST_CASE(abort_is_first_and_translation_last),
	   TEST_CASE(costs_21_writes_12_reads_and_messages), TEST_CASE(messages_are_written_again),
	   TEST_CASE(message_that_changes_while_off_is_in_force_after),
	   TEST_CASE(message_may_change_at_any_moment_of_resume),
	   TEST_CASE(event_while_its_message_changes_is_reported),
	   TEST_CASE(event_at_every_access_does_not_delay_translation),
	   TEST_CASE(error_while_its_message_changes_is_serviced),
	   TEST_CASE(no_record_is_missed_on_the_way_up), TEST_CASE(error_on_the_way_up_is_serviced),
	   TEST_CASE(service_failure_on_the_way_up_fails_it),
	   TEST_CASE(service_failure_before_smmuen_fails_it),
	   TEST_CASE(queues_go_on_where_they_were), TEST_CASE(error_in_the_first_commands));
