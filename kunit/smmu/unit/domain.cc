// SPDX-License-Identifier: GPL-2.0-only
// Unmapping: what the SMMU had cached of a range is gone when flush returns.
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

constexpr u32 kSid = 9;
constexpr u64 kPa = 0x40'0000'0000;
constexpr u64 kKiB = 1 << 10, kMiB = 1 << 20, kGiB = 1 << 30;

Setup with_granule(u64 page, bool ril)
{
	Setup setup;
	setup.ids.idr5 = 5 | (page == 4 * kKiB ? 0x10 : page == 16 * kKiB ? 0x20 : 0x40);
	setup.ids.idr3 = ril ? 1u << 10 : 0;
	return setup;
}

struct Bench {
	Bench(Case& the_case, const Setup& setup, smmu_stage stage)
		: t(the_case),
		  board(the_case, setup),
		  started((board.up(), true)),
		  space(board, stage),
		  device(board, {kSid})
	{
		EXPECT_EQ(t, device.attach(space), 0);
	}

	// Map [iova, iova + count * size) and let the SMMU cache every leaf.
	void map(u64 iova, u64 size, u64 count)
	{
		for (u64 i = 0; i < count; i++) {
			EXPECT(t, space.map(iova + i * size, kPa + iova + i * size, size));
			expect_mapped(iova + i * size);
		}
	}

	// Out of the page table, with one flush for all, as an IOTLB gather ends.
	void unmap(u64 iova, u64 size, u64 count)
	{
		smmu_gather gather = Space::kNothing;
		for (u64 i = 0; i < count; i++)
			EXPECT(t, space.remove(iova + i * size, size, 1, gather));
		space.sync(gather);
	}

	void expect_mapped(u64 iova) { EXPECT_EQ(t, board.dma(kSid, iova).pa, kPa + iova); }

	// Nothing of it is left: neither at the first nor at the last byte of each leaf.
	void expect_gone(u64 iova, u64 size, u64 count)
	{
		for (u64 i = 0; i < count; i++) {
			EXPECT(t, board.blocked(kSid, iova + i * size));
			EXPECT(t, board.blocked(kSid, iova + (i + 1) * size - 1));
		}
	}

	Case& t;
	Board board;
	bool started;
	Space space;
	Device device;
};

constexpr smmu_stage kStages[] = {SMMU_STAGE_1, SMMU_STAGE_2};

// Runs of pages of every length, between neighbours that stay.
void runs_of_pages(Case& t, u64 page, bool ril)
{
	for (smmu_stage stage : kStages) {
		Bench bench(t, with_granule(page, ril), stage);
		const u64 start = 0x1000'0000 + 3 * page;
		for (u64 count = 1; count <= 70; count += count < 36 ? 1 : 11) {
			bench.map(start - page, page, count + 2);
			bench.unmap(start, page, count);
			bench.expect_gone(start, page, count);
			bench.expect_mapped(start - page);
			bench.expect_mapped(start + count * page);
			bench.unmap(start - page, page, 1);
			bench.unmap(start + count * page, page, 1);
		}
	}
}

void runs_of_4k(Case& t)
{
	runs_of_pages(t, 4 * kKiB, false);
}

void runs_of_4k_by_range(Case& t)
{
	runs_of_pages(t, 4 * kKiB, true);
}

void runs_of_16k(Case& t)
{
	runs_of_pages(t, 16 * kKiB, false);
	runs_of_pages(t, 16 * kKiB, true);
}

void runs_of_64k(Case& t)
{
	runs_of_pages(t, 64 * kKiB, false);
	runs_of_pages(t, 64 * kKiB, true);
}

struct Shape {
	u64 page, block, count;
};
constexpr Shape kBlocks[] = {
	{4 * kKiB, 2 * kMiB, 1}, {4 * kKiB, 2 * kMiB, 7},   {4 * kKiB, 1 * kGiB, 1},
	{4 * kKiB, 1 * kGiB, 3}, {16 * kKiB, 32 * kMiB, 5}, {64 * kKiB, 512 * kMiB, 3},
};

void blocks(Case& t)
{
	for (bool ril : {false, true})
		for (smmu_stage stage : kStages)
			for (const Shape& shape : kBlocks) {
				Bench bench(t, with_granule(shape.page, ril), stage);
				const u64 start = 4 * shape.block;
				bench.map(start, shape.block, shape.count);
				bench.unmap(start, shape.block, shape.count);
				bench.expect_gone(start, shape.block, shape.count);
			}
}

