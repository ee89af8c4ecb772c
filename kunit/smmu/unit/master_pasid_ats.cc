// SPDX-License-Identifier: GPL-2.0-only
// PASIDs of a device with ATS: what its ATC may hold for each of them.
#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Space;

namespace {

constexpr u32 kSid = 9, kPasid = 3, kOther = 7;
constexpr u32 kFar = 0xc00;  // its CD is in a leaf of its own
constexpr u64 kIova = 0x123'0000, kPage = 0x1000;
constexpr u64 kBasePa = 0x5000'0000, kPa = 0x7000'0000, kOtherPa = 0x6000'0000;
constexpr int kInvalid = -22, kNoMemory = -12;

// A device with ATS in a domain, and with PASIDs in two others.
struct Scene {
	explicit Scene(Case& the_case, u32 bits = 5)
		: t(the_case),
		  board(the_case),
		  started(power_up()),
		  base(board),
		  one(board),
		  two(board),
		  device(board, kSid, bits)
	{
		EXPECT(t, base.map(kIova, kBasePa, kPage));
		EXPECT(t, one.map(kIova, kPa, kPage));
		EXPECT(t, two.map(kIova, kOtherPa, kPage));
	}
	~Scene() { device.destroy(); }

	bool power_up()
	{
		board.step_on_poll = true;
		board.ns_per_poll = 1'000'000;
		board.up();
		return true;
	}
	void attach_all()
	{
		EXPECT_EQ(t, device.attach(base), 0);
		EXPECT_EQ(t, device.attach_pasid(kPasid, one), 0);
		EXPECT_EQ(t, device.attach_pasid(kOther, two), 0);
	}
	void fill()
	{
		EXPECT_EQ(t, device.access(kIova).pa, kBasePa);
		EXPECT_EQ(t, device.access_by(kPasid, kIova).pa, kPa);
		EXPECT_EQ(t, device.access_by(kOther, kIova).pa, kOtherPa);
	}

	Case& t;
	Board board;
	bool started;
	Space base, one, two;
	test::AtsDevice device;
};

// Attached before the grant, or after.
void unmap_invalidates_the_atc_by_pasid(Case& t)
{
	for (bool before : {true, false}) {
		Scene scene(t);
		if (before)
			scene.attach_all();
		else
			EXPECT_EQ(t, scene.device.attach(scene.base), 0);
		EXPECT_EQ(t, scene.device.grant(), 0);
		if (!before) {
			EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
			EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.two), 0);
		}
		scene.fill();
		scene.board.smmu.clear_logs();
		EXPECT(t, scene.one.unmap(kIova, kPage));
		const auto& log = scene.board.smmu.commands();
		ASSERT_EQ(t, log.size(), 4);
		EXPECT_EQ(t, log[1].op(), static_cast<u8>(Op::SYNC));
		EXPECT_EQ(t, log[2].op(), static_cast<u8>(Op::ATC_INV));
		EXPECT(t, log[2].ssv());
		EXPECT_EQ(t, log[2].ssid(), kPasid);
		EXPECT_EQ(t, log[2].w[1], kIova);
		EXPECT_EQ(t, scene.device.atc.size(), 2);
		EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
		EXPECT_EQ(t, scene.device.access_by(kOther, kIova).pa, kOtherPa);
		EXPECT_EQ(t, scene.device.access(kIova).pa, kBasePa);
	}
}

void several_pasids_of_one_domain_are_each_invalidated(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.one), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	for (u32 pasid : {1u, 2u, 3u})
		EXPECT_EQ(t, scene.device.attach_pasid(pasid, scene.one), 0);
	EXPECT_EQ(t, scene.device.access(kIova).pa, kPa);
	for (u32 pasid : {1u, 2u, 3u})
		EXPECT_EQ(t, scene.device.access_by(pasid, kIova).pa, kPa);
	scene.device.detach_pasid(2);
	const u64 before = scene.board.ops(Op::ATC_INV);
	EXPECT(t, scene.one.unmap(kIova, kPage));
	EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), before + 3);
	EXPECT_EQ(t, scene.device.atc.size(), 0);
	for (u32 pasid : {1u, 2u, 3u})
		EXPECT(t, !scene.device.access_by(pasid, kIova).ok());
}

