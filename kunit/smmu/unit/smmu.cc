// SPDX-License-Identifier: GPL-2.0-only
// From any state of the registers to translating, and back to off.
#include "arm-smmu-v3/core.h"

#include <array>

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/smmu/fixture/firmware.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Firmware;
using test::Setup;

namespace {

constexpr int kTimedOut = -110;

struct Expected {
	u32 offset, width;
	u64 value;
	u64 ignored = 0;
};

u64 table_address()
{
	return (u64{1} << 52) - (1 << 6);
}

u64 queue_address()
{
	return (u64{1} << 52) - (1 << 5);
}

// The writes from number `first` on are these, and there are no others.
template <size_t N>
void expect_writes(Board& board, const std::array<Expected, N>& expected, size_t first = 0)
{
	const auto& log = board.smmu.register_writes();
	EXPECT_EQ(board.t, log.size(), first + N);
	for (size_t i = 0; i < N && first + i < log.size(); i++) {
		const RegWrite& write = log[first + i];
		EXPECT_EQ(board.t, write.offset, expected[i].offset);
		EXPECT_EQ(board.t, write.width, expected[i].width);
		EXPECT_EQ(board.t, write.value & ~expected[i].ignored,
			  expected[i].value & ~expected[i].ignored);
	}
}

constexpr u64 kRwa = u64{1} << 62;
constexpr u32 kGbpaReset = 0x1000, kAbort = gbpa::ABORT, kUpdate = gbpa::UPDATE;

// All that start() writes on the generous SMMU, found with GBPA and position as given.
auto all_writes(u32 gbpa_found, u32 position, u32 gerror)
{
	return std::to_array<Expected>({
		{reg::GBPA, 4, gbpa_found | kAbort | kUpdate},
		{reg::CR0, 4, 0},
		{reg::IRQ_CTRL, 4, 0},
		{reg::CR1, 4, 0xd75},
		{reg::CR2, 4, 0x6},  // PTM, RECINVSID
		{reg::STRTAB_BASE, 8, kRwa, table_address()},
		{reg::STRTAB_BASE_CFG, 4, 1u << 16 | 8u << 6 | 16},
		{reg::CMDQ_BASE, 8, kRwa | 8, queue_address()},
		{reg::CMDQ_PROD, 4, position},
		{reg::CMDQ_CONS, 4, position},
		{reg::EVENTQ_BASE, 8, kRwa | 8, queue_address()},
		{reg::EVENTQ_PROD, 4, 0},
		{reg::EVENTQ_CONS, 4, 0},
		{reg::PRIQ_BASE, 8, kRwa | 8, queue_address()},
		{reg::PRIQ_PROD, 4, 0},
		{reg::PRIQ_CONS, 4, 0},
		{reg::GERRORN, 4, gerror},
		{reg::CR0, 4, 0x1e},  // every queue, no translation
		{reg::CMDQ_PROD, 4, position + 4},
		{reg::EVENTQ_IRQ_CFG0, 8, 0},
		{reg::EVENTQ_IRQ_CFG1, 4, 0},
		{reg::EVENTQ_IRQ_CFG2, 4, 1},
		{reg::GERROR_IRQ_CFG0, 8, 0},
		{reg::GERROR_IRQ_CFG1, 4, 0},
		{reg::GERROR_IRQ_CFG2, 4, 1},
		{reg::PRIQ_IRQ_CFG0, 8, 0},
		{reg::PRIQ_IRQ_CFG1, 4, 0},
		{reg::PRIQ_IRQ_CFG2, 4, 1},
		{reg::IRQ_CTRL, 4, 7},
		{reg::CR0, 4, 0x1f},
	});
}

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
	expect_writes(board, all_writes(kGbpaReset, 0, 0));
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
		expect_writes(board, all_writes(kGbpaReset | (seed % 2 ? kAbort : 0), 0, 0));
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
	expect_writes(board, all_writes(kGbpaReset, 0, 0x4), before);
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

// An SMMU that does not acknowledge `which` is refused, in words, and lets nothing through until it is stopped.
// Then devices have to work without it: DMA is as it was before, but what firmware translated aborts.
void refuse_silent(Case& t, Ack which, const char* words)
{
	test_clock_fake(true);
	for (bool translating : {false, true}) {
		test_log_clear();
		Board board(t);
		std::optional<Firmware> firmware;
		const u32 found = board.smmu.regs().gbpa;
		if (translating)
			firmware.emplace(board);
		ASSERT_EQ(t, board.create(), 0);
		board.smmu.delay_ack(which, kForever);
		EXPECT_EQ(t, board.start(), kTimedOut);
		EXPECT_EQ(t, test_log_count(words), 1);
		EXPECT_EQ(t, board.stats().power.state, SMMU_POWER_FAILED);
		// Nobody waits for it from now on, and nobody is told that it did something.
		test::Space space(board);
		smmu_core_flush_domain(space.domain);
		EXPECT_EQ(t, board.stats().sync_timeouts, 0);
		board.smmu.delay_ack(which, 0);
		board.smmu.finish_acks();
		if (which != Ack::kGbpa)
			EXPECT(t, board.blocked(Firmware::kSid, Firmware::kIova));
		// Off in the end, and without a queue that was never set up.
		board.smmu.clear_logs();
		board.stop(SMMU_EXIT_FIRMWARE);
		EXPECT(t, !board.wrote(reg::CR0, cr0::CMDQEN));
		EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
		EXPECT_EQ(t, board.smmu.regs().gbpa, found | (translating ? kAbort : 0));
		EXPECT_EQ(t, board.blocked(Firmware::kSid, Firmware::kIova), translating);
		EXPECT_EQ(t, test_log_count("aborts"), translating);
		EXPECT_EQ(t, test_log_count("disabled, DMA behind it is not translated"),
			  !translating);
	}
}

void cr0_never_acknowledged(Case& t)
{
	refuse_silent(t, Ack::kCr0, "CR0 update not acknowledged");
}

void irq_ctrl_never_acknowledged(Case& t)
{
	refuse_silent(t, Ack::kIrqCtrl, "IRQ_CTRL update not acknowledged: wrote 0x7");
}

void gbpa_never_updated(Case& t)
{
	refuse_silent(t, Ack::kGbpa, "GBPA.Update does not clear");
}

void late_acknowledgements_are_waited_for(Case& t)
{
	test_clock_fake(true);
	Board board(t);
	for (Ack which : {Ack::kCr0, Ack::kIrqCtrl, Ack::kGbpa})
		board.smmu.delay_ack(which, 100);
	board.up();
	expect_writes(board, all_writes(kGbpaReset, 0, 0));
}

void queue_that_never_drains(Case& t)
{
	test_clock_fake(true);
	Board board(t, test::register_setup());
	board.ns_per_poll = 10'000'000;
	ASSERT_EQ(t, board.create(), 0);
	board.smmu.hold_sync(true);
	EXPECT_EQ(t, board.start(), kTimedOut);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout"), 1);
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
	EXPECT_EQ(t, board.stats().power.state, SMMU_POWER_FAILED);
	EXPECT(t, board.blocked(1, 0x1000));
	EXPECT(t, !(board.smmu.regs().cr0 & cr0::SMMUEN));
	test_log_clear();
	EXPECT_EQ(t, board.stats().power.state, SMMU_POWER_FAILED);
	board.stop();
	EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
	EXPECT_EQ(t, board.smmu.regs().irq_ctrlack, 0);
	EXPECT(t, board.blocked(1, 0x1000));
	board.smmu.hold_sync(false);
}

// As the in-tree driver says it: what was entered, and what the SMMU was given and has consumed.
void timeout_is_logged_with_the_registers(Case& t)
{
	test_clock_fake(true);
	Board board(t, test::register_setup());
	board.up();
	test::Space space(board);
	board.ns_per_poll = 10'000'000;
	board.smmu.hold_sync(true);
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.smmu.regs().cmdq.prod, 6);
	EXPECT_EQ(t, board.smmu.regs().cmdq.cons, 5);
	EXPECT_EQ(t,
		  test_log_count("CMD_SYNC timeout at 0x00000006 [hwprod 0x00000006, hwcons "
				 "0x00000005]"),
		  1);
	board.reports.muted = true;
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, board.stats().sync_timeouts, 2);
	EXPECT_EQ(t, board.reports.lines[SMMU_LINE_TIMEOUT], 2);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout"), 1);
	board.smmu.hold_sync(false);
}

