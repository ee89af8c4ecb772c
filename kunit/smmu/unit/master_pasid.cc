// SPDX-License-Identifier: GPL-2.0-only
// PASIDs: each has a domain of its own, whatever becomes of the transactions without one.
#include "arm-smmu-v3/core.h"

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;
using test::Space;

namespace {

constexpr u64 kIova = 0x123'0000, kPage = 0x1000;
constexpr u32 kSid = 9, kOtherSid = 0x1234;
constexpr u32 kPasid = 3, kOther = 7;
constexpr u64 kPa = 0x7000'0000, kOtherPa = 0x6000'0000;
constexpr int kNoMemory = -12, kBusy = -16, kInvalid = -22, kRange = -34, kTimedOut = -110;

// What becomes of transactions without a PASID.
enum Base { kBlocked, kIdentity, kStage1A, kStage1B, kBases };

Setup stepped(Setup setup)
{
	setup.options.deferred = true;
	return setup;
}

// A device of two streams, domains for its transactions without a PASID, and two for PASIDs.
struct Scene {
	explicit Scene(Case& the_case, u32 bits = 5, const Setup& setup = {})
		: t(the_case),
		  board(the_case, setup),
		  started(power_up()),
		  a(board),
		  b(board),
		  one(board),
		  two(board),
		  device(board, {kSid, kOtherSid}, bits)
	{
		EXPECT(t, a.map(kIova, base_pa(kStage1A), kPage));
		EXPECT(t, b.map(kIova, base_pa(kStage1B), kPage));
		EXPECT(t, one.map(kIova, kPa, kPage));
		EXPECT(t, two.map(kIova, kOtherPa, kPage));
	}

	bool power_up()
	{
		board.step_on_poll = true;
		board.up();
		return true;
	}

	static u64 base_pa(Base base) { return base == kIdentity ? kIova : 0x1000'0000ull * base; }

	int change(Base to)
	{
		switch (to) {
		case kBlocked:
			return device.attach_blocked();
		case kIdentity:
			return device.attach_identity();
		default:
			return device.attach(to == kStage1A ? a : b);
		}
	}
	void expect_base(Base base)
	{
		for (u32 sid : {kSid, kOtherSid}) {
			const Dma dma = board.dma(sid, kIova);
			EXPECT_EQ(t, dma.ok(), base != kBlocked);
			if (dma.ok())
				EXPECT_EQ(t, dma.pa, base_pa(base));
			EXPECT_EQ(t, dma.outcome == Outcome::kBypassed, base == kIdentity);
		}
	}
	// 0: it aborts.
	void expect(u32 pasid, u64 pa)
	{
		for (u32 sid : {kSid, kOtherSid}) {
			const Dma dma = board.dma_by(sid, pasid, kIova);
			EXPECT_EQ(t, dma.ok(), pa != 0);
			if (dma.ok())
				EXPECT_EQ(t, dma.pa, pa);
		}
	}

	// At every moment that the SMMU could see, until forget_look().
	void look_by(void (*look)(Scene&))
	{
		look_ = look;
		looks = 0;
		board.boundary_context = this;
		board.boundary = [](void* context) {
			auto& scene = *static_cast<Scene*>(context);
			scene.looks++;
			scene.look_(scene);
		};
	}
	void forget_look() { board.boundary = nullptr; }
	Dma at_once(std::optional<u32> pasid)
	{
		return board.smmu.translate(kSid, pasid, kIova, {});
	}

	Case& t;
	Board board;
	bool started;
	Space a, b, one, two;
	Device device;
	Base steady = kBlocked;
	bool seen_new = false;
	u32 looks = 0;

private:
	void (*look_)(Scene&) = nullptr;
};

Setup in_one_level()
{
	return test::with_idr0({}, 1u << 19, 0);
}

Setup at_el2()
{
	Setup setup;
	setup.platform.vhe = true;
	return setup;
}

void each_pasid_is_translated_by_its_domain(Case& t)
{
	const Setup setups[] = {{}, in_one_level(), at_el2(), test::register_setup()};
	for (const Setup& setup : setups)
		for (u32 bits : {3u, 5u, 12u, 20u})
			for (int kind = 0; kind < kBases; kind++) {
				Scene scene(t, bits, setup);
				EXPECT_EQ(t, scene.change(static_cast<Base>(kind)), 0);
				EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
				EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.two), 0);
				scene.expect(kPasid, kPa);
				scene.expect(kOther, kOtherPa);
				scene.expect(2, 0);
				scene.expect_base(static_cast<Base>(kind));
				scene.device.detach_pasid(kPasid);
				scene.expect(kPasid, 0);
				scene.expect(kOther, kOtherPa);
				scene.device.detach_pasid(kOther);
				scene.expect(kOther, 0);
				scene.expect_base(static_cast<Base>(kind));
			}
}

