// SPDX-License-Identifier: GPL-2.0-only
// 52-bit addresses with 4K and 16K pages (IDR5.DS): which domains have them, and what they translate.
#include "arm-smmu-v3/core.h"

#include <algorithm>

#include "kunit/base/testos.h"
#include "kunit/smmu/fixture/board.hpp"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;
using test::Space;

namespace {

constexpr int kInvalid = -22, kRange = -34;
constexpr u32 kSid = 5;
constexpr u32 kDs = 1u << 7, kVax = 1u << 10, k4K = 1u << 4, k16K = 1u << 5, k64K = 1u << 6;
constexpr u32 kOas48 = 5, kOas52 = 6;
constexpr u64 kTop = u64{1} << 52, k48 = u64{1} << 48;
constexpr smmu_stage kStages[] = {SMMU_STAGE_1, SMMU_STAGE_2};

Setup with(u32 idr5, u8 va_bits = 52)
{
	Setup setup;
	setup.ids.idr5 = idr5;
	setup.ids.idr3 = 1u << 10 | 2u << 11;  // RIL, BBML 2
	setup.platform.va_bits = va_bits;
	setup.platform.page_shift = idr5 & k4K ? 12 : idr5 & k16K ? 14 : 16;
	return setup;
}

Setup lpa2(u32 granule = k4K)
{
	return with(kOas52 | granule | kDs | kVax);
}

struct Scene {
	explicit Scene(Case& the_case, const Setup& setup = lpa2(), smmu_stage stage = SMMU_STAGE_1,
		       bool dirty = false)
		: t(the_case),
		  board(the_case, setup),
		  started((board.up(), true)),
		  space(board, stage, dirty),
		  device(board, {kSid})
	{
		EXPECT_EQ(t, device.attach(space), 0);
	}

	void expect_mapped(u64 iova, u64 pa)
	{
		EXPECT_EQ(t, board.dma(kSid, iova).pa, pa);
		EXPECT_EQ(t, space.look_up(iova), pa);
	}
	void expect_gone(u64 iova)
	{
		EXPECT(t, board.blocked(kSid, iova));
		EXPECT_EQ(t, space.look_up(iova), 0u);
	}
	// One page or block, its neighbours, and that nothing of it is left.
	void come_and_go(u64 iova, u64 pa, u64 size)
	{
		EXPECT(t, space.map(iova, pa, size));
		expect_mapped(iova, pa);
		expect_mapped(iova + size - 1, pa + size - 1);
		EXPECT(t, board.blocked(kSid, iova - 1));
		EXPECT(t, space.unmap(iova, size));
		expect_gone(iova);
		expect_gone(iova + size - 1);
	}

