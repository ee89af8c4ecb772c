// SPDX-License-Identifier: GPL-2.0-only
// Devices with ATS: what their ATCs may hold, and what becomes of one that does not answer.
#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Setup;
using test::Space;

namespace {

constexpr u32 kSid = 9, kOtherSid = 12;
constexpr u64 kIova = 0x123'0000, kPage = 0x1000, kPa = 0x7000'0000;
constexpr u64 kPages = 8;
constexpr int kNoDevice = -19, kInvalid = -22, kNoMemory = -12;
constexpr smmu_stage kStages[] = {SMMU_STAGE_1, SMMU_STAGE_2};

// A domain of eight pages, and a device with ATS in it.
struct Scene {
	explicit Scene(Case& the_case, smmu_stage stage = SMMU_STAGE_1, const Setup& setup = {})
		: t(the_case),
		  board(the_case, setup),
		  started(power_up()),
		  space(board, stage),
		  device(board, kSid)
	{
		for (u64 page = 0; page < kPages; page++)
			EXPECT(t, space.map(kIova + page * kPage, kPa + page * kPage, kPage));
		EXPECT_EQ(t, device.attach(space), 0);
	}

	bool power_up()
	{
		board.step_on_poll = true;
		board.ns_per_poll = 1'000'000;  // where nothing answers
		board.up();
		return true;
	}
	void grant()
	{
		EXPECT_EQ(t, device.grant(), 0);
		fill();
	}
	// The device does not answer when the first page goes.
	void quarantine()
	{
		grant();
		device.atc.ignore_invalidations(true);
		EXPECT(t, space.unmap(kIova, kPage));
		EXPECT(t, device.quarantined());
	}
	void fill()
	{
		for (u64 page = 0; page < kPages; page++)
			EXPECT_EQ(t, device.access(kIova + page * kPage, true).pa,
				  kPa + page * kPage);
	}

	Case& t;
	Board board;
	bool started;
	Space space;
	test::AtsDevice device;
};

Setup without_ranges()
{
	Setup setup;
	setup.ids.idr3 = 0;
	return setup;
}

void translated_access_passes_after_a_grant_only(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		scene.device.atc.enable();
		EXPECT(t, !scene.device.access(kIova).ok());
		scene.device.atc.disable();
		scene.grant();
		EXPECT_EQ(t, scene.device.atc.size(), kPages);
		scene.device.withdraw();
		scene.device.atc.enable();
		EXPECT(t, !scene.device.access(kIova).ok());
		EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kPa);
	}
}

void unmap_invalidates_the_atc(Case& t)
{
	for (smmu_stage stage : kStages)
		for (const Setup& setup : {Setup(), without_ranges(), test::register_setup()}) {
			Scene scene(t, stage, setup);
			scene.grant();
			EXPECT(t, scene.space.unmap(kIova + kPage, kPage));
			EXPECT(t, !scene.device.access(kIova + kPage).ok());
			EXPECT_EQ(t, scene.device.atc.size(), kPages - 1);
			EXPECT_EQ(t, scene.device.access(kIova).pa, kPa);
		}
}

void flush_of_the_domain_invalidates_the_whole_atc(Case& t)
{
	Scene scene(t);
	scene.grant();
	EXPECT(t, scene.space.remove(kIova, kPage));
	smmu_core_flush_domain(scene.space.domain);
	EXPECT_EQ(t, scene.device.atc.size(), 0);
	EXPECT(t, !scene.device.access(kIova).ok());
}

// A Translation Request between the two could be answered by the TLB.
void tlb_is_invalidated_and_synced_before_the_atc(Case& t)
{
	Scene scene(t);
	scene.grant();
	scene.board.smmu.clear_logs();
	EXPECT(t, scene.space.unmap(kIova, kPage));
	const auto& log = scene.board.smmu.commands();
	ASSERT_EQ(t, log.size(), 4);
	EXPECT_EQ(t, log[0].op(), static_cast<u8>(Op::TLBI_NH_VA));
	EXPECT_EQ(t, log[1].op(), static_cast<u8>(Op::SYNC));
	EXPECT_EQ(t, log[2].op(), static_cast<u8>(Op::ATC_INV));
	EXPECT_EQ(t, log[3].op(), static_cast<u8>(Op::SYNC));
	EXPECT_EQ(t, log[2].sid(), kSid);
	EXPECT(t, !log[2].ssv());
	EXPECT_EQ(t, log[2].w[1], kIova);
}

