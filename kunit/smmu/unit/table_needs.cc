// SPDX-License-Identifier: GPL-2.0-only
// What an SMMU must have to use the page tables of processes.
#include "kunit/smmu/fixture/board.hpp"

using test::Board;
using test::Case;
using test::Setup;

namespace {

constexpr int kInvalid = -22;

struct Obstacle {
	const char* reason;
	void (*set)(Setup& setup, smmu_process_tables& tables);
};

constexpr Obstacle kObstacles[] = {
	{"it does not have stage 1 (IDR0.S1P)", [](Setup& s, auto&) { s.ids.idr0 &= ~(1u << 1); }},
	{"it does not snoop the CPUs' caches",
	 [](Setup& s, auto&) { s.platform.coherent = false; }},
	{"it does not have their page size (IDR5.GRAN*)",
	 [](Setup& s, auto&) { s.ids.idr5 &= ~0x10u; }},
	{"it does not have LPA2 (IDR5.DS)", [](Setup&, auto& tables) { tables.ds = true; }},
	{"their input addresses are too wide (IDR5.VAX)",
	 [](Setup&, auto& tables) { tables.va_bits = 52; }},
	{"their output addresses are too wide (IDR5.OAS)",
	 [](Setup& s, auto& tables) {
		 s.ids.idr5 = 0x10 | 4;  // 44 bits
		 tables.pa_bits = 48;
	 }},
	{"it does not bear blocks that are replaced while valid (IDR3.BBML)",
	 [](Setup& s, auto& tables) {
		 s.ids.idr3 = 1u << 11;  // level 1
		 tables.live_blocks = true;
	 }},
	{"it does not record accesses and writes as they need (IDR0.HTTU)",
	 [](Setup&, auto& tables) { tables.access_flag_of_tables = true; }},
};

constexpr smmu_process_tables kPlain{.mair = 0xff,
				     .page_shift = 12,
				     .va_bits = 48,
				     .pa_bits = 48,
				     .ds = false,
				     .access_flag = true,
				     .dirty = true,
				     .access_flag_of_tables = false,
				     .live_blocks = false};

bool same(const char* one, const char* other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}
	return *one == *other;
}

void each_obstacle_is_named(Case& t)
{
	for (const Obstacle& obstacle : kObstacles) {
		Setup setup;
		smmu_process_tables tables = kPlain;
		obstacle.set(setup, tables);
		Board board(t, setup);
		EXPECT_EQ(t, board.create(), 0);
		const char* why = smmu_core_process_obstacle(board.core, &tables);
		EXPECT(t, why && same(why, obstacle.reason));
		smmu_domain* domain = nullptr;
		EXPECT_EQ(t, smmu_core_domain_create_process(board.core, &tables, 0x1000, &domain),
			  kInvalid);
		EXPECT(t, !domain);
	}
}

bool is_possible(Case& t, const Setup& setup, const smmu_process_tables& tables)
{
	Board board(t, setup);
	EXPECT_EQ(t, board.create(), 0);
	return !smmu_core_process_obstacle(board.core, &tables);
}

// Entries of 48-bit addresses have no place for more, whatever the CPUs have.  Without HTTU, the kernel records.
void what_is_not_used_is_no_obstacle(Case& t)
{
	smmu_process_tables tables = kPlain;
	tables.pa_bits = 52;
	EXPECT(t, is_possible(t, {}, tables));
	EXPECT(t, is_possible(t, test::with_idr0({}, 3u << 6, 0), kPlain));
	tables = kPlain;
	tables.access_flag_of_tables = tables.live_blocks = true;
	Setup setup = test::with_idr0({}, 0, 3u << 6);
	setup.ids.idr3 = 2u << 11;
	EXPECT(t, is_possible(t, setup, tables));
}

}  // namespace

TEST_SUITE(table_needs, TEST_CASE(each_obstacle_is_named),
	   TEST_CASE(what_is_not_used_is_no_obstacle));