// The queue is stopped while a producer waits: power may be off when it gives up.
void timeout_reads_no_register_of_a_stopped_queue(Case& t)
{
	test_clock_fake(true);
	Board board(t, test::register_setup());
	board.up();
	test::Space space(board);
	board.ns_per_poll = 10'000'000;
	board.smmu.hold_sync(true);
	board.before_read = [](Board& b, u32 offset) {
		if (offset == reg::GERROR && !(b.smmu.regs().gerror & gerror::SFM_ERR))
			b.smmu.enter_sfm();
		EXPECT(b.t, offset != reg::CMDQ_PROD);
	};
	smmu_core_flush_domain(space.domain);
	board.before_read = nullptr;
	EXPECT_EQ(t, board.stats().sync_timeouts, 1);
	EXPECT_EQ(t, test_log_count("CMD_SYNC timeout"), 1);
	EXPECT_EQ(t, test_log_count("hwprod"), 0);
	board.smmu.hold_sync(false);
}

void stop_leaves_it_aborting(Case& t)
{
	Board board(t);
	board.up();
	board.smmu.clear_logs();
	board.stop();
	expect_writes(board, std::to_array<Expected>({
				     {reg::GBPA, 4, kGbpaReset | kAbort | kUpdate},
				     {reg::CR0, 4, cr0::CMDQEN},
				     {reg::IRQ_CTRL, 4, 0},
				     {reg::CR0, 4, 0},
			     }));
	EXPECT(t, board.blocked(1, 0x1000));
	EXPECT_EQ(t, board.smmu.stats().dma_bypassed, 0);
	// A second time there is nothing to do.
	board.smmu.clear_logs();
	board.stop();
	EXPECT_EQ(t, board.smmu.register_writes().size(), 0);
}