void pasids_in_other_leaves_of_the_table(Case& t)
{
	Scene scene(t, 16);
	EXPECT_EQ(t, scene.change(kStage1A), 0);
	for (u32 pasid : {1u, 1023u, 1024u, 5000u, 65535u}) {
		EXPECT_EQ(t, scene.device.attach_pasid(pasid, scene.one), 0);
		scene.expect(pasid, kPa);
		scene.expect(pasid - 1, pasid == 1024 ? kPa : 0);
	}
	scene.expect_base(kStage1A);
}

// The SMMU has cached that there was none.
void leaf_of_the_table_may_come_after_its_first_use(Case& t)
{
	Scene scene(t, 16);
	EXPECT_EQ(t, scene.change(kStage1A), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
	scene.expect(5000, 0);
	EXPECT_EQ(t, scene.device.attach_pasid(5000, scene.two), 0);
	scene.expect(5000, kOtherPa);
}

// The CD of transactions without a PASID is in one.
void first_leaf_of_the_table_may_be_missing(Case& t)
{
	for (Base base : {kBlocked, kIdentity}) {
		Scene scene(t, 16);
		EXPECT_EQ(t, scene.device.attach_pasid(5000, scene.one), 0);
		EXPECT_EQ(t, scene.change(base), 0);
		scene.expect(5000, kPa);
		scene.expect_base(base);
	}
}

void unknown_pasid_is_reported(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.change(kIdentity), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
	scene.expect(1u << 5, 0);
	EXPECT_EQ(t, scene.board.reports.last_event.id, static_cast<u8>(Event::C_BAD_SUBSTREAMID));
	EXPECT_EQ(t, scene.board.reports.last_event.ssid, 1u << 5);
	scene.expect(kOther, 0);
	EXPECT_EQ(t, scene.board.reports.last_event.id, static_cast<u8>(Event::C_BAD_CD));
	EXPECT_EQ(t, scene.board.reports.last_event.ssid, kOther);
	scene.expect(kPasid, kPa);
}

// Every ordered pair, with DMA by a PASID at every moment.
void change_without_a_pasid_does_not_disturb_the_pasids(Case& t)
{
	Scene scene(t, 5, stepped(test::register_setup()));
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
	for (int from = 0; from < kBases; from++)
		for (int to = 0; to < kBases; to++) {
			EXPECT_EQ(t, scene.change(static_cast<Base>(from)), 0);
			scene.expect_base(static_cast<Base>(from));
			scene.look_by([](Scene& s) { EXPECT_EQ(s.t, s.at_once(kPasid).pa, kPa); });
			EXPECT_EQ(t, scene.change(static_cast<Base>(to)), 0);
			scene.forget_look();
			EXPECT(t, from == to || scene.looks >= 2);
			scene.expect_base(static_cast<Base>(to));
			scene.expect(kPasid, kPa);
		}
}

// The first and the last PASID change the STE, too.
void pasids_come_and_go_without_disturbing_the_others(Case& t)
{
	for (int kind = 0; kind < kBases; kind++) {
		Scene scene(t, 5, stepped(test::register_setup()));
		EXPECT_EQ(t, scene.change(static_cast<Base>(kind)), 0);
		scene.steady = static_cast<Base>(kind);
		scene.look_by([](Scene& s) {
			const Dma dma = s.at_once(std::nullopt);
			EXPECT_EQ(s.t, dma.ok(), s.steady != kBlocked);
			if (dma.ok())
				EXPECT_EQ(s.t, dma.pa, Scene::base_pa(s.steady));
		});
		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
		scene.device.detach_pasid(kPasid);
		scene.forget_look();
		EXPECT(t, scene.looks > 4);
		EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.two), 0);
		scene.look_by([](Scene& s) { EXPECT_EQ(s.t, s.at_once(kOther).pa, kOtherPa); });
		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.two), 0);
		scene.device.detach_pasid(kPasid);
		scene.forget_look();
		EXPECT(t, scene.looks > 4);
	}
}

