// SPDX-License-Identifier: GPL-2.0-only
// Dirty state, walks of ranges, and walkers that are not coherent.
#include "kunit/pgtable/machine.hpp"

namespace {

using namespace pgtable;
using test::Case;
using test::Machine;
using test::Space;

using One = Granule4K<Stage::k1>;
constexpr u64 k4K = 4096, k2M = 2 << 20, k1G = 1 << 30;
constexpr int kInvalid = -22;

// ---- dirty state ----

// What was reported: the first address and the sum.
struct Record {
	u64 iova = 0, bytes = 0;
};

template <class F>
Record read_dirty(Space<F>& space, u64 iova, u64 size, bool clear, int expected = 0)
{
	Record record;
	const auto note = [&](u64 at, u64 bytes) {
		EXPECT(space.t, at >= iova && at + bytes <= iova + size && bytes);
		if (!record.bytes)
			record.iova = at;
		record.bytes += bytes;
	};
	EXPECT_EQ(space.t,
		  core::to_errno(read_and_clear_dirty(space.table, iova, size, clear, note)),
		  expected);
	return record;
}

template <class F>
void track(Case& t, bool coherent)
{
	Machine machine;
	Space<F> space(t, machine,
		       {.input_bits = F::kMaxBits,
			.output_bits = F::kMaxBits,
			.coherent = coherent,
			.variant = {.dirty = true}});
	const u64 page = F::kTableBytes, block = F::size(2);
	EXPECT_EQ(t, space.map(block, 0, block), 0);
	EXPECT_EQ(t, space.map(2 * block, 0, page, F::kEntries), 0);
	// A page that may be written starts as written.
	EXPECT_EQ(t, read_dirty(space, block, 2 * block, false).bytes, 2 * block);
	EXPECT_EQ(t, read_dirty(space, block, 2 * block, true).bytes, 2 * block);
	EXPECT_EQ(t, read_dirty(space, block, 2 * block, true).bytes, 0u);
	EXPECT(t, !space.meaning(block).write && space.meaning(block).dbm);
	// Hardware's update.
	const u64 change = F::kStage == Stage::k1 ? kApReadOnly : kS2apWrite;
	const u64 at = 2 * block + 3 * page;
	const walker::Result found = space.walk(at);
	machine.cpu(found.tables[4])[3].store_relaxed(found.descriptor ^ change);
	const Record one = read_dirty(space, block, 2 * block, true);
	EXPECT(t, one.iova == at && one.bytes == page);
	EXPECT_EQ(t, read_dirty(space, block, 2 * block, false).bytes, 0u);
	// A range that is not all mapped.
	EXPECT_EQ(t, read_dirty(space, 2 * block, 2 * block, true, kInvalid).bytes, 0u);
	EXPECT_EQ(t, read_dirty(space, bit(F::kMaxBits) - page, 2 * page, true, kInvalid).bytes,
		  0u);
	EXPECT_EQ(t, space.map(8 * block, 0, page, 1, kRead), 0);
	EXPECT_EQ(t, read_dirty(space, 8 * block, page, true).bytes, 0u);
	// The parts of a block are as dirty as it was.
	EXPECT_EQ(t, space.unmap(block, page), page);
	EXPECT_EQ(t, read_dirty(space, block + page, block - page, true).bytes, 0u);
	EXPECT_EQ(t, space.map(9 * block, 0, block), 0);
	EXPECT_EQ(t, space.unmap(9 * block, page), page);
	EXPECT_EQ(t, read_dirty(space, 9 * block + page, 3 * page, true).bytes, 3 * page);
}

void written_pages_are_reported_once(Case& t)
{
	test::each_format([&]<class F>() {
		track<F>(t, true);
		track<F>(t, false);
	});
}

// Nothing of a block is lost if its halves are read one after the other.
void a_block_read_in_parts_stays_dirty(Case& t)
{
	test::each_format([&]<class F>() {
		Machine machine;
		Space<F> space(t, machine, {.variant = {.dirty = true}});
		const u64 block = F::size(2), half = block / 2;
		EXPECT_EQ(t, space.map(block, 0, block, 2), 0);
		for (u64 start : {block, block + half}) {
			const Record part = read_dirty(space, start, half, true);
			EXPECT(t, part.iova == start && part.bytes == half);
		}
		EXPECT_EQ(t, read_dirty(space, block + half, block, true).bytes, block);
		EXPECT_EQ(t, read_dirty(space, block, 2 * block, true).bytes, 2 * block);
		EXPECT_EQ(t, read_dirty(space, block, 2 * block, true).bytes, 0u);
	});
}

// Another CPU splits the block after the walk has found it.
void a_split_is_not_undone(Case& t)
{
	test::each_format([&]<class F>() {
		Machine machine;
		Space<F> space(t, machine, {.variant = {.dirty = true}});
		const u64 page = F::kTableBytes, block = F::size(2);
		EXPECT_EQ(t, space.map(block, 0, block), 0);
		Leaf<Machine> found{};
		(void)walk(
			space.table, block, block,
			[&](const Leaf<Machine>& leaf) { return found = leaf, false; },
			[](u64, u64) { return true; });
		ASSERT(t, found.at && found.level == 2);
		EXPECT_EQ(t, space.unmap(block, page), page);
		EXPECT(t, !test_dirty(space.table, found, true));
		EXPECT(t, space.empty(block) && space.maps(block + page, page));
	});
}

// A clean page between two dirty ones, and more entries than one step has.
void adjacent_pages_are_reported_together(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {.variant = {.dirty = true}});
	constexpr u64 kStep = DirtyRuns<One, Machine>::kMostEntries;
	EXPECT_EQ(t, space.map(k1G, 0, k4K, 2 * kStep), 0);
	EXPECT_EQ(t, read_dirty(space, k1G + 5 * k4K, k4K, true).bytes, k4K);
	u64 calls = 0, at = k1G;
	const auto note = [&](u64 iova, u64 bytes) {
		EXPECT_EQ(t, iova, calls == 1 ? at + k4K : at);
		at = iova + bytes;
		calls++;
	};
	EXPECT(t, read_and_clear_dirty(space.table, k1G, 2 * kStep * k4K, true, note));
	EXPECT_EQ(t, at, k1G + 2 * kStep * k4K);
	EXPECT_EQ(t, calls, 3u);
}

