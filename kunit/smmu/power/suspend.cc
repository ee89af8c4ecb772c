// SPDX-License-Identifier: GPL-2.0-only
// Suspend: the order of its steps, what it saves from being lost, what it leaves alone.
#include "kunit/smmu/fixture/power_board.hpp"

using namespace test;
namespace reg = model::reg;

namespace {

constexpr u32 kAbort = model::gbpa::ABORT, kUpdate = model::gbpa::UPDATE;

// Registers written, in the order of Documentation/power.rst.
void steps_are_in_order(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	board.take_counts();
	ASSERT_EQ(t, board.suspend(), 0);
	const struct {
		u32 offset;
		u64 mask, value;
	} expected[] = {
		{reg::GBPA, kAbort | kUpdate, kAbort | kUpdate},
		{reg::CR0, ~u64{0}, model::cr0::CMDQEN},
		{reg::IRQ_CTRL, ~u64{0}, 0},
		{reg::CR0, ~u64{0}, 0},
	};
	u32 step = 0;
	for (u32 i = 0; i < board.access_count; i++) {
		const auto& access = board.accesses[i];
		if (!access.write)
			continue;
		ASSERT(t, step < std::size(expected));
		EXPECT_EQ(t, access.offset, expected[step].offset);
		EXPECT_EQ(t, access.value & expected[step].mask, expected[step].value);
		step++;
	}
	EXPECT_EQ(t, step, std::size(expected));
	EXPECT_EQ(t, board.resume(), 0);
}

// 4 writes and 11 reads: GBPA 3, CR0ACK 2, IRQ_CTRLACK, both record queues' PROD, CONS, GERROR, GERRORN.
void costs_four_writes_and_eleven_reads(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	board.take_counts();
	ASSERT_EQ(t, board.suspend(), 0);
	const auto counts = board.take_counts();
	EXPECT_EQ(t, counts.writes, 4);
	EXPECT_EQ(t, counts.reads, 11);
	EXPECT_EQ(t, board.resume(), 0);
}

void states_are_entered_in_order(Case& t)
{
	PowerBoard board(t);
	board.reports.transitions = 0;
	EXPECT(t, board.cycle());
	const smmu_power_state expected[] = {SMMU_POWER_DRAINING, SMMU_POWER_SUSPENDED,
					     SMMU_POWER_RESUMING, SMMU_POWER_ACTIVE};
	ASSERT_EQ(t, board.reports.transitions, std::size(expected));
	for (size_t i = 0; i < std::size(expected); i++)
		EXPECT_EQ(t, board.reports.states[i], expected[i]);
	EXPECT_EQ(t, board.reports.rollbacks, 0);
	EXPECT_EQ(t, board.reports.last_drain, 0);
}

void time_is_accounted_for(Case& t)
{
	PowerBoard board(t);
	test_clock_fake(true);
	const smmu_power before = board.stats().power;
	test_clock_advance(5'000'000);
	ASSERT(t, board.down());
	test_clock_advance(7'000'000);
	EXPECT_EQ(t, board.wake(), 0);
	smmu_power now = board.stats().power;
	EXPECT_EQ(t, now.suspends, before.suspends + 1);
	EXPECT_EQ(t, now.resumes, before.resumes + 1);
	EXPECT(t, now.residency_ns[SMMU_POWER_ACTIVE] >= 5'000'000);
	EXPECT(t, now.residency_ns[SMMU_POWER_SUSPENDED] >= 7'000'000);
	EXPECT(t, now.residency_ns[SMMU_POWER_SUSPENDED] < 8'000'000);
	EXPECT(t, now.last_suspend_ns && now.last_suspend_ns < 1'000'000);
	EXPECT_EQ(t, now.worst_suspend_ns, now.last_suspend_ns);
	// A slow one is the worst from now on, and the next one the last.
	board.smmu.delay_ack(model::Ack::kCr0, 100);
	EXPECT(t, board.cycle());
	const u64 slow = board.stats().power.last_suspend_ns;
	board.smmu.delay_ack(model::Ack::kCr0, 0);
	EXPECT(t, board.cycle());
	now = board.stats().power;
	EXPECT_EQ(t, now.worst_suspend_ns, slow);
	EXPECT(t, now.last_suspend_ns < slow);
	EXPECT(t, now.last_resume_ns < now.worst_resume_ns);
	EXPECT_EQ(t, now.suspends, before.suspends + 3);
}

// Whatever is asked for while power is off is done in memory, and the SMMU is left alone.
void nothing_is_accessed_while_off(Case& t)
{
	for (const Setup& setup : {Setup{}, event_setup(), register_setup()}) {
		PowerBoard board(t, setup);
		Client client(board);
		client.space.map(kIova, kPa, kPage);
		EXPECT_EQ(t, board.reach(kIova), kPa);
		ASSERT(t, board.down());
		board.take_counts();
		EXPECT(t, client.space.unmap(kIova, kPage));
		smmu_core_flush_domain(client.space.domain);
		EXPECT_EQ(t, client.device.attach_identity(), 0);
		EXPECT_EQ(t, client.device.attach_blocked(), 0);
		{
			Space other(board);
			other.map(kIova, kPa, kPage);
			Device another(board, {77, 300});
			EXPECT_EQ(t, another.error, 0);
			EXPECT_EQ(t, another.attach(other), 0);
			another.destroy();
		}
		EXPECT_EQ(t, client.device.attach(client.space), 0);
		smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0x1000, 7);
		smmu_core_info(board.core);
		board.stats();
		EXPECT_EQ(t, board.access_count, 0);
		EXPECT(t, board.blocked(PowerBoard::kSid, kIova));
		smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0, 0);
		EXPECT_EQ(t, board.wake(), 0);
		client.space.map(kIova, kPa + kPage, kPage);
		EXPECT_EQ(t, board.reach(kIova), kPa + kPage);
	}
}

// A client that is not quiet: its DMA aborts at every step on the way, or is translated; it never bypasses.
void dma_is_never_let_through(Case& t)
{
	PowerBoard board(t);
	Client client(board);
	client.space.map(kIova, kPa, kPage);
	static constinit bool inside = false;
	board.on_access = [](PowerBoard& b, u32, bool) {
		if (inside || !b.smmu.powered())
			return;
		inside = true;
		const model::Dma done = b.smmu.translate(PowerBoard::kSid, std::nullopt, kIova, {});
		EXPECT(b.t,
		       done.outcome == model::Outcome::kAborted ||
			       (done.outcome == model::Outcome::kTranslated && done.pa == kPa));
		inside = false;
	};
	ASSERT_EQ(t, board.suspend(), 0);
	EXPECT_EQ(t, board.resume(), 0);
	EXPECT_EQ(t, board.smmu.stats().dma_bypassed, 0);
}

}  // namespace

TEST_SUITE(suspend, TEST_CASE(steps_are_in_order), TEST_CASE(costs_four_writes_and_eleven_reads),
	   TEST_CASE(states_are_entered_in_order), TEST_CASE(time_is_accounted_for),
	   TEST_CASE(nothing_is_accessed_while_off), TEST_CASE(dma_is_never_let_through));