// The old translation, the new one or none; never back to the old.
void another_domain_takes_the_place_of_one(Case& t)
{
	Scene scene(t, 5, stepped(test::register_setup()));
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
	scene.expect(kPasid, kPa);
	scene.look_by([](Scene& s) {
		const Dma dma = s.at_once(kPasid);
		EXPECT(s.t, !dma.ok() || dma.pa == kOtherPa || (dma.pa == kPa && !s.seen_new));
		s.seen_new = s.seen_new || (dma.ok() && dma.pa == kOtherPa);
	});
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.two), 0);
	scene.forget_look();
	scene.expect(kPasid, kOtherPa);
	// The domain before has no target any more.
	const u64 before = scene.board.stats().commands;
	EXPECT(t, scene.one.unmap(kIova, kPage));
	EXPECT_EQ(t, scene.board.stats().commands, before);
}

u64 commands_of_an_unmap(Case& t, u32 pasids)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.change(kIdentity), 0);
	for (u32 pasid = 1; pasid <= pasids; pasid++)
		EXPECT_EQ(t, scene.device.attach_pasid(pasid, scene.one), 0);
	for (u32 pasid = 1; pasid <= pasids; pasid++)
		scene.expect(pasid, kPa);
	const u64 before = scene.board.stats().commands;
	EXPECT(t, scene.one.unmap(kIova, kPage));
	const u64 after = scene.board.stats().commands;
	for (u32 pasid = 1; pasid <= pasids; pasid++)
		scene.expect(pasid, 0);
	return after - before;
}

// They share an ASID.
void unmap_costs_the_same_for_any_number_of_pasids(Case& t)
{
	for (u32 pasids : {1u, 4u, 16u})
		EXPECT_EQ(t, commands_of_an_unmap(t, pasids), 2);
}

void a_domain_serves_a_device_with_and_without_a_pasid(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.one), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.one), 0);
	scene.expect(kOther, kPa);
	scene.device.detach_pasid(kPasid);
	EXPECT_EQ(t, scene.device.attach_blocked(), 0);
	scene.expect(kOther, kPa);
	EXPECT(t, scene.one.unmap(kIova, kPage));
	scene.expect(kOther, 0);
}

void bad_pasid_is_refused(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.change(kStage1A), 0);
	for (u32 pasid : {0u, 1u << 5, 1u << 20, ~0u})
		EXPECT_EQ(t, scene.device.attach_pasid(pasid, scene.one), kRange);
	EXPECT_EQ(t, test_log_count("is out of range (5 bits)"), 4);
	scene.device.detach_pasid(kPasid);  // is not attached
	scene.expect_base(kStage1A);
	Device without(scene.board, {20});
	EXPECT_EQ(t, without.attach_pasid(1, scene.one), kRange);
}

void pasids_without_two_levels_are_as_many_as_a_leaf_has(Case& t)
{
	Scene scene(t, 16, in_one_level());
	EXPECT_EQ(t, smmu_core_info(scene.board.core)->pasid_bits, 10);
	EXPECT_EQ(t, scene.device.attach_pasid(1023, scene.one), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(1024, scene.one), kRange);
}

void smmu_without_stage_1_has_no_pasids(Case& t)
{
	Board board(t, test::with_idr0({}, 1u << 1, 0));
	board.up();
	EXPECT_EQ(t, smmu_core_info(board.core)->pasid_bits, 0);
}

void stage_2_and_pasids_exclude_each_other(Case& t)
{
	Scene scene(t);
	Space stage2(scene.board, SMMU_STAGE_2);
	EXPECT(t, stage2.map(kIova, kPa, kPage));
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, stage2), kInvalid);
	EXPECT_EQ(t, scene.device.attach(stage2), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), kInvalid);
	EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kPa);
	EXPECT_EQ(t, scene.change(kIdentity), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.two), 0);
	EXPECT_EQ(t, scene.device.attach(stage2), kBusy);
	scene.expect_base(kIdentity);
	scene.expect(kPasid, kOtherPa);
	scene.device.detach_pasid(kPasid);
	EXPECT_EQ(t, scene.device.attach(stage2), 0);
	scene.device.destroy();
}