// ---- walks ----

void a_walk_visits_leaves_and_holes_in_order(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(k1G - k4K, 0x5000'0000, k4K), 0);
	EXPECT_EQ(t, space.map(k1G, k1G, k1G), 0);
	EXPECT_EQ(t, space.map(2 * k1G + k2M, 0, k2M), 0);
	u64 at = 0, leaves = 0, holes = 0;
	const bool all = walk(
		space.table, 0, 4 * k1G,
		[&](const Leaf<Machine>& leaf) {
			EXPECT_EQ(t, leaf.iova, at);
			at += One::size(leaf.level);
			leaves++;
			return true;
		},
		[&](u64 iova, u64 size) {
			EXPECT_EQ(t, iova, at);
			at += size;
			holes++;
			return true;
		});
	EXPECT(t, all && leaves == 3);
	EXPECT_EQ(t, at, 4 * k1G);
	EXPECT_EQ(t, holes, 511u + 511u + 511u + 1u);
	EXPECT(t, !walk(
			  space.table, 0, k1G, [](const Leaf<Machine>&) { return false; },
			  [](u64, u64) { return true; }));
}

void a_trace_ends_where_the_walk_does(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, k1G, k2M), 0);
	int level = 0;
	u64 last = 0;
	trace_walk(space.table, k4K, [&](int l, u64 descriptor) {
		level = l;
		last = descriptor;
	});
	EXPECT(t, level == 2 && is_block(last));
	trace_walk(space.table, k1G, [&](int l, u64 descriptor) {
		level = l;
		last = descriptor;
	});
	EXPECT(t, level == 1 && !last);
}

