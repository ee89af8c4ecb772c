// SPDX-License-Identifier: GPL-2.0-only
// Each kind of invalidation left out in turn: the SMMU must then be seen to use what it should have
// forgotten. This is what shows that the other suites would notice.
#include "arm-smmu-v3/core.h"

#include <utility>

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/smmu/fixture/firmware.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Firmware;
using test::Setup;
using test::Space;

namespace {

constexpr u32 kSid = 9;
constexpr u64 kIova = 0x123'4000, kOld = 0x7000'0000, kNew = 0x6000'0000;

// Does DMA still end up in the old place?
bool stale(Board& board, u64 iova = kIova, u64 old = kOld)
{
	const Dma dma = board.dma(kSid, iova);
	return dma.ok() && dma.pa == old;
}

// Each scenario, as it is and with `op` swallowed.
struct Mutant {
	bool on;
	Op op;

	void arm(Board& board) const
	{
		if (on)
			board.swallow(op);
	}
	// The old translation is in use exactly when the command was left out.
	void expect(Case& t, Board& board, bool is_stale) const
	{
		EXPECT_EQ(t, is_stale, on);
		EXPECT_EQ(t, board.swallowed != 0, on);
	}
};

constexpr bool kBoth[] = {false, true};

void cfgi_ste(Case& t)
{
	for (bool on : kBoth) {
		const Mutant mutant{on, Op::CFGI_STE};
		Board board(t);
		board.up();
		Device device(board, {kSid});
		ASSERT_EQ(t, device.attach_identity(), 0);
		EXPECT(t, stale(board, kIova, kIova));
		mutant.arm(board);
		ASSERT_EQ(t, device.attach_blocked(), 0);
		mutant.expect(t, board, stale(board, kIova, kIova));
	}
}

// The L1 descriptor that said there is no table.
void cfgi_ste_of_a_new_table(Case& t)
{
	for (bool on : kBoth) {
		const Mutant mutant{on, Op::CFGI_STE};
		Board board(t);
		board.up();
		EXPECT(t, board.blocked(kSid, kIova));
		mutant.arm(board);
		Device device(board, {kSid});
		ASSERT_EQ(t, device.attach_identity(), 0);
		mutant.expect(t, board, board.blocked(kSid, kIova));
	}
}

void cfgi_cd(Case& t)
{
	for (bool on : kBoth) {
		const Mutant mutant{on, Op::CFGI_CD};
		Board board(t);
		board.up();
		Space a(board), b(board);
		Device device(board, {kSid});
		ASSERT(t, a.map(kIova, kOld, 0x1000) && b.map(kIova, kNew, 0x1000));
		ASSERT_EQ(t, device.attach(a), 0);
		EXPECT(t, stale(board));
		mutant.arm(board);
		ASSERT_EQ(t, device.attach(b), 0);
		mutant.expect(t, board, stale(board));
	}
}

void tlbi_of_a_page(Case& t)
{
	struct Way {
		smmu_stage stage;
		bool vhe, ril;
		Op op;
	};
	constexpr Way kWays[] = {
		{SMMU_STAGE_1, false, false, Op::TLBI_NH_VA},
		{SMMU_STAGE_1, false, true, Op::TLBI_NH_VA},
		{SMMU_STAGE_1, true, false, Op::TLBI_EL2_VA},
		{SMMU_STAGE_1, true, true, Op::TLBI_EL2_VA},
		{SMMU_STAGE_2, false, false, Op::TLBI_S2_IPA},
		{SMMU_STAGE_2, true, true, Op::TLBI_S2_IPA},
	};
	for (const Way& way : kWays)
		for (bool on : kBoth) {
			const Mutant mutant{on, way.op};
			Setup setup;
			setup.platform.vhe = way.vhe;
			setup.ids.idr3 = way.ril ? 1u << 10 : 0;
			Board board(t, setup);
			board.up();
			Space space(board, way.stage);
			Device device(board, {kSid});
			ASSERT_EQ(t, device.attach(space), 0);
			ASSERT(t, space.map(kIova, kOld, 0x1000));
			EXPECT(t, stale(board));
			mutant.arm(board);
			ASSERT(t, space.unmap(kIova, 0x1000));
			mutant.expect(t, board, stale(board));
		}
}

void tlbi_of_a_domain(Case& t)
{
	struct Way {
		smmu_stage stage;
		bool vhe;
		Op op;
	};
	constexpr Way kWays[] = {{SMMU_STAGE_1, false, Op::TLBI_NH_ASID},
				 {SMMU_STAGE_1, true, Op::TLBI_EL2_ASID},
				 {SMMU_STAGE_2, false, Op::TLBI_S12_VMALL}};
	for (const Way& way : kWays)
		for (bool on : kBoth)
			for (bool reuse : kBoth) {
				const Mutant mutant{on, way.op};
				Setup setup;
				setup.platform.vhe = way.vhe;
				Board board(t, setup);
				board.up();
				Device device(board, {kSid});
				Space first(board, way.stage);
				ASSERT(t, first.map(kIova, kOld, 0x1000));
				ASSERT_EQ(t, device.attach(first), 0);
				EXPECT(t, stale(board));
				if (!reuse) {
					ASSERT(t, first.remove(kIova, 0x1000));
					mutant.arm(board);
					smmu_core_flush_domain(first.domain);
					mutant.expect(t, board, stale(board));
					ASSERT_EQ(t, device.attach_blocked(), 0);
					continue;
				}
				// The next domain gets the number of the one that is gone.
				mutant.arm(board);
				ASSERT_EQ(t, device.attach_blocked(), 0);
				first.destroy();
				Space second(board, way.stage);
				ASSERT_EQ(t, device.attach(second), 0);
				mutant.expect(t, board, stale(board));
				ASSERT_EQ(t, device.attach_blocked(), 0);
			}
}

// The descriptor of the last-level table for `iova`, with 4 KiB pages and 48 bits.
u64& last_table(const Space& space, u64 iova)
{
	u64 table = space.table().ttb;
	for (u32 shift = 39;; shift -= 9) {
		auto* entries = static_cast<u64*>(test_bus_to_cpu(table, 0x1000));
		u64& entry = entries[iova >> shift & 511];
		if (shift == 21)
			return entry;
		table = entry & 0xffff'ffff'f000;
	}
}

// Sparing the tables above the leaves when one of them has gone.
void leaf_only_for_a_freed_table(Case& t)
{
	for (bool ril : kBoth)
		for (smmu3::Levels levels : {smmu3::Levels::kAll, smmu3::Levels::kLeaf}) {
			constexpr u64 kBlock = 2 << 20, kStart = kIova & ~(kBlock - 1);
			Setup setup;
			setup.ids.idr3 = ril ? 1u << 10 : 0;
			Board board(t, setup);
			board.up();
			Space space(board);
			Device device(board, {kSid});
			ASSERT_EQ(t, device.attach(space), 0);
			ASSERT(t,
			       space.map(kIova, kOld, 0x1000) && space.map(kStart, kOld, 0x1000));
			EXPECT(t, board.dma(kSid, kStart).ok());
			const u64 descriptor = std::exchange(last_table(space, kStart), 0);
			// 16 pages, so that both kinds of SMMU get them one by one or as a range.
			const u64 size = ril ? kBlock : kBlock / 2;
			space.flush(kStart, size, 0x1000, levels);
			EXPECT_EQ(t, stale(board), levels == smmu3::Levels::kLeaf);
			last_table(space, kStart) = descriptor;
		}
}

// What firmware left in the caches.
void initial_cfgi_all(Case& t)
{
	for (bool on : kBoth) {
		const Mutant mutant{on, Op::CFGI_STE_RANGE};
		Board board(t);
		Firmware firmware(board);
		ASSERT_EQ(t, board.create(), 0);
		mutant.arm(board);
		ASSERT_EQ(t, board.start(), 0);
		const Dma dma = board.dma(Firmware::kSid, Firmware::kIova);
		mutant.expect(t, board, dma.ok() && dma.pa == Firmware::kPa);
	}
}

void initial_tlbi_nsnh_all(Case& t)
{
	for (bool on : kBoth) {
		const Mutant mutant{on, Op::TLBI_NSNH_ALL};
		Board board(t);
		Firmware firmware(board);
		ASSERT_EQ(t, board.create(), 0);
		mutant.arm(board);
		ASSERT_EQ(t, board.start(), 0);
		board.swallow(Op{0xff});
		Space space(board);  // with firmware's ASID
		Device device(board, {Firmware::kSid});
		ASSERT_EQ(t, device.attach(space), 0);
		const Dma dma = board.dma(Firmware::kSid, Firmware::kIova);
		mutant.expect(t, board, dma.ok() && dma.pa == Firmware::kPa);
	}
}

// EL2's translations of a former life: the driver's own, here, behind its back.
void initial_tlbi_el2_all(Case& t)
{
	for (bool on : kBoth) {
		const Mutant mutant{on, Op::TLBI_EL2_ALL};
		Setup setup;
		setup.platform.vhe = true;
		Board board(t, setup);
		board.up();
		Space space(board);
		Device device(board, {kSid});
		ASSERT_EQ(t, device.attach(space), 0);
		ASSERT(t, space.map(kIova, kOld, 0x1000));
		EXPECT(t, stale(board));
		board.stop();
		ASSERT(t, space.unmap(kIova, 0x1000));  // left out: it is off
		mutant.arm(board);
		ASSERT_EQ(t, board.start(), 0);
		mutant.expect(t, board, stale(board));
	}
}

// What was left out while the SMMU was suspended, and kept its power and its caches.
void invalidations_of_resume(Case& t)
{
	struct Way {
		bool vhe;
		Op op;
	};
	constexpr Way kWays[] = {
		{false, Op::CFGI_STE_RANGE}, {false, Op::TLBI_NSNH_ALL}, {true, Op::TLBI_EL2_ALL}};
	for (const Way& way : kWays)
		for (bool on : kBoth) {
			const Mutant mutant{on, way.op};
			Setup setup;
			setup.platform.vhe = way.vhe;
			Board board(t, setup);
			board.up();
			Space a(board), b(board);
			Device device(board, {kSid});
			ASSERT(t, a.map(kIova, kOld, 0x1000));
			ASSERT_EQ(t, device.attach(a), 0);
			EXPECT(t, stale(board));
			ASSERT_EQ(t, smmu_core_suspend(board.core), 0);
			board.smmu.power_off(true);
			if (way.op == Op::CFGI_STE_RANGE)
				ASSERT_EQ(t, device.attach(b), 0);
			else
				ASSERT(t, a.unmap(kIova, 0x1000));
			board.smmu.power_on();
			mutant.arm(board);
			ASSERT_EQ(t, smmu_core_resume(board.core), 0);
			mutant.expect(t, board, stale(board));
		}
}

// Nothing completes without a CMD_SYNC's own completion: one that says nothing is waited for in vain.
void sync(Case& t)
{
	Board board(t);
	board.up();
	test::UsedSpace space(board);
	board.swallow(Op::SYNC);
	test_clock_fake(true);
	smmu_core_flush_domain(space.domain);
	// By message it is only found in CONS, at the deadline.
	EXPECT_EQ(t, board.cons_reads, 1);
	EXPECT_EQ(t, board.stats().sync_timeouts, 0);
}

}  // namespace

TEST_SUITE(mutations, TEST_CASE(cfgi_ste), TEST_CASE(cfgi_ste_of_a_new_table), TEST_CASE(cfgi_cd),
	   TEST_CASE(tlbi_of_a_page), TEST_CASE(tlbi_of_a_domain),
	   TEST_CASE(leaf_only_for_a_freed_table), TEST_CASE(initial_cfgi_all),
	   TEST_CASE(initial_tlbi_nsnh_all), TEST_CASE(initial_tlbi_el2_all),
	   TEST_CASE(invalidations_of_resume), TEST_CASE(sync));