void domain_without_ats_sends_no_atc_invalidation(Case& t)
{
	Scene scene(t);
	EXPECT(t, scene.space.unmap(kIova, kPage));
	smmu_core_flush_domain(scene.space.domain);
	EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	scene.device.withdraw();
	const u64 before = scene.board.ops(Op::ATC_INV);
	EXPECT(t, scene.space.unmap(kIova + kPage, kPage));
	smmu_core_flush_domain(scene.space.domain);
	EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), before);
}

// Section 3.9.2: the ATC is emptied while translated transactions still pass.
void withdrawal_empties_the_atc_first(Case& t)
{
	Scene scene(t);
	scene.grant();
	scene.board.smmu.clear_logs();
	scene.device.withdraw();
	const auto& log = scene.board.smmu.commands();
	ASSERT_EQ(t, log.size(), 4);
	EXPECT_EQ(t, log[0].op(), static_cast<u8>(Op::ATC_INV));
	EXPECT_EQ(t, log[0].w[1], 52u);
	EXPECT_EQ(t, log[1].op(), static_cast<u8>(Op::SYNC));
	EXPECT_EQ(t, log[2].op(), static_cast<u8>(Op::CFGI_STE));
	EXPECT_EQ(t, log[3].op(), static_cast<u8>(Op::SYNC));
	EXPECT_EQ(t, scene.device.atc.size(), 0);
}

void attach_ends_ats(Case& t)
{
	Scene scene(t);
	Space other(scene.board);
	ASSERT(t, other.map(kIova, 2 * kPa, kPage));
	for (int to = 0; to < 3; to++) {
		scene.grant();
		EXPECT_EQ(t,
			  to == 0   ? scene.device.attach(other)
			  : to == 1 ? scene.device.attach_identity()
				    : scene.device.attach_blocked(),
			  0);
		EXPECT(t, !scene.device.access(kIova).ok());
		EXPECT_EQ(t, scene.device.atc.size(), 0);
		if (to)
			EXPECT_EQ(t, smmu_core_grant_ats(scene.device.master), kInvalid);
		scene.device.atc.disable();
		EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	}
	scene.device.destroy();
}

void grant_needs_an_smmu_with_ats(Case& t)
{
	Scene scene(t, SMMU_STAGE_1, test::with_idr0({}, 1u << 10, 0));
	EXPECT_EQ(t, scene.device.grant(), kInvalid);
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT_EQ(t, scene.board.stats().gerrors, 0);
}

void grant_without_memory_leaves_ats_off(Case& t)
{
	Scene scene(t);
	int error = kNoMemory;
	for (u32 nth = 1; error == kNoMemory; nth++) {
		test_fail_alloc(nth);
		error = scene.device.grant();
		test_fail_alloc(0);
		if (error)
			EXPECT(t, !scene.device.access(kIova).ok());
	}
	EXPECT_EQ(t, error, 0);
	scene.fill();
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT(t, !scene.device.access(kIova).ok());
}

void device_that_does_not_answer_gets_no_ats(Case& t)
{
	for (const Setup& setup : {Setup(), test::register_setup(), test::event_setup()}) {
		Scene scene(t, SMMU_STAGE_1, setup);
		scene.device.atc.ignore_invalidations(true);
		EXPECT_EQ(t, scene.device.grant(), kNoDevice);
		EXPECT_EQ(t, test_log_count("ATS stays off"), 1);
		EXPECT(t, !scene.device.quarantined());
		EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kPa);
		const u64 before = scene.board.ops(Op::ATC_INV);
		EXPECT(t, scene.space.unmap(kIova, kPage));
		EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), before);
		test_log_clear();
	}
}