// What one unmap sends.
void expect_commands(Scene& scene, std::initializer_list<Op> ops)
{
	Case& t = scene.t;
	scene.board.smmu.clear_logs();
	EXPECT(t, scene.one.unmap(kIova, kPage));
	const auto& log = scene.board.smmu.commands();
	ASSERT_EQ(t, log.size(), ops.size());
	size_t at = 0;
	for (Op op : ops)
		EXPECT_EQ(t, log[at++].op(), static_cast<u8>(op));
	EXPECT(t, scene.one.map(kIova, kPa, kPage));
}

void pasids_of_a_device_share_a_sync(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.base), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(1, scene.one), 0);
	expect_commands(scene, {Op::TLBI_NH_VA, Op::SYNC, Op::ATC_INV, Op::SYNC});
	for (u32 pasid : {2u, 3u, 4u})
		EXPECT_EQ(t, scene.device.attach_pasid(pasid, scene.one), 0);
	expect_commands(scene, {Op::TLBI_NH_VA, Op::SYNC, Op::ATC_INV, Op::ATC_INV, Op::ATC_INV,
				Op::ATC_INV, Op::SYNC});
}

// Whichever came first: a device that does not answer is known by its CMD_SYNC.
void each_device_has_a_sync(Case& t)
{
	Scene scene(t);
	Space other_base(scene.board);
	test::AtsDevice other(scene.board, kSid + 1, 5);
	EXPECT_EQ(t, scene.device.attach(scene.base), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, other.attach(other_base), 0);
	EXPECT_EQ(t, other.grant(), 0);
	for (u32 pasid : {1u, 2u}) {
		EXPECT_EQ(t, scene.device.attach_pasid(pasid, scene.one), 0);
		EXPECT_EQ(t, other.attach_pasid(pasid, scene.one), 0);
	}
	expect_commands(scene, {Op::TLBI_NH_VA, Op::SYNC, Op::ATC_INV, Op::ATC_INV, Op::SYNC,
				Op::ATC_INV, Op::ATC_INV, Op::SYNC});
	for (u32 pasid : {1u, 2u})
		other.detach_pasid(pasid);
}

void any_number_of_pasids_is_invalidated(Case& t)
{
	constexpr u32 kPasids = 130;  // two full batches and a rest
	Scene scene(t, 10);
	EXPECT_EQ(t, scene.device.attach(scene.base), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	for (u32 pasid = 1; pasid <= kPasids; pasid++)
		EXPECT_EQ(t, scene.device.attach_pasid(pasid, scene.one), 0);
	EXPECT_EQ(t, scene.device.access_by(kPasids, kIova).pa, kPa);
	const u64 before = scene.board.ops(Op::ATC_INV), syncs = scene.board.ops(Op::SYNC);
	EXPECT(t, scene.one.unmap(kIova, kPage));
	EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), before + kPasids);
	EXPECT_EQ(t, scene.board.ops(Op::SYNC), syncs + 4);
	EXPECT_EQ(t, scene.device.atc.size(), 0);
}

void detach_empties_the_atc_of_its_pasid_only(Case& t)
{
	Scene scene(t);
	scene.attach_all();
	EXPECT_EQ(t, scene.device.grant(), 0);
	scene.fill();
	scene.device.detach_pasid(kPasid);
	EXPECT_EQ(t, scene.device.atc.size(), 2);
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT_EQ(t, scene.device.access_by(kOther, kIova).pa, kOtherPa);
	// The domain before has no target any more.
	const u64 before = scene.board.ops(Op::ATC_INV);
	EXPECT(t, scene.one.unmap(kIova, kPage));
	EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), before);
}

