// SPDX-License-Identifier: GPL-2.0-only
// An SMMU that does not answer: what it may still use is neither freed nor used again.
#include "arm-smmu-v3/core.h"

#include "kunit/smmu/fixture/power_board.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;
using test::Space;

namespace {

constexpr int kTimedOut = -110;
constexpr u32 kSid = 9;
constexpr u64 kIova = 0x123'0000, kPage = 0x1000, kPa = 0x7000'0000;

// A device in a domain of two pages.  The SMMU has cached the STE, the CD and the first page.
struct Scene {
	explicit Scene(Case& the_case, smmu_stage stage = SMMU_STAGE_1)
		: t(the_case),
		  board(the_case, test::register_setup()),
		  started((board.up(), true)),
		  space(board, stage),
		  device(board, {kSid})
	{
		EXPECT(t, space.map(kIova, kPa, kPage));
		EXPECT(t, space.map(kIova + kPage, kPa + kPage, kPage));
		EXPECT_EQ(t, device.attach(space), 0);
		EXPECT_EQ(t, board.dma(kSid, kIova).pa, kPa);
		test_clock_fake(true);
		board.ns_per_poll = 100'000'000;
	}
	~Scene() { answer(); }

	void silence() { board.smmu.set_deferred(true); }
	void answer() { board.smmu.set_deferred(false); }

	// The number that the SMMU knows a new domain by.
	u64 number_of(Space& other)
	{
		EXPECT_EQ(t, device.attach(other), 0);
		smmu_core_flush_domain(other.domain);
		const u64 word = board.smmu.commands().last(1).w[0];
		return other.table().stage == SMMU_STAGE_1 ? word >> 48 : word >> 32 & 0xffff;
	}

	Case& t;
	Board board;
	bool started;
	Space space;
	Device device;
};

constexpr smmu_stage kStages[] = {SMMU_STAGE_1, SMMU_STAGE_2};

// The SMMU has cached where the page table is, and walks it.
void domain_stays_while_the_smmu_may_walk_it(Case& t)
{
	for (smmu_stage stage : kStages)
		for (bool identity : {false, true}) {
			Scene scene(t, stage);
			scene.silence();
			EXPECT_EQ(t,
				  identity ? scene.device.attach_identity()
					   : scene.device.attach_blocked(),
				  kTimedOut);
			scene.space.destroy();
			EXPECT(t, scene.space.exists());
			EXPECT_EQ(t, test_log_count("leaking"), 1);
			EXPECT_EQ(t, scene.board.dma(kSid, kIova + kPage).pa, kPa + kPage);
			scene.answer();
			EXPECT_EQ(t, scene.board.blocked(kSid, kIova), !identity);
			Space other(scene.board, stage);
			EXPECT_EQ(t, scene.number_of(other), 2);
			EXPECT_EQ(t, scene.device.attach_blocked(), 0);
			test_log_clear();
		}
}

// Unmapping has no error to return, so the domain remembers nothing: its SMMU does.
void domain_stays_after_an_unmapping_without_answer(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		scene.silence();
		EXPECT(t, scene.space.unmap(kIova, kPage));
		EXPECT_EQ(t, scene.device.attach_blocked(), kTimedOut);
		scene.space.destroy();
		EXPECT(t, scene.space.exists());
		EXPECT_EQ(t, test_log_count("leaking"), 1);
		test_log_clear();
	}
}

// Everything is forgotten before the domain is freed, not only its own translations.
void domain_is_freed_once_the_smmu_answers(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		scene.silence();
		EXPECT_EQ(t, scene.device.attach_blocked(), kTimedOut);
		scene.answer();
		const u64 all = scene.board.ops(Op::CFGI_STE_RANGE);
		scene.space.destroy();
		EXPECT(t, !scene.space.exists());
		EXPECT_EQ(t, scene.board.ops(Op::CFGI_STE_RANGE), all + 1);
		Space other(scene.board, stage);
		EXPECT_EQ(t, scene.number_of(other), 1);
		EXPECT_EQ(t, scene.device.attach_blocked(), 0);
		other.destroy();
		EXPECT_EQ(t, scene.board.ops(Op::CFGI_STE_RANGE), all + 1);
		EXPECT_EQ(t, test_log_count("leaking"), 0);
	}
}