void nothing_is_found_beyond_the_input_addresses(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {.input_bits = 40, .variant = {.dirty = true}});
	EXPECT_EQ(t, space.map(0, 0, k4K), 0);
	u64 pa = 0;
	for (u64 iova : {bit(40), bit(48), -k4K}) {
		EXPECT(t, !space.look_up(iova, pa));
		trace_walk(space.table, iova, [&](int, u64) { EXPECT(t, false); });
		EXPECT_EQ(t, read_dirty(space, iova, k4K, true, kInvalid).bytes, 0u);
	}
	EXPECT_EQ(t, read_dirty(space, bit(40) - k4K, 2 * k4K, true, kInvalid).bytes, 0u);
}

// ---- walkers that are not coherent ----

// Walks see what was cleaned, and no line is cleaned that was not written.
void lines_written_are_cleaned(Case& t)
{
	test::each_format([&]<class F>() {
		Machine machine;
		Space<F> space(t, machine,
			       {.input_bits = F::kMaxBits,
				.output_bits = F::kMaxBits,
				.coherent = false,
				.bbml = Bbml::k1,
				.contiguous = true});
		const u64 page = F::kTableBytes, run = F::contiguous(3);
		const u32 before = machine.tables();
		EXPECT_EQ(t, space.map(0, 0, page, 2 * run), 0);
		const u64 tables = machine.tables() - before;
		EXPECT_EQ(t, machine.cleaned, tables + 2 * run);
		EXPECT(t, space.maps((run + 1) * page, (run + 1) * page));
		machine.cleaned = 0;
		EXPECT_EQ(t, space.unmap(0, page, 3), 3 * page);
		EXPECT_EQ(t, machine.cleaned, run + 3);
		EXPECT(t, space.empty(0) && space.maps(3 * page, 3 * page));
		machine.cleaned = 0;
		EXPECT_EQ(t, space.map(0, 0, page), 0);
		EXPECT_EQ(t, machine.cleaned, 1u);
		// A block, its parts, and the table in its place.
		EXPECT_EQ(t, space.map(F::size(2), 0, F::size(2)), 0);
		machine.cleaned = 0;
		EXPECT_EQ(t, space.unmap(F::size(2), page), page);
		EXPECT_EQ(t, machine.cleaned, 1 + F::kEntries + 1 + 1);
		EXPECT(t, space.empty(F::size(2)) && space.maps(F::size(2) + page, page));
		// A table that is removed.
		machine.cleaned = 0;
		EXPECT_EQ(t, space.unmap(F::size(2), F::size(2)), F::size(2));
		EXPECT_EQ(t, machine.cleaned, 1u);
	});
}

void coherent_walkers_need_no_cleaning(Case& t)
{
	Machine machine;
	Space<One> space(t, machine, {});
	EXPECT_EQ(t, space.map(0, 0, k4K, 600), 0);
	EXPECT_EQ(t, space.unmap(0, k4K, 600), 600 * k4K);
	space.reclaim();
	EXPECT_EQ(t, machine.cleaned, 0u);
}

}  // namespace

TEST_SUITE(pgtable_walk, TEST_CASE(written_pages_are_reported_once),
	   TEST_CASE(a_block_read_in_parts_stays_dirty), TEST_CASE(a_split_is_not_undone),
	   TEST_CASE(adjacent_pages_are_reported_together),
	   TEST_CASE(a_walk_visits_leaves_and_holes_in_order),
	   TEST_CASE(a_trace_ends_where_the_walk_does),
	   TEST_CASE(nothing_is_found_beyond_the_input_addresses),
	   TEST_CASE(lines_written_are_cleaned), TEST_CASE(coherent_walkers_need_no_cleaning));
