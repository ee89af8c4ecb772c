// SPDX-License-Identifier: GPL-2.0-only
// The corner cases of Documentation/corner_cases.rst, by their numbers: registers, interrupts and records.
#include "kunit/smmu/fixture/power_board.hpp"
#include "os/os.h"

using namespace test;
namespace reg = model::reg;

namespace {

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
	// It would have no effect (IHI 0070 4.5.2).
	EXPECT_EQ(t, board.ops(model::Op::PRI_RESP), 0);
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
	board.take_counts();
	const smmu_info off = *smmu_core_info(board.core);
	for (size_t i = 0; i < std::size(on.idr); i++)
		EXPECT_EQ(t, on.idr[i], off.idr[i]);
	EXPECT_EQ(t, on.iidr, off.iidr);
	board.stats();
	EXPECT_EQ(t, board.access_count, 0);
	ASSERT_EQ(t, board.wake(), 0);
}

// GERROR, indices and caches survive; an error that was not serviced is reported before power goes.
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
	ASSERT_EQ(t, board.suspend(), 0);
	board.smmu.raise_gerror(model::gerror::EVENTQ_ABT_ERR);  // of no life that counts
	ASSERT_EQ(t, board.resume(), 0);
	EXPECT_EQ(t, board.smmu.regs().gerror, board.smmu.regs().gerrorn);
	EXPECT_EQ(t, board.stats().gerrors, 1);
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
	board.take_counts();
	const unsigned long flags = os_irq_save();
	EXPECT(t, client.space.unmap(kIova, kPage));
	smmu_core_flush_domain(client.space.domain);
	os_irq_restore(flags);
	EXPECT_EQ(t, board.access_count, 0);
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
	EXPECT_EQ(t, test_log_count("disabled after error"), 1);
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

TEST_SUITE(corner_cases_power, TEST_CASE(case_18_reset_value_of_gbpa_is_bypass),
	   TEST_CASE(case_19_messages_survive_and_change_while_off),
	   TEST_CASE(case_20_records_are_not_lost_with_power),
	   TEST_CASE(case_23_information_is_cached), TEST_CASE(case_28_power_that_is_kept),
	   TEST_CASE(case_31_atomic_callers_never_resume),
	   TEST_CASE(case_33_failed_resume_stays_aborting),
	   TEST_CASE(case_34_no_broadcasts_are_taken));