void resume_makes_up_for_what_was_not_answered(Case& t)
{
	Scene scene(t);
	scene.silence();
	EXPECT_EQ(t, scene.device.attach_blocked(), kTimedOut);
	scene.answer();
	ASSERT_EQ(t, smmu_core_suspend(scene.board.core), 0);
	ASSERT_EQ(t, smmu_core_resume(scene.board.core), 0);
	const u64 all = scene.board.ops(Op::CFGI_STE_RANGE);
	scene.space.destroy();
	EXPECT(t, !scene.space.exists());
	EXPECT_EQ(t, scene.board.ops(Op::CFGI_STE_RANGE), all);
}

// While it is off there is nothing that it may use.
void domain_is_freed_while_the_smmu_is_off(Case& t)
{
	Scene scene(t);
	scene.silence();
	EXPECT_EQ(t, scene.device.attach_blocked(), kTimedOut);
	scene.answer();
	ASSERT_EQ(t, smmu_core_suspend(scene.board.core), 0);
	scene.space.destroy();
	EXPECT(t, !scene.space.exists());
	EXPECT_EQ(t, smmu_core_resume(scene.board.core), 0);
}

// A command that the SMMU refuses has been replaced: its CMD_SYNC completes all the same.
void refused_invalidation_is_made_up_for(Case& t)
{
	Scene scene(t);
	const u64 all = scene.board.ops(Op::TLBI_NSNH_ALL);
	scene.board.smmu.fail_command(Cerror::ILL);
	ASSERT_EQ(t, scene.device.attach_blocked(), 0);
	scene.space.destroy();
	EXPECT_EQ(t, scene.board.ops(Op::TLBI_NSNH_ALL), all + 1);
	EXPECT(t, !scene.space.exists());
	Space other(scene.board);
	ASSERT_EQ(t, scene.device.attach(other), 0);
	EXPECT(t, scene.board.blocked(kSid, kIova));
	scene.device.destroy();
}

// Pages whose tables are empty, or removed as a whole.
constexpr u64 kEmpty = 0x4000'0000, kWhole = 0x8000'0000, kRegion = 0x20'0000;

void map_regions(Scene& scene)
{
	EXPECT(scene.t, scene.space.map(kEmpty, kPa, kPage));
	EXPECT(scene.t, scene.space.unmap(kEmpty, kPage));
	for (u64 page = 0; page < kRegion; page += kPage)
		EXPECT(scene.t, scene.space.map(kWhole + page, kPa + page, kPage));
}

u64 table_bytes(const Scene& scene)
{
	return smmu_core_domain_table_bytes(scene.space.domain);
}

void empty_tables_stay_while_the_smmu_may_walk_them(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		map_regions(scene);
		const u64 before = table_bytes(scene);
		scene.silence();
		test_reclaim_tables();
		EXPECT_EQ(t, table_bytes(scene), before);
		scene.answer();
		test_reclaim_tables();
		EXPECT(t, table_bytes(scene) < before);
		EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kPa);
	}
}

void removed_tables_stay_while_the_smmu_may_walk_them(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		map_regions(scene);
		test_reclaim_tables();
		const u64 before = table_bytes(scene);
		scene.silence();
		EXPECT(t, scene.space.remove(kWhole, kRegion));
		EXPECT_EQ(t, table_bytes(scene), before);
		EXPECT_EQ(t, scene.space.look_up(kWhole), 0u);
		scene.answer();
		const u64 all = scene.board.ops(Op::CFGI_STE_RANGE);
		test_reclaim_tables();
		EXPECT_EQ(t, scene.board.ops(Op::CFGI_STE_RANGE), all + 1);
		EXPECT(t, table_bytes(scene) < before);
	}
}