	Case& t;
	Board board;
	bool started;
	Space space;
	Device device;
};

// ---- which domains have it ----

struct Choice {
	u32 idr5;
	u8 va_bits;
	smmu_stage stage;
	smmu_format format;
	u32 ias, oas;
};

// OAS bounds stage 2, both sides of it; VAX and the kernel's addresses bound the input of stage 1.
constexpr Choice kChoices[] = {
	{kOas52 | k4K | kDs | kVax, 52, SMMU_STAGE_1, SMMU_FORMAT_4K_LPA2, 52, 52},
	{kOas52 | k4K | kDs | kVax, 48, SMMU_STAGE_1, SMMU_FORMAT_4K_LPA2, 48, 52},
	{kOas48 | k4K | kDs | kVax, 52, SMMU_STAGE_1, SMMU_FORMAT_4K_LPA2, 52, 48},
	{kOas48 | k4K | kDs | kVax, 48, SMMU_STAGE_1, SMMU_FORMAT_4K, 48, 48},
	{kOas52 | k4K | kVax, 52, SMMU_STAGE_1, SMMU_FORMAT_4K, 48, 48},
	{kOas52 | k4K | k64K | kDs | kVax, 52, SMMU_STAGE_1, SMMU_FORMAT_4K_LPA2, 52, 52},
	{kOas52 | k16K | kDs | kVax, 52, SMMU_STAGE_1, SMMU_FORMAT_16K_LPA2, 52, 52},
	{kOas52 | k16K | kDs | kVax, 47, SMMU_STAGE_1, SMMU_FORMAT_16K_LPA2, 47, 52},
	{kOas48 | k16K | kDs | kVax, 47, SMMU_STAGE_1, SMMU_FORMAT_16K, 47, 48},
	{kOas52 | k64K | kVax, 52, SMMU_STAGE_1, SMMU_FORMAT_64K, 52, 52},
	{kOas52 | k4K | kDs | kVax, 48, SMMU_STAGE_2, SMMU_FORMAT_4K_LPA2, 52, 52},
	{kOas48 | k4K | kDs | kVax, 52, SMMU_STAGE_2, SMMU_FORMAT_4K, 48, 48},
	{kOas52 | k16K | kDs | kVax, 48, SMMU_STAGE_2, SMMU_FORMAT_16K_LPA2, 52, 52},
	{kOas52 | k16K, 48, SMMU_STAGE_2, SMMU_FORMAT_16K, 48, 48},
};

void it_is_used_where_addresses_would_be_out_of_reach(Case& t)
{
	for (const Choice& choice : kChoices) {
		Scene scene(t, with(choice.idr5, choice.va_bits), choice.stage);
		const smmu_pgtable& table = scene.space.table();
		EXPECT_EQ(t, table.format, choice.format);
		EXPECT_EQ(t, table.ias, choice.ias);
		EXPECT_EQ(t, table.oas, choice.oas);
		EXPECT_EQ(t, table.ds,
			  choice.format == SMMU_FORMAT_4K_LPA2 ||
				  choice.format == SMMU_FORMAT_16K_LPA2);
		EXPECT_EQ(t, scene.space.try_map(u64{1} << choice.ias, 0, scene.space.page()),
			  kRange);
		EXPECT_EQ(t, scene.space.try_map(0, u64{1} << choice.oas, scene.space.page()),
			  kRange);
		scene.come_and_go((u64{1} << choice.ias) - scene.space.page(),
				  (u64{1} << choice.oas) - scene.space.page(), scene.space.page());
	}
}

smmu_stream stream_of(Scene& scene)
{
	smmu_stream stream;
	smmu_core_read_stream(scene.device.master, kSid, scene.space.domain, &stream);
	return stream;
}

// The bits are RES0 there.
void an_smmu_without_it_is_configured_as_before(Case& t)
{
	for (u32 idr5 : {kOas48 | k4K, kOas52 | k4K | kVax, kOas52 | k64K | kVax | k4K | kDs}) {
		Setup setup = with(idr5);
		if (idr5 & k64K)
			setup.platform.page_shift = 16;
		Scene one(t, setup, SMMU_STAGE_1);
		EXPECT_EQ(t, stream_of(one).cd[2], 0u);
		Space two(one.board, SMMU_STAGE_2);
		EXPECT_EQ(t, one.device.attach(two), 0);
		EXPECT_EQ(t, stream_of(one).ste[3], two.table().ttb);
		EXPECT_EQ(t, one.device.attach_blocked(), 0);
	}
}

void differing_smmus_share_what_both_have(Case& t)
{
	for (smmu_stage stage : kStages) {
		Board wide(t, lpa2()), plain(t, with(kOas52 | k4K | kVax));
		wide.up();
		plain.up();
		Space of_wide(wide, stage), of_plain(plain, stage);
		Device at_wide(wide, {kSid}), at_plain(plain, {kSid});
		EXPECT(t, of_wide.table().ds && !of_plain.table().ds);
		EXPECT_EQ(t, at_wide.attach(of_wide), 0);
		EXPECT_EQ(t, at_plain.attach(of_wide), kInvalid);
		EXPECT_EQ(t, at_wide.attach(of_plain), 0);
		EXPECT_EQ(t, at_plain.attach(of_plain), 0);
		EXPECT(t, of_plain.map(0x5000, 0x7000, 0x1000));
		EXPECT_EQ(t, wide.dma(kSid, 0x5000).pa, 0x7000u);
		EXPECT_EQ(t, plain.dma(kSid, 0x5000).pa, 0x7000u);
		at_plain.destroy();
		at_wide.destroy();
	}
}

// ---- what it translates ----

// Each size, each address bit above 47, and all of them.
void every_size_reaches_every_address(Case& t)
{
	for (u32 granule : {k4K, k16K})
		for (smmu_stage stage : kStages) {
			Scene scene(t, lpa2(granule), stage);
			const u64 sizes = scene.space.table().pgsize_bitmap;
			EXPECT_EQ(t, sizes, granule == k4K ? 0x8040201000 : 0x1002004000);
			for (u64 left = sizes; left; left &= left - 1) {
				const u64 size = left & -left;
				for (u64 high : {k48, 2 * k48, 4 * k48, 8 * k48, 15 * k48}) {
					scene.come_and_go(high + size, 0, size);
					scene.come_and_go(size, high, size);
					scene.come_and_go(high + 3 * size, high + 2 * size, size);
				}
				scene.come_and_go(kTop - size, kTop - size, size);
			}
		}
}

void blocks_are_taken_apart(Case& t)
{
	for (u32 bbml : {0u, 1u, 2u})
		for (smmu_stage stage : kStages) {
			Setup setup = lpa2();
			setup.ids.idr3 = 1u << 10 | bbml << 11;
			Scene scene(t, setup, stage);
			constexpr u64 kHuge = u64{1} << 39, kIova = 13 * k48, kPa = 11 * k48;
			constexpr u64 kHole = 5 * 0x4000'0000ull + 7 * 0x20'0000 + 9 * 0x1000;
			EXPECT(t, scene.space.map(kIova, kPa, kHuge));
			scene.expect_mapped(kIova + kHole, kPa + kHole);
			EXPECT(t, scene.space.unmap(kIova + kHole, 0x1000));
			scene.expect_gone(kIova + kHole);
			for (u64 offset : {u64{0}, kHole - 1, kHole + 0x1000, kHuge - 1})
				scene.expect_mapped(kIova + offset, kPa + offset);
			EXPECT(t, scene.space.unmap(kIova, kHuge));
			scene.expect_gone(kIova);
		}
}

// Addresses whose bits 51:50 differ, in one table.
void bits_that_are_not_in_place_change_within_a_map(Case& t)
{
	Scene scene(t);
	constexpr u64 kIova = 9 * k48, kPa = 8 * k48 - 5 * 0x1000, kCount = 40;
	EXPECT(t, scene.space.map(kIova - 0x1000, 0, 0x1000));
	for (u64 first : {u64{0}, 2 * kCount}) {  // a new table, and one that exists
		const u64 iova = kIova + first * 0x1000;
		size_t mapped = 0;
		EXPECT_EQ(t,
			  smmu_map_4k_lpa2(scene.space.kernel.handle(), iova, kPa, 0x1000, kCount,
					   Space::kReadWrite, OS_TABLES_SLEEP, &mapped),
			  0);
		for (u64 i = 0; i < kCount; i++)
			scene.expect_mapped(iova + i * 0x1000, kPa + i * 0x1000);
	}
}

void runs_are_contiguous(Case& t)
{
	Scene scene(t);
	constexpr u64 kIova = 9 * k48, kPa = 14 * k48, kCount = 40, kContiguous = u64{1} << 52;
	size_t mapped = 0;
	EXPECT_EQ(t,
		  smmu_map_4k_lpa2(scene.space.kernel.handle(), kIova, kPa, 0x1000, kCount,
				   Space::kReadWrite, OS_TABLES_SLEEP, &mapped),
		  0);
	for (u64 i = 0; i < kCount; i++) {
		os_walk walk;
		smmu_core_trace_walk(scene.space.domain, kIova + i * 0x1000, &walk);
		EXPECT(t, walk.first_level == -1 && walk.count == 5);
		EXPECT_EQ(t, !!(walk.descriptors[4] & kContiguous), i < 32);
		scene.expect_mapped(kIova + i * 0x1000, kPa + i * 0x1000);
	}
	smmu_gather gather = Space::kNothing;
	EXPECT(t, scene.space.remove(kIova + 3 * 0x1000, 0x1000, 20, gather));
	scene.space.sync(gather);
	for (u64 i = 0; i < kCount; i++) {
		if (i >= 3 && i < 23)
			scene.expect_gone(kIova + i * 0x1000);
		else
			scene.expect_mapped(kIova + i * 0x1000, kPa + i * 0x1000);
	}
}

void writes_are_recorded(Case& t)
{
	for (u32 granule : {k4K, k16K})
		for (smmu_stage stage : kStages) {
			Scene scene(t, lpa2(granule), stage, true);
			const u64 page = scene.space.page(), iova = 7 * k48;
			EXPECT(t, scene.space.map(iova, 13 * k48, page));
			u64 bytes = 0;
			const auto record = [](void* sum, u64, u64 some) {
				*static_cast<u64*>(sum) += some;
			};
			const auto read = [&] {
				bytes = 0;
				EXPECT_EQ(t,
					  smmu_core_read_dirty(scene.space.domain, iova, page, true,
							       record, &bytes),
					  0);
				scene.space.flush(iova, page, page);
				return bytes;
			};
			EXPECT_EQ(t, read(), page);
			EXPECT_EQ(t, read(), 0u);
			EXPECT_EQ(t, scene.board.dma(kSid, iova + 8, true).pa, 13 * k48 + 8);
			EXPECT_EQ(t, read(), page);
		}
}

void what_is_mapped_is_shown(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, lpa2(), stage);
		EXPECT(t, scene.space.map(15 * k48, 14 * k48 + 0x1000, 0x1000));
		u64 iova = 0;
		os_range range{};
		while (smmu_core_scan_range(scene.space.domain, &iova, &range) == OS_SCAN_MORE) {
		}
		EXPECT_EQ(t, range.iova, 15 * k48);
		EXPECT_EQ(t, range.pa, 14 * k48 + 0x1000);
		EXPECT_EQ(t, range.prot, 3u);
		EXPECT_EQ(t, stream_of(scene).input_bits, 52u);
	}
}