void replaced_domain_is_not_used_by_the_atc(Case& t)
{
	Scene scene(t);
	scene.attach_all();
	EXPECT_EQ(t, scene.device.grant(), 0);
	scene.fill();
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.two), 0);
	EXPECT_EQ(t, scene.device.access_by(kPasid, kIova).pa, kOtherPa);
	EXPECT(t, scene.two.unmap(kIova, kPage));
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT(t, !scene.device.access_by(kOther, kIova).ok());
	EXPECT_EQ(t, scene.device.access(kIova).pa, kBasePa);
}

// Without a PASID there is nothing to translate.
void identity_has_ats_while_it_has_pasids(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach_identity(), 0);
	EXPECT_EQ(t, scene.device.grant(), kInvalid);
	EXPECT(t, !smmu_core_in_domain_besides(scene.device.master, kPasid));
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.access_by(kPasid, kIova).pa, kPa);
	EXPECT(t, !smmu_core_in_domain_besides(scene.device.master, kPasid));
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.two), 0);
	EXPECT(t, smmu_core_in_domain_besides(scene.device.master, kPasid));
	scene.device.detach_pasid(kPasid);
	EXPECT_EQ(t, scene.device.access_by(kOther, kIova).pa, kOtherPa);
	scene.device.detach_pasid(kOther);
	EXPECT_EQ(t, scene.device.atc.size(), 0);
	EXPECT(t, !scene.device.access_by(kOther, kIova).ok());
	EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kIova);
}

void change_without_a_pasid_ends_ats_of_the_pasids(Case& t)
{
	Scene scene(t);
	scene.attach_all();
	EXPECT_EQ(t, scene.device.grant(), 0);
	scene.fill();
	EXPECT_EQ(t, scene.device.attach_blocked(), 0);
	EXPECT_EQ(t, scene.device.atc.size(), 0);
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT_EQ(t, scene.board.dma_by(kSid, kPasid, kIova).pa, kPa);
	scene.device.atc.disable();
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.access_by(kPasid, kIova).pa, kPa);
	EXPECT(t, scene.one.unmap(kIova, kPage));
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
}

// It aborts until it is attached again, whatever becomes of its PASIDs.
void quarantine_outlasts_changes_of_pasids(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach_identity(), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.two), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	EXPECT_EQ(t, scene.device.access_by(kPasid, kIova).pa, kPa);
	scene.device.atc.ignore_invalidations(true);
	scene.device.detach_pasid(kPasid);
	EXPECT(t, scene.device.quarantined());
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
	EXPECT_EQ(t, test_log_count("ATC invalidation not answered, DMA aborts"), 1);
	EXPECT_EQ(t, scene.device.attach_pasid(1, scene.one), 0);
	EXPECT(t, !scene.board.dma_by(kSid, 1, kIova).ok());
	EXPECT(t, !scene.board.dma_by(kSid, kOther, kIova).ok());
	EXPECT(t, scene.board.blocked(kSid, kIova));
	scene.device.atc.disable();
	EXPECT_EQ(t, scene.device.attach_identity(), 0);
	EXPECT_EQ(t, scene.board.dma_by(kSid, 1, kIova).pa, kPa);
	EXPECT_EQ(t, scene.board.dma_by(kSid, kOther, kIova).pa, kOtherPa);
	EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kIova);
}

// Its ATC may have translations to memory that was freed.
void quarantined_device_is_not_let_in_by_changes_of_pasids(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach_identity(), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kPasid, scene.one), 0);
	EXPECT_EQ(t, scene.device.attach_pasid(kOther, scene.two), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	scene.device.atc.ignore_invalidations(true);
	EXPECT(t, scene.one.unmap(kIova, kPage));
	EXPECT(t, scene.device.quarantined());
	const u64 changes = scene.board.ops(Op::CFGI_STE);
	const u64 invalidations = scene.board.ops(Op::ATC_INV);
	EXPECT_EQ(t, scene.device.attach_pasid(1, scene.one), 0);
	scene.device.detach_pasid(kPasid);
	scene.device.detach_pasid(1);
	EXPECT_EQ(t, scene.board.ops(Op::CFGI_STE), changes);
	EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), invalidations);
	EXPECT(t, scene.board.blocked(kSid, kIova));
	scene.device.detach_pasid(kOther);
	EXPECT(t, !scene.device.quarantined());
	EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kIova);
}

