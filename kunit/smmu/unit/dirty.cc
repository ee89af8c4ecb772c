// SPDX-License-Identifier: GPL-2.0-only
// Dirty tracking: what a device writes to is reported, at both stages.
#include "arm-smmu-v3/core.h"

#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"
#include "os/os.h"

using model::Op;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;
using test::Space;

namespace {

constexpr u32 kSid = 7;
constexpr u64 kPage = 4096, kBlock = 2 << 20, kIova = 0x40'0000, kPa = 0x7640'0000;
constexpr int kInvalid = -22, kTimedOut = -110;
constexpr smmu_stage kStages[] = {SMMU_STAGE_1, SMMU_STAGE_2};
// SMMU_IDR0.
constexpr u32 kHttu = 3u << 6, kAccessFlag = 1u << 6, kDirtyState = 2u << 6, kTableFlag = 3u << 6;

struct Tracked {
	Tracked(Case& the_case, smmu_stage stage, const Setup& setup = {})
		: t(the_case),
		  board(the_case, setup),
		  started((board.up(), true)),
		  space(board, stage, true),
		  device(board, {kSid})
	{
		EXPECT_EQ(t, device.attach(space), 0);
	}

	bool write(u64 iova) { return board.dma(kSid, iova, true).ok(); }
	bool read(u64 iova) { return board.dma(kSid, iova).ok(); }

	int try_take(u64 iova, u64 bytes, bool clear = true)
	{
		taken = first = 0;
		const auto record = [](void* self, u64 at, u64 length) {
			os_reschedule();  // it may sleep
			auto& to = *static_cast<Tracked*>(self);
			if (!to.taken)
				to.first = at;
			to.taken += length;
		};
		return smmu_core_read_dirty(space.domain, iova, bytes, clear, record, this);
	}
	// The bytes that were written to, which are clean afterwards.
	u64 take(u64 iova, u64 bytes)
	{
		EXPECT_EQ(t, try_take(iova, bytes), 0);
		if (taken)
			space.flush(iova, bytes, kPage);
		return taken;
	}

	Case& t;
	Board board;
	bool started;
	Space space;
	Device device;
	u64 taken = 0, first = 0;
};

void a_write_is_recorded_and_a_read_is_not(Case& t)
{
	for (smmu_stage stage : kStages) {
		Tracked b(t, stage);
		EXPECT(t, b.space.table().dirty);
		EXPECT_EQ(t, b.space.try_map(kIova, kPa, kPage), 0);
		EXPECT_EQ(t, b.space.try_map(kIova + kPage, kPa + kPage, kPage), 0);
		EXPECT_EQ(t, b.space.try_map(kIova + kBlock, kPa + kBlock, kBlock), 0);
		// A page that may be written starts as written.
		EXPECT_EQ(t, b.take(kIova, 2 * kPage), 2 * kPage);
		EXPECT_EQ(t, b.take(kIova + kBlock, kBlock), kBlock);
		EXPECT(t, b.read(kIova) && b.read(kIova + kPage) && b.read(kIova + kBlock));
		EXPECT_EQ(t, b.take(kIova, 2 * kPage), 0u);
		EXPECT(t, b.write(kIova + kPage + 8));
		EXPECT_EQ(t, b.take(kIova, 2 * kPage), kPage);
		EXPECT_EQ(t, b.first, kIova + kPage);
		EXPECT_EQ(t, b.take(kIova, 2 * kPage), 0u);
		EXPECT(t, b.write(kIova + kBlock + 5 * kPage));
		EXPECT_EQ(t, b.take(kIova + kBlock, kBlock), kBlock);
	}
}

void a_page_that_is_read_only_stays_so(Case& t)
{
	for (smmu_stage stage : kStages) {
		Tracked b(t, stage);
		EXPECT_EQ(t, b.space.try_map(kIova, kPa, kPage, Space::kRead), 0);
		EXPECT_EQ(t, b.take(kIova, kPage), 0u);
		EXPECT(t, !b.write(kIova) && b.read(kIova));
		EXPECT_EQ(t, b.take(kIova, kPage), 0u);
	}
}

// The TLB permits writes until then, and the SMMU does not look into the table.
void writes_are_recorded_after_the_flush(Case& t)
{
	for (smmu_stage stage : kStages) {
		Tracked b(t, stage);
		EXPECT_EQ(t, b.space.try_map(kIova, kPa, kPage), 0);
		EXPECT(t, b.write(kIova));
		EXPECT_EQ(t, b.try_take(kIova, kPage), 0);
		EXPECT_EQ(t, b.taken, kPage);
		EXPECT(t, b.write(kIova));
		EXPECT_EQ(t, b.try_take(kIova, kPage), 0);
		EXPECT_EQ(t, b.taken, 0u);
		b.space.flush(kIova, kPage, kPage);
		EXPECT(t, b.write(kIova));
		EXPECT_EQ(t, b.take(kIova, kPage), kPage);
	}
}

void without_clear_nothing_changes(Case& t)
{
	Tracked b(t, SMMU_STAGE_1);
	EXPECT_EQ(t, b.space.try_map(kIova, kPa, kPage), 0);
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(t, b.try_take(kIova, kPage, false), 0);
		EXPECT_EQ(t, b.taken, kPage);
	}
	EXPECT_EQ(t, b.try_take(kIova, 2 * kPage), kInvalid);
}