// A whole table of pages leaves the page table at once, and a block takes its place.
void freed_tables(Case& t)
{
	for (bool ril : {false, true})
		for (smmu_stage stage : kStages)
			for (const Shape& shape : kBlocks) {
				if (shape.block == kGiB || shape.count == 1)
					continue;
				Bench bench(t, with_granule(shape.page, ril), stage);
				const u64 start = 4 * shape.block;
				for (u64 i = 0; i < 5; i++)
					bench.map(start + i * 3 * shape.page, shape.page, 1);
				// Without a sync: the table must not be walked any more.
				ASSERT(t, bench.space.remove(start, shape.block));
				bench.expect_gone(start, shape.page, 20);
				const u64 elsewhere = kPa + 0x80'0000'0000;
				ASSERT(t, bench.space.map(start, elsewhere, shape.block));
				for (u64 i = 0; i < 20; i++)
					EXPECT_EQ(t,
						  bench.board.dma(kSid, start + i * shape.page).pa,
						  elsewhere + i * shape.page);
			}
}

// One flush for everything the domain ever had.
void whole_domains(Case& t)
{
	for (bool vhe : {false, true})
		for (smmu_stage stage : kStages) {
			Setup setup;
			setup.platform.vhe = vhe;
			Bench bench(t, setup, stage);
			Space other(bench.board, stage);
			Device neighbour(bench.board, {77});
			ASSERT_EQ(t, neighbour.attach(other), 0);
			ASSERT(t, other.map(0x1000, kPa, 0x1000));
			EXPECT_EQ(t, bench.board.dma(77, 0x1000).pa, kPa);
			const u64 misses = bench.board.smmu.stats().descriptor_fetches;
			for (u64 i = 0; i < 40; i++)
				bench.map(0x1000'0000 + i * 0x123'4000, 4 * kKiB, 1);
			bench.map(8 * kGiB, 2 * kMiB, 2);
			for (u64 i = 0; i < 40; i++)
				ASSERT(t,
				       bench.space.remove(0x1000'0000 + i * 0x123'4000, 4 * kKiB));
			for (u64 i = 0; i < 2; i++)
				ASSERT(t, bench.space.remove(8 * kGiB + i * 2 * kMiB, 2 * kMiB));
			smmu_core_flush_domain(bench.space.domain);
			for (u64 i = 0; i < 40; i++)
				bench.expect_gone(0x1000'0000 + i * 0x123'4000, 4 * kKiB, 1);
			bench.expect_gone(8 * kGiB, 2 * kMiB, 2);
			// The neighbour's translations stayed.
			const u64 fetches = bench.board.smmu.stats().descriptor_fetches;
			EXPECT(t, fetches > misses);
			EXPECT_EQ(t, bench.board.dma(77, 0x1000).pa, kPa);
			EXPECT_EQ(t, bench.board.smmu.stats().descriptor_fetches, fetches);
		}
}