void without_memory_a_pasid_gets_no_target(Case& t)
{
	Scene scene(t);
	EXPECT_EQ(t, scene.device.attach(scene.base), 0);
	EXPECT_EQ(t, scene.device.grant(), 0);
	int error = kNoMemory;
	for (u32 nth = 1; error; nth++) {
		test_fail_alloc(nth);
		error = scene.device.attach_pasid(kPasid, scene.one);
		test_fail_alloc(0);
		EXPECT(t, !error || error == kNoMemory);
		EXPECT_EQ(t, scene.device.access_by(kPasid, kIova).ok(), !error);
	}
	EXPECT(t, scene.one.unmap(kIova, kPage));
	EXPECT(t, !scene.device.access_by(kPasid, kIova).ok());
}

// A flush of the domain reaches neither the SMMU nor the device.  What an SMMU needs for a domain it keeps, so that
// the last allocations fail only if it has had the domain before.
void expect_nothing_left(Scene& scene)
{
	Case& t = scene.t;
	u32 failures = 0;
	for (int error = kNoMemory; error; failures++) {
		test_fail_alloc(failures + 1);
		error = scene.device.attach_pasid(kFar, scene.two);
		test_fail_alloc(0);
		const u64 before = scene.board.stats().commands;
		smmu_core_flush_domain(scene.two.domain);
		EXPECT_EQ(t, scene.board.stats().commands == before, error != 0);
	}
	EXPECT(t, failures > 1);
	EXPECT_EQ(t, scene.device.access_by(kFar, kIova).pa, kOtherPa);
}

void without_memory_a_pasid_is_in_no_domain(Case& t)
{
	for (bool had_before : {false, true}) {
		Scene scene(t, 12);
		EXPECT_EQ(t, scene.device.attach(scene.base), 0);
		EXPECT_EQ(t, scene.device.grant(), 0);
		EXPECT_EQ(t,
			  scene.device.attach_pasid(had_before ? kOther : kFar,
						    had_before ? scene.two : scene.one),
			  0);
		scene.device.detach_pasid(kOther);
		expect_nothing_left(scene);
	}
}

void grant_without_memory_for_all_is_none(Case& t)
{
	Scene scene(t);
	scene.attach_all();
	int error = kNoMemory;
	for (u32 nth = 1; error == kNoMemory; nth++) {
		test_fail_alloc(nth);
		error = scene.device.grant();
		test_fail_alloc(0);
		if (!error)
			break;
		const u64 before = scene.board.ops(Op::ATC_INV);
		smmu_core_flush_domain(scene.base.domain);
		smmu_core_flush_domain(scene.one.domain);
		EXPECT_EQ(t, scene.board.ops(Op::ATC_INV), before);
	}
	EXPECT_EQ(t, error, 0);
	scene.fill();
}

}  // namespace

TEST_SUITE(master_pasid_ats, TEST_CASE(unmap_invalidates_the_atc_by_pasid),
	   TEST_CASE(several_pasids_of_one_domain_are_each_invalidated),
	   TEST_CASE(pasids_of_a_device_share_a_sync), TEST_CASE(each_device_has_a_sync),
	   TEST_CASE(any_number_of_pasids_is_invalidated),
	   TEST_CASE(detach_empties_the_atc_of_its_pasid_only),
	   TEST_CASE(replaced_domain_is_not_used_by_the_atc),
	   TEST_CASE(identity_has_ats_while_it_has_pasids),
	   TEST_CASE(change_without_a_pasid_ends_ats_of_the_pasids),
	   TEST_CASE(quarantine_outlasts_changes_of_pasids),
	   TEST_CASE(quarantined_device_is_not_let_in_by_changes_of_pasids),
	   TEST_CASE(without_memory_a_pasid_gets_no_target),
	   TEST_CASE(without_memory_a_pasid_is_in_no_domain),
	   TEST_CASE(grant_without_memory_for_all_is_none));