void a_cmd_sync_comes_before_the_tables_are_read(Case& t)
{
	Tracked b(t, SMMU_STAGE_1);
	EXPECT_EQ(t, b.space.try_map(kIova, kPa, kPage), 0);
	const u64 syncs = b.board.ops(Op::SYNC);
	EXPECT_EQ(t, b.try_take(kIova, kPage), 0);
	EXPECT_EQ(t, b.board.ops(Op::SYNC) - syncs, 1u);
}

void an_smmu_that_does_not_answer_is_an_error(Case& t)
{
	Tracked b(t, SMMU_STAGE_1, test::register_setup());
	EXPECT_EQ(t, b.space.try_map(kIova, kPa, kPage), 0);
	test_clock_fake(true);
	b.board.ns_per_poll = 100'000'000;
	b.board.smmu.set_deferred(true);
	EXPECT_EQ(t, b.try_take(kIova, kPage), kTimedOut);
	EXPECT_EQ(t, b.taken, 0u);
	b.board.smmu.set_deferred(false);
	EXPECT_EQ(t, b.take(kIova, kPage), kPage);
}

// No register is accessed while the SMMU is off, and resume makes up for the flush.
void a_suspended_smmu_is_read(Case& t)
{
	for (smmu_stage stage : kStages) {
		Tracked b(t, stage);
		EXPECT_EQ(t, b.space.try_map(kIova, kPa, kPage), 0);
		EXPECT_EQ(t, b.take(kIova, kPage), kPage);
		EXPECT(t, b.write(kIova));
		const u64 syncs = b.board.ops(Op::SYNC);
		EXPECT_EQ(t, smmu_core_suspend(b.board.core), 0);
		EXPECT(t, b.board.ops(Op::SYNC) > syncs);
		b.board.smmu.power_off();
		EXPECT_EQ(t, b.take(kIova, kPage), kPage);
		EXPECT_EQ(t, b.take(kIova, kPage), 0u);
		b.board.smmu.power_on();
		EXPECT_EQ(t, smmu_core_resume(b.board.core), 0);
		EXPECT(t, b.write(kIova));
		EXPECT_EQ(t, b.take(kIova, kPage), kPage);
	}
}

// What an SMMU with `httu` in IDR0 offers.
bool offers(Case& t, u32 httu, bool coherent = true)
{
	Setup setup = test::with_idr0({}, kHttu | (coherent ? 0 : 1u << 4), httu);
	setup.platform.coherent = coherent;
	Board board(t, setup);
	board.up();
	smmu_domain* domain = nullptr;
	const int ret = smmu_core_domain_create(board.core, SMMU_STAGE_1, true, &domain);
	EXPECT(t, ret == (domain ? 0 : kInvalid));
	EXPECT_EQ(t, smmu_core_info(board.core)->has_dirty, !ret);
	if (domain)
		smmu_core_domain_destroy(domain);
	return !ret;
}

void it_takes_httu_and_coherent_walks(Case& t)
{
	EXPECT(t, !offers(t, 0));
	EXPECT(t, !offers(t, kAccessFlag));
	EXPECT(t, offers(t, kDirtyState));
	EXPECT(t, offers(t, kTableFlag));
	EXPECT(t, !offers(t, kDirtyState, false));
}

// Otherwise writes of that device would not be recorded.
void an_smmu_without_it_can_not_use_the_domain(Case& t)
{
	Tracked b(t, SMMU_STAGE_1);
	Board other(t, test::with_idr0({}, kHttu, kAccessFlag));
	other.up();
	Space plain(b.board, SMMU_STAGE_1);
	Device device(other, {kSid});
	EXPECT_EQ(t, device.attach(b.space), kInvalid);
	EXPECT_EQ(t, device.attach(plain), 0);
}

}  // namespace

TEST_SUITE(dirty, TEST_CASE(a_write_is_recorded_and_a_read_is_not),
	   TEST_CASE(a_page_that_is_read_only_stays_so),
	   TEST_CASE(writes_are_recorded_after_the_flush), TEST_CASE(without_clear_nothing_changes),
	   TEST_CASE(a_cmd_sync_comes_before_the_tables_are_read),
	   TEST_CASE(an_smmu_that_does_not_answer_is_an_error), TEST_CASE(a_suspended_smmu_is_read),
	   TEST_CASE(it_takes_httu_and_coherent_walks),
	   TEST_CASE(an_smmu_without_it_can_not_use_the_domain));