// When the unmap returns, the page may be given to another owner.
void device_that_does_not_answer_is_blocked_before_the_unmap_returns(Case& t)
{
	for (const Setup& setup : {Setup(), test::register_setup(), test::event_setup()}) {
		Scene scene(t, SMMU_STAGE_1, setup);
		scene.quarantine();
		EXPECT_EQ(t, scene.device.atc.size(), kPages);
		EXPECT(t, !scene.device.access(kIova).ok());
		EXPECT(t, !scene.device.access(kIova + kPage).ok());
		EXPECT(t, scene.board.blocked(kSid, kIova + kPage));
		EXPECT_EQ(t, test_log_count("ATC invalidation not answered, DMA aborts"), 1);
		test_log_clear();
	}
}

// Each invalidation would take until the root complex gives up, with interrupts off.
void quarantined_device_is_not_asked_again(Case& t)
{
	Scene scene(t);
	scene.quarantine();
	const u64 before = scene.board.ops(Op::ATC_INV);
	EXPECT(t, scene.space.unmap(kIova + kPage, kPage));
	smmu_core_flush_domain(scene.space.domain);
	EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), before);
	EXPECT(t, scene.board.blocked(kSid, kIova + kPage));
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered, DMA aborts"), 1);
}

// The CPU that has set the quarantine may not have blocked the streams yet when another one finds it.
void unmap_that_finds_the_quarantine_blocks_the_streams(Case& t)
{
	Scene scene(t);
	scene.quarantine();
	const u64 before = scene.board.ops(Op::CFGI_STE);
	EXPECT(t, scene.space.unmap(kIova + kPage, kPage));
	EXPECT_EQ(t, scene.board.ops(Op::CFGI_STE), before + 1);
}

void only_the_device_that_does_not_answer_is_quarantined(Case& t)
{
	for (bool first : {false, true}) {
		Scene scene(t);
		test::AtsDevice other(scene.board, kOtherSid);
		ASSERT_EQ(t, other.attach(scene.space), 0);
		ASSERT_EQ(t, other.grant(), 0);
		scene.grant();
		EXPECT_EQ(t, other.access(kIova).pa, kPa);
		test::AtsDevice& silent = first ? other : scene.device;
		test::AtsDevice& sound = first ? scene.device : other;
		silent.atc.ignore_invalidations(true);
		EXPECT(t, scene.space.unmap(kIova, kPage));
		EXPECT(t, silent.quarantined());
		EXPECT(t, !sound.quarantined());
		EXPECT(t, !sound.access(kIova).ok());
		EXPECT_EQ(t, sound.access(kIova + kPage).pa, kPa + kPage);
		other.destroy();
	}
}

void second_grant_changes_nothing(Case& t)
{
	Scene scene(t);
	scene.grant();
	const u64 before = scene.board.stats().commands;
	EXPECT_EQ(t, smmu_core_grant_ats(scene.device.master), 0);
	EXPECT_EQ(t, scene.board.stats().commands, before);
	EXPECT_EQ(t, scene.device.access(kIova).pa, kPa);
	scene.device.withdraw();
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.access(kIova).pa, kPa);
}

void quarantined_device_recovers_when_it_is_attached_again(Case& t)
{
	Scene scene(t);
	scene.quarantine();
	EXPECT_EQ(t, smmu_core_grant_ats(scene.device.master), kInvalid);
	scene.device.atc.disable();
	EXPECT_EQ(t, scene.device.attach_blocked(), 0);
	EXPECT_EQ(t, scene.device.attach(scene.space), 0);
	EXPECT(t, !scene.device.quarantined());
	EXPECT_EQ(t, scene.board.dma(kSid, kIova + kPage).pa, kPa + kPage);
	// Its ATC still has the page, which does not pass.
	EXPECT_EQ(t, scene.device.atc.size(), kPages);
	scene.device.atc.enable();
	EXPECT(t, !scene.device.access(kIova).ok());
	scene.device.atc.disable();
	EXPECT_EQ(t, scene.device.grant(), kNoDevice);
	EXPECT_EQ(t, scene.board.dma(kSid, kIova + kPage).pa, kPa + kPage);
	scene.device.atc.reset();
	scene.device.atc.ignore_invalidations(false);
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.access(kIova + kPage).pa, kPa + kPage);
}

