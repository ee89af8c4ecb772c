// SPDX-License-Identifier: GPL-2.0-only
// How often a flush, or an answer to a stalled transaction, lets interrupts in.
#include "kunit/base/testos.h"
#include "kunit/host/host.hpp"
#include "kunit/smmu/fixture/stalls.hpp"

using test::Board;
using test::Case;
using test::Device;
using test::Space;

namespace {

constexpr u32 kSid = 9;
constexpr u64 kIova = 0x123'0000, kPage = 0x1000, kPa = 0x7000'0000;

// It consumes no command any more, and a second is soon over.
void stop_answering(Board& board)
{
	board.ns_per_poll = 100'000'000;
	board.smmu.set_deferred(true);
}

void start_answering(Board& board)
{
	board.smmu.set_deferred(false);
}

template <typename Flush>
u64 windows_of(Flush flush)
{
	const u64 before = host::irq_windows();
	flush();
	return host::irq_windows() - before;
}

// Interrupts are off for no longer than one SMMU takes to time out.
void interrupts_are_enabled_between_two_smmus_that_do_not_answer(Case& t)
{
	Board a(t, test::register_setup()), b(t, test::register_setup());
	a.up();
	b.up();
	Space space(a);
	Device at_a(a, {kSid}), at_b(b, {kSid});
	ASSERT(t, space.map(kIova, kPa, kPage));
	ASSERT_EQ(t, at_a.attach(space), 0);
	ASSERT_EQ(t, at_b.attach(space), 0);
	test_clock_fake(true);
	stop_answering(a);
	stop_answering(b);
	EXPECT_EQ(t, windows_of([&] { EXPECT(t, space.unmap(kIova, kPage)); }), 2);
	EXPECT_EQ(t, windows_of([&] { smmu_core_flush_domain(space.domain); }), 2);
	EXPECT_EQ(t, a.stats().sync_timeouts, 2);
	EXPECT_EQ(t, b.stats().sync_timeouts, 2);
	start_answering(b);
	start_answering(a);
	test_clock_fake(false);
	at_b.destroy();
	at_a.destroy();
}

void flush_of_one_smmu_enables_interrupts_at_its_end_only(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {kSid});
	ASSERT(t, space.map(kIova, kPa, kPage));
	ASSERT_EQ(t, device.attach(space), 0);
	EXPECT_EQ(t, windows_of([&] { EXPECT(t, space.unmap(kIova, kPage)); }), 1);
	EXPECT_EQ(t, windows_of([&] { smmu_core_flush_domain(space.domain); }), 1);
	device.destroy();
}

// Not in between, where a suspend could end the transaction, and its tag be another one's.  Before, it is looked for
// what must be invalidated (stalls.cc).
void answer_enables_interrupts_before_and_at_its_end(Case& t)
{
	Board board(t);
	board.up();
	test::ResolvedSpace space(board);
	test::StallingDevice device(board, {kSid});
	ASSERT_EQ(t, device.attach(space), 0);
	EXPECT_EQ(t, board.dma(kSid, kIova).outcome, model::Outcome::kStalled);
	ASSERT_EQ(t, board.reports.nr_faults, 1);
	EXPECT_EQ(t, windows_of([&] { test::answer(board, 0, SMMU_STALL_RETRY); }), 2);
	EXPECT_EQ(t, board.ops(model::Op::RESUME), 1);
	device.destroy();
}

}  // namespace

TEST_SUITE(flush_windows, TEST_CASE(interrupts_are_enabled_between_two_smmus_that_do_not_answer),
	   TEST_CASE(flush_of_one_smmu_enables_interrupts_at_its_end_only),
	   TEST_CASE(answer_enables_interrupts_before_and_at_its_end));