// As its other tables: freed once the SMMU answers, or else leaked.
void removed_tables_share_the_end_of_their_domain(Case& t)
{
	for (bool silent : {false, true}) {
		Scene scene(t);
		map_regions(scene);
		scene.silence();
		EXPECT(t, scene.space.remove(kWhole, kRegion));
		const u64 before = table_bytes(scene);
		if (!silent)
			scene.answer();
		EXPECT_EQ(t, scene.device.attach_blocked(), silent ? kTimedOut : 0);
		scene.space.destroy();
		EXPECT_EQ(t, scene.space.exists(), silent);
		EXPECT_EQ(t, test_leaked_table_bytes(), silent ? before : 0u);
		test_log_clear();
	}
}

// What a device leaves allocated that goes from a domain.
u32 left_by_a_device(Case& t, bool silent)
{
	Scene scene(t);
	const u32 before = test_live_allocs();
	Device other(scene.board, {kSid + 1}, 5);
	EXPECT_EQ(t, other.attach(scene.space), 0);
	if (silent)
		scene.silence();
	other.destroy();
	const u32 left = test_live_allocs() - before;
	scene.answer();
	EXPECT(t, scene.board.blocked(kSid + 1, kIova));
	EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kPa);
	EXPECT_EQ(t, test_log_count("CD table"), silent);
	test_log_clear();
	return left;
}

void cd_table_stays_while_the_smmu_may_read_it(Case& t)
{
	EXPECT_EQ(t, left_by_a_device(t, false), 0);
	EXPECT(t, left_by_a_device(t, true) > 0);
}

// Its queues and tables, too, until CR0 = 0 is acknowledged.
void smmu_that_does_not_stop_keeps_its_memory(Case& t)
{
	Board board(t, test::register_setup());
	board.up();
	test_clock_fake(true);
	const u32 before = test_live_allocs();
	board.smmu.delay_ack(Ack::kCr0, kForever);
	board.stop();
	smmu_core_destroy(board.core);
	EXPECT_EQ(t, test_live_allocs(), before);
	EXPECT_EQ(t, test_log_count("leaking"), 1);
	board.smmu.delay_ack(Ack::kCr0, 0);
	board.smmu.finish_acks();
	board.stop();
	board.destroy();
	EXPECT(t, test_live_allocs() < before);
}

// A started SMMU and a domain that goes while the SMMU is being turned off.
struct Going {
	explicit Going(Case& t)
		: board(t, test::register_setup()),
		  space(board),
		  device(board, {kSid})
	{
		EXPECT_EQ(t, device.attach(space), 0);
		test_clock_fake(true);
		board.ns_per_poll = 1'000'000;
		the_going = this;
	}
	~Going() { answer(); }

	void silence() { board.smmu.delay_ack(Ack::kCr0, kForever); }
	void answer()
	{
		board.on_access = nullptr;
		board.smmu.delay_ack(Ack::kCr0, 0);
		board.smmu.finish_acks();
	}
	// The device is detached, and the domain is freed.
	void leave()
	{
		(void)device.attach_blocked();
		space.destroy();
	}
	bool exists() const { return space.exists(); }

	test::PowerBoard board;
	Space space;
	Device device;
	static constinit inline Going* the_going = nullptr;
};

bool writes_cr0(const test::PowerBoard& board, u32 value)
{
	const auto& access = board.last_access;
	return access.write && access.offset == reg::CR0 && access.value == value;
}