// 2^40 pages: more than one command's NUM and SCALE cover.
void a_flush_of_all_addresses_ends(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, lpa2(), stage);
		constexpr u64 kIova = 12 * k48;
		EXPECT(t, scene.space.map(kIova, kIova, 0x1000));
		scene.expect_mapped(kIova, kIova);
		EXPECT(t, scene.space.remove(kIova, 0x1000));
		EXPECT_EQ(t, scene.board.dma(kSid, kIova).pa, kIova);
		scene.space.flush(0, kTop, 0x1000);
		scene.expect_gone(kIova);
	}
}

// 4.4.1.1: TTL 0b01 of 16K exists with DS; level 0 of 4K has no TTL.
void invalidations_have_the_levels_of_blocks(Case& t)
{
	const struct {
		u32 granule;
		u64 size, ttl;
	} kBlocks[] = {{k4K, u64{1} << 39, 0},
		       {k4K, u64{1} << 30, 1},
		       {k16K, u64{1} << 36, 1},
		       {k16K, u64{1} << 25, 2}};
	for (const auto& block : kBlocks) {
		Scene scene(t, lpa2(block.granule));
		EXPECT(t, scene.space.map(8 * k48, 8 * k48, block.size));
		EXPECT(t, scene.space.unmap(8 * k48, block.size));
		EXPECT_EQ(t, scene.board.smmu.commands().last(1).w[1] >> 8 & 3, block.ttl);
	}
}

