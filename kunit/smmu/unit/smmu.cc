// SPDX-License-Identifier: GPL-2.0-only
// From any state of the registers to translating.
#include "arm-smmu-v3/core.h"

#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"
#include "kunit/smmu/fixture/firmware.hpp"
#include "kunit/smmu/fixture/register_log.hpp"

using namespace model;
using test::Board;
using test::Case;
using test::expect_start;
using test::Firmware;
using test::kGbpaReset;
using test::Setup;

namespace {

void create_writes_nothing(Case& t)
{
	Board board(t);
	ASSERT_EQ(t, board.create(), 0);
	EXPECT_EQ(t, board.smmu.stats().writes, 0);
	EXPECT(t, board.smmu.stats().reads <= 10);
	const smmu_info* info = smmu_core_info(board.core);
	EXPECT_EQ(t, info->idr[0], board.smmu.ids().idr0);
	EXPECT_EQ(t, info->idr[5], board.smmu.ids().idr5);
	EXPECT_EQ(t, info->queue_entries[0], 256);
	EXPECT(t, info->has_stage1 && info->has_stage2 && info->has_msi && info->has_pri);
}

void every_register_from_reset(Case& t)
{
	Board board(t);
	board.up();
	expect_start(board, kGbpaReset, 0);
	EXPECT_EQ(t, board.ops(Op::CFGI_STE_RANGE), 1);
	EXPECT_EQ(t, board.ops(Op::TLBI_EL2_ALL), 1);
	EXPECT_EQ(t, board.ops(Op::TLBI_NSNH_ALL), 1);
	EXPECT_EQ(t, board.ops(Op::SYNC), 1);
	EXPECT_EQ(t, board.smmu.commands()[0].w[1], 31);
	EXPECT_EQ(t, board.smmu.regs().cr0ack, 0x1f);
	EXPECT_EQ(t, board.smmu.regs().irq_ctrlack, 7);
	// 30 writes, and no more reads than acknowledgements and read-modify-writes need.
	EXPECT_EQ(t, board.smmu.stats().writes, 30);
	EXPECT(t, board.smmu.stats().reads <= 22);
}

// The first start is traced and counted as a resume, and its time is none of suspension.
void start_is_a_resume(Case& t)
{
	Board board(t);
	board.up();
	ASSERT_EQ(t, board.reports.transitions, 2);
	EXPECT_EQ(t, board.reports.states[0], SMMU_POWER_RESUMING);
	EXPECT_EQ(t, board.reports.states[1], SMMU_POWER_ACTIVE);
	const smmu_power power = board.stats().power;
	EXPECT_EQ(t, power.resumes, 1);
	EXPECT_EQ(t, power.suspends, 0);
	EXPECT_EQ(t, power.residency_ns[SMMU_POWER_SUSPENDED], 0);
}

// Whatever the registers hold out of reset, what the driver needs is written.
void every_register_from_garbage(Case& t)
{
	for (u64 seed = 1; seed < 40; seed++) {
		Setup setup;
		setup.options.seed = seed * 0x9e37'79b9'7f4a'7c15;
		setup.options.gbpa_resets_abort = seed % 2;
		Board board(t, setup);
		board.up();
		expect_start(board, kGbpaReset | (seed % 2 ? gbpa::ABORT : 0), 0);
		EXPECT(t, board.blocked(3, 0x1000));
	}
}

void takes_over_from_firmware(Case& t)
{
	Board board(t);
	Firmware firmware(board);
	board.smmu.raise_gerror(0x4);
	board.smmu.write32(reg::IRQ_CTRL, 7);
	const size_t before = board.smmu.register_writes().size();
	board.up();
	EXPECT_EQ(t, test_log_count("SMMU currently enabled! Resetting..."), 1);
	expect_start(board, kGbpaReset, 0x4, before);
	// Nothing of firmware's is left: the stream, its STE and its translations.
	EXPECT(t, board.blocked(Firmware::kSid, Firmware::kIova));
	test::Space space(board);
	test::Device device(board, {Firmware::kSid});
	ASSERT_EQ(t, device.attach(space), 0);
	EXPECT(t, board.blocked(Firmware::kSid, Firmware::kIova));
	ASSERT(t, space.map(Firmware::kIova, 0x7000'0000, 0x1000));
	EXPECT_EQ(t, board.dma(Firmware::kSid, Firmware::kIova).pa, 0x7000'0000);
}

// From the first write on, no transaction gets anywhere: neither untranslated nor by firmware's tables.
void nothing_passes_during_start(Case& t)
{
	for (bool translating : {false, true}) {
		Board board(t);
		std::optional<Firmware> firmware;
		if (translating)
			firmware.emplace(board);
		ASSERT_EQ(t, board.create(), 0);
		board.boundary_context = &board;
		static constinit u32 looks = 0;
		looks = 0;
		board.boundary = [](void* context) {
			auto* b = static_cast<Board*>(context);
			looks++;
			// GBPA does not matter yet while firmware's translation is still on.
			if (b->smmu.regs().cr0ack & cr0::SMMUEN &&
			    !(b->smmu.regs().cr0 & cr0::EVENTQEN))
				return;
			for (u32 sid : {0u, Firmware::kSid, 300u})
				EXPECT(b->t,
				       !b->smmu.translate(sid, std::nullopt, Firmware::kIova, {})
						.ok());
		};
		EXPECT_EQ(t, board.start(), 0);
		board.boundary = nullptr;
		EXPECT_EQ(t, looks, 30);
	}
}

void without_pri_or_el2(Case& t)
{
	Board board(t, test::with_idr0({}, 1u << 16 | 1u << 10 | 1u << 9, 0));
	board.up();
	const auto& log = board.smmu.register_writes();
	for (size_t i = 0; i < log.size(); i++) {
		const u32 low = log[i].offset & 0xffff;
		EXPECT(t, low < 0xc0 || low > 0xdc);
	}
	EXPECT_EQ(t, board.smmu.regs().cr0, 0xd);
	EXPECT_EQ(t, board.smmu.regs().irq_ctrl, 5);
	EXPECT_EQ(t, board.ops(Op::TLBI_EL2_ALL), 0);
	smmu_core_drain_priq(board.core);
}

void e2h_where_the_kernel_is_at_el2(Case& t)
{
	Setup setup;
	setup.platform.vhe = true;
	Board board(t, setup);
	board.up();
	EXPECT_EQ(t, board.smmu.regs().cr2, 7);
}

void page1_registers_in_page0(Case& t)
{
	Setup setup;
	setup.options.page1_in_page0 = true;
	setup.platform.options = SMMU_OPT_PAGE0_REGS_ONLY;
	Board board(t, setup);
	board.platform.page1 = board.platform.page0;
	board.up();
	EXPECT(t, board.wrote(0xa8, 0) && board.wrote(0xcc, 0));
	EXPECT(t, board.blocked(7, 0));
	EXPECT_EQ(t, board.reports.events, 1);
}

void crash_kernel_keeps_records_off(Case& t)
{
	Setup setup;
	setup.platform.crash_kernel = true;
	Board board(t, setup);
	Firmware firmware(board);
	board.up();
	EXPECT_EQ(t, board.smmu.regs().cr0, cr0::SMMUEN | cr0::CMDQEN | cr0::ATSCHK);
	for (u32 i = 0; i < 300; i++)
		EXPECT(t, board.blocked(Firmware::kSid, Firmware::kIova));
	EXPECT_EQ(t, board.reports.events, 0);
	EXPECT_EQ(t, board.smmu.regs().eventq.prod & 0xfffff, 0);
}

}  // namespace

TEST_SUITE(smmu, TEST_CASE(create_writes_nothing), TEST_CASE(every_register_from_reset),
	   TEST_CASE(start_is_a_resume), TEST_CASE(every_register_from_garbage),
	   TEST_CASE(takes_over_from_firmware), TEST_CASE(nothing_passes_during_start),
	   TEST_CASE(without_pri_or_el2), TEST_CASE(e2h_where_the_kernel_is_at_el2),
	   TEST_CASE(page1_registers_in_page0), TEST_CASE(crash_kernel_keeps_records_off));