void stop_leaves_it_as_firmware_had_it(Case& t)
{
	for (bool aborting : {false, true}) {
		Setup setup;
		setup.options.gbpa_resets_abort = aborting;
		Board board(t, setup);
		const u32 found = board.smmu.regs().gbpa;
		board.up();
		EXPECT_EQ(t, board.smmu.regs().gbpa, found | kAbort);
		board.stop(SMMU_EXIT_FIRMWARE);
		EXPECT_EQ(t, board.smmu.regs().gbpa, found);
		EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
		EXPECT_EQ(t, board.blocked(1, 0x1000), aborting);
		EXPECT_EQ(t, test_log_count("disabled, DMA behind it aborts"), aborting);
		EXPECT_EQ(t, test_log_count("disabled, DMA behind it is not translated"), 1);
	}
}

// What firmware had configured was a translation, and that is gone.
void stop_after_taking_over_leaves_it_aborting(Case& t)
{
	Board board(t);
	Firmware firmware(board);
	board.up();
	board.stop(SMMU_EXIT_FIRMWARE);
	EXPECT_EQ(t, board.smmu.regs().cr0ack, 0);
	EXPECT(t, board.blocked(Firmware::kSid, Firmware::kIova));
	EXPECT(t, board.blocked(1, 0x1000));
}