// ---- each field ----

// A stream table that is linear and small.
u64* ste_of(Board& board)
{
	const u64 base = board.smmu.regs().strtab_base & ones(52) & ~ones(6);
	return static_cast<u64*>(test_bus_to_cpu(base + 64 * kSid, 64));
}

u64* cd_of(Board& board)
{
	return static_cast<u64*>(test_bus_to_cpu(ste_of(board)[0] & ones(52) & ~ones(6), 64));
}

struct Field {
	smmu_stage stage;
	u32 word, bit;
};

// DS, T0SZ, IPS; S2DS, S2SL0[2], S2SL0, S2T0SZ, S2PS.
constexpr Field kFields[] = {
	{SMMU_STAGE_1, 2, 58}, {SMMU_STAGE_1, 0, 0},  {SMMU_STAGE_1, 0, 2},  {SMMU_STAGE_1, 0, 3},
	{SMMU_STAGE_1, 0, 33}, {SMMU_STAGE_1, 0, 34}, {SMMU_STAGE_2, 3, 3},  {SMMU_STAGE_2, 3, 2},
	{SMMU_STAGE_2, 2, 39}, {SMMU_STAGE_2, 2, 34}, {SMMU_STAGE_2, 2, 35}, {SMMU_STAGE_2, 2, 49},
	{SMMU_STAGE_2, 2, 50},
};

// True: DMA to the last page reaches it, with the bit of the field as it is or changed.
bool reaches(Case& t, const Field& field, bool change)
{
	Setup setup = lpa2();
	setup.ids.idr1 = (setup.ids.idr1 & ~0x3fu) | 6;
	Scene scene(t, setup, field.stage);
	constexpr u64 kLast = kTop - 0x1000;
	EXPECT(t, scene.space.map(kLast, kLast, 0x1000));
	u64* const words = field.stage == SMMU_STAGE_1 ? cd_of(scene.board) : ste_of(scene.board);
	const u64 before = words[field.word];
	if (change)
		words[field.word] ^= u64{1} << field.bit;
	// The model reports an ILLEGAL structure.
	scene.board.expected_violations = change;
	const model::Dma dma = scene.board.smmu.translate(kSid, std::nullopt, kLast, {});
	scene.board.expected_violations = scene.board.violations;
	words[field.word] = before;
	return dma.ok() && dma.pa == kLast;
}

void each_field_matters(Case& t)
{
	for (const Field& field : kFields) {
		EXPECT(t, reaches(t, field, false));
		EXPECT(t, !reaches(t, field, true));
	}
}

}  // namespace

TEST_SUITE(lpa2, TEST_CASE(it_is_used_where_addresses_would_be_out_of_reach),
	   TEST_CASE(an_smmu_without_it_is_configured_as_before),
	   TEST_CASE(differing_smmus_share_what_both_have),
	   TEST_CASE(every_size_reaches_every_address), TEST_CASE(blocks_are_taken_apart),
	   TEST_CASE(bits_that_are_not_in_place_change_within_a_map),
	   TEST_CASE(runs_are_contiguous), TEST_CASE(writes_are_recorded),
	   TEST_CASE(what_is_mapped_is_shown), TEST_CASE(a_flush_of_all_addresses_ends),
	   TEST_CASE(invalidations_have_the_levels_of_blocks), TEST_CASE(each_field_matters));