// SMMUEN is acknowledged too late for resume, which gives up, and CR0 = 0 not at all: the first look at CR0ACK behind
// STOP is where the domain goes.
void domain_stays_between_stop_and_the_look_at_cr0ack(Case& t)
{
	Going going(t);
	ASSERT(t, going.board.down());
	going.board.on_access = [](test::PowerBoard& board, u32, bool write) {
		if (write && board.last_access.offset == reg::CR0 &&
		    board.last_access.value & cr0::SMMUEN)
			Going::the_going->silence();
		if (!test_log_count("not acknowledged"))
			return;
		if (!write && board.last_access.offset == reg::CR0)
			board.smmu.finish_acks();  // it translates
		if (!writes_cr0(board, 0))
			return;
		board.on_access = [](test::PowerBoard& b, u32, bool) {
			if (b.last_access.offset != reg::CR0ACK)
				return;
			b.on_access = nullptr;
			Going::the_going->leave();
		};
	};
	EXPECT_EQ(t, going.board.wake(), kTimedOut);
	EXPECT(t, !going.board.on_access);
	EXPECT(t, going.board.smmu.regs().cr0ack & cr0::SMMUEN);
	EXPECT(t, going.exists());
	EXPECT_EQ(t, test_log_count("leaking"), 1);
}

// The same in stop(), while it waits for IRQ_CTRL.
void domain_stays_while_stop_waits(Case& t)
{
	Going going(t);
	going.silence();
	going.board.on_access = [](test::PowerBoard& b, u32, bool) {
		if (b.last_access.offset != reg::IRQ_CTRLACK)
			return;
		b.on_access = nullptr;
		Going::the_going->leave();
	};
	going.board.stop();
	EXPECT(t, !going.board.on_access);
	EXPECT(t, going.board.smmu.regs().cr0ack & cr0::SMMUEN);
	EXPECT(t, going.exists());
	EXPECT_EQ(t, test_log_count("leaking"), 1);
	going.answer();
	going.board.stop();
}

// CR0 = 0 takes a few looks to be in force, as any value.
void domain_is_freed_once_the_failed_smmu_is_off(Case& t)
{
	Going going(t);
	ASSERT(t, going.board.down());
	going.board.on_access = [](test::PowerBoard& board, u32, bool) {
		if (board.last_access.write && board.last_access.value & cr0::CMDQEN &&
		    board.last_access.offset == reg::CR0)
			board.smmu.set_deferred(true);
		if (writes_cr0(board, 0) && test_log_count("CMD_SYNC timeout"))
			board.smmu.delay_ack(Ack::kCr0, 5);
	};
	EXPECT_EQ(t, going.board.wake(), kTimedOut);
	going.board.smmu.set_deferred(false);
	EXPECT_EQ(t, going.board.smmu.regs().cr0ack, 0);
	going.leave();
	EXPECT(t, !going.exists());
	EXPECT_EQ(t, test_log_count("leaking"), 0);
}

}  // namespace

TEST_SUITE(unanswered, TEST_CASE(domain_stays_while_the_smmu_may_walk_it),
	   TEST_CASE(domain_stays_after_an_unmapping_without_answer),
	   TEST_CASE(domain_is_freed_once_the_smmu_answers),
	   TEST_CASE(resume_makes_up_for_what_was_not_answered),
	   TEST_CASE(domain_is_freed_while_the_smmu_is_off),
	   TEST_CASE(refused_invalidation_is_made_up_for),
	   TEST_CASE(empty_tables_stay_while_the_smmu_may_walk_them),
	   TEST_CASE(removed_tables_stay_while_the_smmu_may_walk_them),
	   TEST_CASE(removed_tables_share_the_end_of_their_domain),
	   TEST_CASE(cd_table_stays_while_the_smmu_may_read_it),
	   TEST_CASE(smmu_that_does_not_stop_keeps_its_memory),
	   TEST_CASE(domain_stays_between_stop_and_the_look_at_cr0ack),
	   TEST_CASE(domain_stays_while_stop_waits),
	   TEST_CASE(domain_is_freed_once_the_failed_smmu_is_off));
