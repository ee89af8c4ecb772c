// SPDX-License-Identifier: GPL-2.0-only
// Each step of a restore matters: a write that is left out, or exchanged with its neighbour, has to show.
#include "kunit/ipmmu/fixture/order.hpp"
#include "kunit/ipmmu/fixture/scenes.hpp"

namespace {

using namespace test::ipmmu_order;
using namespace test::ipmmu_scenes;
using test::IpmmuBoard;

struct Image {
	std::array<model::Ipmmu::Context, 16> contexts;
	std::array<model::Ipmmu::Utlb, 64> utlbs;
	u32 imsctlr, imsauxctlr;
};

// What means something: of contexts and micro-TLBs that are off, that they are.
Image picture(const model::Ipmmu& unit, bool root)
{
	Image image{};
	for (u32 n = 0; n < unit.contexts(); n++) {
		image.contexts[n].imctr = unit.context(n).imctr & ~kFlush;
		if (!root || !image.contexts[n].imctr)
			continue;
		const model::Ipmmu::Context& from = unit.context(n);
		image.contexts[n] = from;
		image.contexts[n].imctr &= ~kFlush;
		if (unit.contexts() != 1)
			image.contexts[n].imbuscr = 0;
		if (from.imctr & kVa64)
			image.contexts[n].immair0 = 0;
	}
	for (u32 n = 0; n < unit.utlbs() && !root; n++) {
		image.utlbs[n].imuctr = unit.utlb(n).imuctr & ~kFlush;
		if (image.utlbs[n].imuctr)
			image.utlbs[n].imuasid = unit.utlb(n).imuasid;
	}
	if (unit.contexts() == 1)
		return image;
	image.imsctlr = unit.imsctlr();
	image.imsauxctlr = root ? unit.imsauxctlr() : 0;
	return image;
}

bool same(const Image& a, const Image& b)
{
	return __builtin_memcmp(&a, &b, sizeof(a)) == 0;
}

// What is done to one write of a resume, counted from 1.
struct Mutation {
	u32 drop = 0, bits = 0, swap = 0;
};

void arm(IpmmuBoard& b, const Mutation& mutation)
{
	b.trace.drop_write = mutation.drop;
	b.trace.drop_bits = mutation.bits;
	b.trace.swap_write = mutation.swap;
}

struct Outcome {
	bool caught = false;    // something shows it
	bool happened = false;  // there was such a write
	u64 root_writes = 0;    // of all, those before the leaf's resume
};

// One power cycle with a mutation.
Outcome cycle(IpmmuBoard& b, const Mutation& mutation)
{
	const u32 last = b.placed - 1;  // the leaf; of a Gen2 the root itself
	const Image root = picture(b.units[0].model, true),
		    leaf = picture(b.units[last].model, false);
	const u64 violations = b.trace.violations;
	Outcome out;

	EXPECT(b.t, b.reads(last, 3, kIova, kPa));
	EXPECT(b.t, b.suspend_all());
	// What the TLB keeps is stale by now.
	EXPECT(b.t, b.unmap_pages(0, kIova, 4096, 1));
	EXPECT(b.t, b.map(0, kIova, kPa + 0x9000));
	EXPECT_EQ(b.t, b.trace.out_of_order, 0);
	b.trace.dropped = false;
	b.tolerate_violations = b.tolerate_order = true;
	b.clear_trace();
	arm(b, mutation);
	out.caught |= b.resume(0) != 0;
	out.root_writes = b.trace.writes;
	out.caught |= last && b.resume(last) != 0;
	out.happened = b.trace.dropped || (mutation.swap && !b.trace.swap_write);
	arm(b, {});

	out.caught |= !b.reads(last, 3, kIova, kPa + 0x9000);
	out.caught |= b.trace.out_of_order != 0;
	out.caught |= !same(root, picture(b.units[0].model, true));
	out.caught |= !same(leaf, picture(b.units[last].model, false));
	out.caught |= b.trace.violations != violations;
	b.tolerate_violations = false;
	return out;
}

struct Board {
	u32 soc, leaves, stage, writes;  // of a restore
};

constexpr Board kBoards[] = {
	{IPMMU_VMSA, 0, IPMMU_STAGE_1, 9},       {IPMMU_R8A77965, 1, IPMMU_STAGE_1, 12},
	{IPMMU_R8A77965, 1, IPMMU_STAGE_2, 11},  {IPMMU_RCAR_GEN4, 1, IPMMU_STAGE_1, 12},
	{IPMMU_RCAR_GEN4, 1, IPMMU_STAGE_2, 11},
};

bool start_one(IpmmuBoard& b, const Board& board)
{
	return b.start(board.soc, board.leaves, board.stage) && b.create_domain(0) == 0 &&
	       b.add_master(0, board.leaves, 3) == 0 && b.attach(0, 0) == 0 && b.map(0, kIova, kPa);
}

void every_write_of_a_restore_is_needed(test::Case& t)
{
	for (const Board& board : kBoards) {
		u32 writes = 0;
		for (bool happened = true; happened; writes += happened) {
			IpmmuBoard b(t);
			ASSERT(t, start_one(b, board));
			const Outcome out = cycle(b, {.drop = writes + 1});
			happened = out.happened;
			if (out.caught != out.happened)
				test_fail(&t, __FILE__, __LINE__, "write dropped, caught",
					  writes + 1, out.caught);
		}
		EXPECT_EQ(t, writes, board.writes);
	}
}

// Of the FLUSH bits, that of the leaf's IMCTR and that of the root's after it; the micro-TLB's is for another
// context.  A control register has the same bit, which is firmware's.
void every_flush_of_a_restore_is_needed(test::Case& t)
{
	u32 caught = 0, flushes = 0;
	for (u32 n = 1; n < 100; n++) {
		IpmmuBoard b(t);
		ASSERT(t, start_one(b, kBoards[1]));
		const Outcome out = cycle(b, {.drop = n, .bits = kFlush});
		caught += out.caught;
		flushes += out.happened;
	}
	EXPECT_EQ(t, flushes, 4);
	EXPECT_EQ(t, caught, 3);
}

// Whether a rule says that `b` comes after `a`, its neighbour.
bool has_order(const IpmmuBoard& board, const model::IpmmuAccess& a, const model::IpmmuAccess& b)
{
	const auto is = [&](const model::IpmmuAccess& w, u32 unit, u32 offset, u32 bit) {
		return w.unit == unit && w.offset == offset && w.value & bit;
	};
	const model::Ipmmu &root = board.units[0].model, &leaf = board.units[1].model;
	const u32 imctr = root.context_offset(1), imuctr = leaf.utlb_offset(3);

	if (is(a, kLeaf, imctr, kFlush))
		return true;  // leaf, then root
	if (is(a, kRoot, imctr, kFlush))
		return true;               // and a wait for it
	return is(b, kLeaf, imuctr, kOn);  // IMUASID, then MMUEN
}

// The `n`th write since clear_trace(), counted from 1; a read, value 0, where there is none.
model::IpmmuAccess find_write(const IpmmuBoard& b, u32 n)
{
	for (u32 i = 0; i < b.trace.accesses.size(); i++)
		if (b.trace.accesses[i].write && --n == 0)
			return b.trace.accesses[i];
	return {};
}

// A write exchanged with the next one of the same resume is caught where a rule orders the two, and only there.
void exchanged_writes_are_caught_where_order_matters(test::Case& t)
{
	for (const Board& board : kBoards) {
		if (!board.leaves)
			continue;
		u32 ordered = 0, free = 0;
		Outcome out{.happened = true};
		for (u32 n = 1; out.happened; n++) {
			IpmmuBoard b(t);
			ASSERT(t, start_one(b, board));
			out = cycle(b, {.swap = n});
			const model::IpmmuAccess first = find_write(b, n),
						 next = find_write(b, n + 1);
			if (n == out.root_writes || !next.write)
				continue;
			const bool rule = has_order(b, first, next);
			(rule ? ordered : free)++;
			if (out.caught != rule)
				test_fail(&t, __FILE__, __LINE__, "write exchanged, caught", n,
					  out.caught);
		}
		EXPECT_EQ(t, ordered, 3);
		EXPECT(t, free > 5);
	}
}

}  // namespace

TEST_SUITE(ipmmu_mutations, TEST_CASE(every_write_of_a_restore_is_needed),
	   TEST_CASE(every_flush_of_a_restore_is_needed),
	   TEST_CASE(exchanged_writes_are_caught_where_order_matters));