void without_memory_nothing_changes(Case& t)
{
	Scene scene(t, 12);
	EXPECT_EQ(t, scene.change(kIdentity), 0);
	u32 failures = 0;
	for (int error = kNoMemory; error; failures++) {
		test_fail_alloc(failures + 1);
		error = scene.device.attach_pasid(kPasid, scene.one);
		test_fail_alloc(0);
		EXPECT(t, !error || error == kNoMemory);
		scene.expect(kPasid, error ? 0 : kPa);
		scene.expect_base(kIdentity);
	}
	EXPECT(t, failures > 4);
	Space fresh(scene.board);
	EXPECT(t, fresh.map(kIova, kOtherPa, kPage));
	for (int error = kNoMemory, nth = 1; error; nth++) {
		test_fail_alloc(static_cast<u32>(nth));
		error = scene.device.attach_pasid(kPasid, fresh);
		test_fail_alloc(0);
		scene.expect(kPasid, error ? kPa : kOtherPa);
	}
	scene.device.destroy();
}

void device_goes_while_pasids_are_attached(Case& t)
{
	for (int kind = 0; kind < kBases; kind++) {
		Scene scene(t);
		EXPECT_EQ(t, scene.change(static_cast<Base>(kind)), 0);
		for (u32 pasid : {1u, 2u, 3u})
			EXPECT_EQ(t, scene.device.attach_pasid(pasid, scene.one), 0);
		EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.two), 0);
		scene.device.destroy();
		for (u32 pasid : {1u, 2u, 3u, kOther})
			scene.expect(pasid, 0);
		const u64 before = scene.board.stats().commands;
		EXPECT(t, scene.one.unmap(kIova, kPage) && scene.two.unmap(kIova, kPage));
		EXPECT_EQ(t, scene.board.stats().commands, before);
	}
}

// As an attach without a PASID.
void attach_without_answer_takes_effect_later(Case& t)
{
	for (int kind = 0; kind < kBases; kind++) {
		Scene scene(t, 5, test::register_setup());
		EXPECT_EQ(t, scene.change(static_cast<Base>(kind)), 0);
		test_clock_fake(true);
		scene.board.step_on_poll = false;
		scene.board.ns_per_poll = 100'000'000;
		scene.board.smmu.set_deferred(true);
		EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), kTimedOut);
		scene.board.smmu.set_deferred(false);
		scene.board.ns_per_poll = 0;
		test_clock_fake(false);
		scene.expect(kPasid, kPa);
		scene.expect_base(static_cast<Base>(kind));
		scene.device.detach_pasid(kPasid);
		scene.expect(kPasid, 0);
	}
}

}  // namespace

TEST_SUITE(master_pasid, TEST_CASE(each_pasid_is_translated_by_its_domain),
	   TEST_CASE(pasids_in_other_leaves_of_the_table),
	   TEST_CASE(leaf_of_the_table_may_come_after_its_first_use),
	   TEST_CASE(first_leaf_of_the_table_may_be_missing), TEST_CASE(unknown_pasid_is_reported),
	   TEST_CASE(change_without_a_pasid_does_not_disturb_the_pasids),
	   TEST_CASE(pasids_come_and_go_without_disturbing_the_others),
	   TEST_CASE(another_domain_takes_the_place_of_one),
	   TEST_CASE(unmap_costs_the_same_for_any_number_of_pasids),
	   TEST_CASE(a_domain_serves_a_device_with_and_without_a_pasid),
	   TEST_CASE(bad_pasid_is_refused),
	   TEST_CASE(pasids_without_two_levels_are_as_many_as_a_leaf_has),
	   TEST_CASE(smmu_without_stage_1_has_no_pasids),
	   TEST_CASE(stage_2_and_pasids_exclude_each_other),
	   TEST_CASE(without_memory_nothing_changes),
	   TEST_CASE(device_goes_while_pasids_are_attached),
	   TEST_CASE(attach_without_answer_takes_effect_later));