// Commands for `pages` pages of 4 KiB: with ranges a handful, without one each, until that is too many.
u64 commands_for(Board& board, Space& space, u64 size)
{
	const u64 before = board.smmu.commands().total();
	space.flush(0x4000'0000, size, 4 * kKiB);
	return board.smmu.commands().total() - before;
}

void how_many_commands(Case& t)
{
	{
		Bench bench(t, with_granule(4 * kKiB, true), SMMU_STAGE_1);
		EXPECT_EQ(t, commands_for(bench.board, bench.space, 4 * kKiB), 2);
		EXPECT_EQ(t, commands_for(bench.board, bench.space, 32 * kKiB), 2);
		EXPECT_EQ(t, commands_for(bench.board, bench.space, 256 * kKiB), 2);
		EXPECT_EQ(t, commands_for(bench.board, bench.space, 2 * kMiB), 2);
		EXPECT_EQ(t, commands_for(bench.board, bench.space, 33 * 4 * kKiB), 3);
		EXPECT(t, commands_for(bench.board, bench.space, 0xfffff * 4 * kKiB) <= 5);
	}
	Bench bench(t, with_granule(4 * kKiB, false), SMMU_STAGE_1);
	EXPECT_EQ(t, commands_for(bench.board, bench.space, 4 * kKiB), 2);
	EXPECT_EQ(t, commands_for(bench.board, bench.space, 256 * kKiB), 65);
	EXPECT_EQ(t, commands_for(bench.board, bench.space, 511 * 4 * kKiB), 512);
	EXPECT_EQ(t, commands_for(bench.board, bench.space, 2 * kMiB), 2);
	EXPECT_EQ(t, bench.board.ops(Op::TLBI_NH_ASID), 1);
}

// MMU-700 before r1p1 deadlocks on long runs: a CMD_SYNC in each 64 commands.
void erratum_2812531(Case& t)
{
	Setup setup = with_granule(4 * kKiB, false);
	setup.ids.iidr = 0x487u << 20 | 0x43b;
	Bench bench(t, setup, SMMU_STAGE_1);
	const u64 syncs = bench.board.ops(Op::SYNC);
	EXPECT_EQ(t, commands_for(bench.board, bench.space, 200 * 4 * kKiB), 204);
	EXPECT_EQ(t, bench.board.ops(Op::SYNC) - syncs, 4);
}

void identifiers_run_out(Case& t)
{
	Board board(t, test::with_idr0({}, 1u << 12 | 1u << 18, 0));  // 8 bits of each
	board.up();
	Device device(board, {kSid});
	for (smmu_stage stage : kStages) {
		smmu_domain* domains[256]{};
		for (smmu_domain*& domain : domains)
			EXPECT_EQ(t, smmu_core_domain_create(board.core, stage, false, &domain), 0);
		u32 attached = 0;
		int error = 0;
		while (attached < 256 && !error) {
			error = smmu_core_attach(device.master, domains[attached]);
			attached += !error;
		}
		EXPECT_EQ(t, attached, 255);  // 0 is not used
		EXPECT_EQ(t, error, -28);
		test::KernelDomain last{{domains[254]}, 0};
		size_t mapped = 0;
		ASSERT_EQ(t,
			  smmu_map_4k(last.handle(), 0x5000, kPa, 0x1000, 1, Space::kReadWrite,
				      OS_TABLES_SLEEP, &mapped),
			  0);
		EXPECT_EQ(t, board.dma(kSid, 0x5000).pa, kPa);  // the device keeps what it had
		smmu_core_domain_destroy(domains[100]);
		EXPECT_EQ(t, smmu_core_attach(device.master, domains[255]), 0);
		EXPECT_EQ(t, device.attach_blocked(), 0);
		for (u32 i = 0; i < 256; i++)
			if (i != 100)
				smmu_core_domain_destroy(domains[i]);
	}
}

void stages_that_are_not_there(Case& t)
{
	smmu_domain* domain = nullptr;
	{
		Board board(t, test::with_idr0({}, 1, 0));
		board.up();
		EXPECT_EQ(t, smmu_core_domain_create(board.core, SMMU_STAGE_2, false, &domain),
			  -22);
		Space any(board, SMMU_STAGE_ANY);
		EXPECT_EQ(t, any.table().stage, SMMU_STAGE_1);
	}
	Board board(t, test::with_idr0({}, 1u << 9 | 2, 0));  // Hyp is a stage 1, too
	board.up();
	EXPECT_EQ(t, smmu_core_domain_create(board.core, SMMU_STAGE_1, false, &domain), -22);
	EXPECT(t, !domain);
	Space any(board, SMMU_STAGE_ANY);
	EXPECT_EQ(t, any.table().stage, SMMU_STAGE_2);
	Device device(board, {kSid});
	EXPECT_EQ(t, device.attach(any), 0);
	ASSERT(t, any.map(0x5000, kPa, 0x1000));
	EXPECT_EQ(t, board.dma(kSid, 0x5000).pa, kPa);
	EXPECT(t, any.unmap(0x5000, 0x1000));
	EXPECT(t, board.blocked(kSid, 0x5000));
}

// 5.2: the input of stage 2 is as wide as the output, that of stage 1 is what the CPU has.
void each_stage_has_its_own_sizes(Case& t)
{
	Setup setup;
	setup.ids.idr5 = 0x10 | 4;  // 44 bits
	Board board(t, setup);
	board.up();
	Space first(board, SMMU_STAGE_1), second(board, SMMU_STAGE_2);
	EXPECT_EQ(t, first.table().ias, 48);
	EXPECT_EQ(t, first.table().oas, 44);
	EXPECT_EQ(t, second.table().ias, 44);
	EXPECT_EQ(t, second.table().oas, 44);
}

// A new domain gets the number of one that is gone, and nothing else of it.
void numbers_are_used_again(Case& t)
{
	for (bool vhe : {false, true})
		for (smmu_stage stage : kStages) {
			Setup setup;
			setup.platform.vhe = vhe;
			Board board(t, setup);
			board.up();
			Device device(board, {kSid});
			for (u64 round = 1; round < 5; round++) {
				Space space(board, stage);
				ASSERT_EQ(t, device.attach(space), 0);
				EXPECT(t, board.blocked(kSid, 0x1000 * (round - 1)));
				ASSERT(t, space.map(0x1000 * round, kPa + (round << 20), 0x1000));
				EXPECT_EQ(t, board.dma(kSid, 0x1000 * round).pa,
					  kPa + (round << 20));
				ASSERT_EQ(t, device.attach_blocked(), 0);
			}
		}
}

}  // namespace

TEST_SUITE(domain, TEST_CASE(runs_of_4k), TEST_CASE(runs_of_4k_by_range), TEST_CASE(runs_of_16k),
	   TEST_CASE(runs_of_64k), TEST_CASE(blocks), TEST_CASE(freed_tables),
	   TEST_CASE(whole_domains), TEST_CASE(how_many_commands), TEST_CASE(erratum_2812531),
	   TEST_CASE(identifiers_run_out), TEST_CASE(stages_that_are_not_there),
	   TEST_CASE(each_stage_has_its_own_sizes), TEST_CASE(numbers_are_used_again));