void no_register_after_stop(Case& t)
{
	Board board(t);
	board.up();
	test::Space space(board);
	test::Device device(board, {1});
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT(t, space.map(0x1000, 0x5000'0000, 0x1000));
	board.stop();
	board.smmu.power_off();
	EXPECT(t, space.unmap(0x1000, 0x1000));
	smmu_core_flush_domain(space.domain);
	EXPECT_EQ(t, device.attach_identity(), 0);
	EXPECT_EQ(t, device.attach(space), 0);
	device.destroy();
	space.destroy();
	EXPECT(t, board.stats().elided > 4);
}

void starts_again_after_stop(Case& t)
{
	Board board(t);
	board.up();
	test::Space space(board);
	test::Device device(board, {1});
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT(t, space.map(0x1000, 0x5000'0000, 0x1000));
	for (u32 round = 0; round < 100; round++) {
		EXPECT_EQ(t, board.dma(1, 0x1000).pa, 0x5000'0000);
		EXPECT(t, board.blocked(1, 0x2000));  // an event each time
		for (u32 i = 0; i < round % 7; i++)
			smmu_core_flush_domain(space.domain);
		board.stop();
		EXPECT(t, board.blocked(1, 0x1000));
		board.smmu.clear_logs();
		EXPECT_EQ(t, board.start(), 0);
	}
	EXPECT_EQ(t, board.reports.events, 100);
}

// Messages set before the start are written by it, later ones at once.
void interrupts_by_message(Case& t)
{
	Board board(t);
	ASSERT_EQ(t, board.create(), 0);
	smmu_core_set_msi(board.core, SMMU_VECTOR_EVTQ, 0x8020040, 0x1111);
	smmu_core_set_msi(board.core, SMMU_VECTOR_GERROR, 0xf'ffff'ffff'fffc, 0xffffffff);
	smmu_core_set_msi(board.core, SMMU_VECTOR_PRIQ, 0x8020044, 0x3333);
	EXPECT_EQ(t, board.smmu.stats().writes, 0);
	ASSERT_EQ(t, board.start(), 0);
	const Regs& regs = board.smmu.regs();
	EXPECT_EQ(t, regs.irq[0].addr, 0x8020040);
	EXPECT_EQ(t, regs.irq[0].data, 0x1111);
	EXPECT_EQ(t, regs.irq[0].attr, 1);
	EXPECT_EQ(t, regs.irq[1].addr, 0x8020044);
	EXPECT_EQ(t, regs.irq[1].data, 0x3333);
	EXPECT_EQ(t, regs.irq[3].addr, 0xf'ffff'ffff'fffc);
	EXPECT_EQ(t, regs.irq[3].data, 0xffffffff);
	board.lose_messages = true;  // nobody is at these addresses
	EXPECT(t, board.blocked(1, 0));
	ASSERT_EQ(t, board.smmu.msis().total(), 2);  // CMD_SYNC's, and this
	EXPECT_EQ(t, board.smmu.msis().last().addr, 0x8020040);
	EXPECT_EQ(t, board.smmu.msis().last().data, 0x1111);
	board.lose_messages = false;
}

}  // namespace

TEST_SUITE(smmu, TEST_CASE(create_writes_nothing), TEST_CASE(every_register_from_reset),
	   TEST_CASE(every_register_from_garbage), TEST_CASE(takes_over_from_firmware),
	   TEST_CASE(nothing_passes_during_start), TEST_CASE(without_pri_or_el2),
	   TEST_CASE(e2h_where_the_kernel_is_at_el2), TEST_CASE(page1_registers_in_page0),
	   TEST_CASE(crash_kernel_keeps_records_off), TEST_CASE(cr0_never_acknowledged),
	   TEST_CASE(irq_ctrl_never_acknowledged), TEST_CASE(gbpa_never_updated),
	   TEST_CASE(late_acknowledgements_are_waited_for), TEST_CASE(queue_that_never_drains),
	   TEST_CASE(timeout_is_logged_with_the_registers),
	   TEST_CASE(timeout_reads_no_register_of_a_stopped_queue),
	   TEST_CASE(stop_leaves_it_aborting), TEST_CASE(stop_leaves_it_as_firmware_had_it),
	   TEST_CASE(stop_after_taking_over_leaves_it_aborting), TEST_CASE(no_register_after_stop),
	   TEST_CASE(starts_again_after_stop), TEST_CASE(start_is_a_resume),
	   TEST_CASE(interrupts_by_message));