void every_stream_of_a_device_is_invalidated_and_blocked(Case& t)
{
	Scene scene(t);
	test::Device two(scene.board, {20, 21});
	Atc one(20), other(21);
	scene.board.smmu.connect(one);
	scene.board.smmu.connect(other);
	ASSERT_EQ(t, two.attach(scene.space), 0);
	ASSERT_EQ(t, smmu_core_grant_ats(two.master), 0);
	one.enable();
	other.enable();
	const auto access = [&](Atc& atc, u64 iova) {
		return scene.board.smmu.ats_access(atc, std::nullopt, iova, {});
	};
	EXPECT(t, access(one, kIova).ok() && access(other, kIova).ok());
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT(t, !access(one, kIova).ok() && !access(other, kIova).ok());
	EXPECT(t, access(one, kIova + kPage).ok() && access(other, kIova + kPage).ok());
	other.ignore_invalidations(true);
	EXPECT(t, scene.space.unmap(kIova + kPage, kPage));
	EXPECT(t, !access(one, kIova + 2 * kPage).ok());
	EXPECT(t, scene.board.blocked(20, kIova + 2 * kPage));
	EXPECT(t, scene.board.blocked(21, kIova + 2 * kPage));
	two.destroy();
	scene.board.smmu.disconnect(one);
	scene.board.smmu.disconnect(other);
}

void invalidation_reaches_the_smmu_of_the_device_only(Case& t)
{
	Board far(t);
	far.step_on_poll = true;
	far.up();
	Scene scene(t);
	test::AtsDevice beyond(far, kSid);
	ASSERT_EQ(t, beyond.attach(scene.space), 0);
	scene.grant();
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT_EQ(t, far.ops(Op::ATC_INV), 0);
	ASSERT_EQ(t, beyond.grant(), 0);
	EXPECT_EQ(t, beyond.access(kIova + kPage).pa, kPa + kPage);
	EXPECT(t, scene.space.unmap(kIova + kPage, kPage));
	EXPECT(t, !beyond.access(kIova + kPage).ok());
	EXPECT(t, !scene.device.access(kIova + kPage).ok());
	beyond.destroy();
}

}  // namespace

TEST_SUITE(ats, TEST_CASE(translated_access_passes_after_a_grant_only),
	   TEST_CASE(unmap_invalidates_the_atc),
	   TEST_CASE(flush_of_the_domain_invalidates_the_whole_atc),
	   TEST_CASE(tlb_is_invalidated_and_synced_before_the_atc),
	   TEST_CASE(domain_without_ats_sends_no_atc_invalidation),
	   TEST_CASE(withdrawal_empties_the_atc_first), TEST_CASE(attach_ends_ats),
	   TEST_CASE(grant_needs_an_smmu_with_ats), TEST_CASE(grant_without_memory_leaves_ats_off),
	   TEST_CASE(device_that_does_not_answer_gets_no_ats),
	   TEST_CASE(device_that_does_not_answer_is_blocked_before_the_unmap_returns),
	   TEST_CASE(quarantined_device_is_not_asked_again),
	   TEST_CASE(unmap_that_finds_the_quarantine_blocks_the_streams),
	   TEST_CASE(only_the_device_that_does_not_answer_is_quarantined),
	   TEST_CASE(second_grant_changes_nothing),
	   TEST_CASE(quarantined_device_recovers_when_it_is_attached_again),
	   TEST_CASE(every_stream_of_a_device_is_invalidated_and_blocked),
	   TEST_CASE(invalidation_reaches_the_smmu_of_the_device_only));
