// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/position.hpp"

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

constexpr u32 kLap = 1u << 30;  // where software positions start again

// Where arithmetic could go wrong: the start, the middle, and the wrap of the free-running counter.
constexpr u32 kBases[] = {0, 1, 7, 1000, (1u << 20) - 1, 1u << 29, kLap - 33, kLap - 2, kLap - 1};

// `base` + `offset`, which may be negative, as a software position.
u32 at(u32 base, int offset)
{
	return static_cast<u32>(base + static_cast<u32>(offset)) % kLap;
}

// The manual's form: an index of `log2` bits below a wrap bit.
u32 register_value(u32 position, u32 log2)
{
	const u32 index = position % (1u << log2);
	const u32 wrap = (position >> log2) % 2;
	return wrap << log2 | index;
}

void positions_wrap_at_two_to_the_thirty(test::Case& t)
{
	EXPECT_EQ(t, advance(0x3fffffff, 1), 0);
	EXPECT_EQ(t, advance(0x3ffffff0, 0x20), 0x10);
	EXPECT_EQ(t, advance(5, 0), 5);
	EXPECT_EQ(t, distance(0x3fffffff, 0), 1);
	EXPECT_EQ(t, distance(0, 0x3fffffff), 0x3fffffff);
	EXPECT_EQ(t, distance(9, 9), 0);
	EXPECT_EQ(t, distance(0x3ffffff0, 0x10), 0x20);
}

void hardware_sees_index_and_wrap_bit(test::Case& t)
{
	for (u32 log2 = 0; log2 <= 19; log2++) {
		const QueueShape shape(log2);
		EXPECT_EQ(t, shape.size(), 1u << log2);
		for (u32 base : kBases) {
			for (int offset = -3; offset <= 3; offset++) {
				const u32 position = at(base, offset);
				EXPECT_EQ(t, shape.to_hardware(position),
					  register_value(position, log2));
				EXPECT_EQ(t, shape.slot(position), position % (1u << log2));
			}
		}
	}
}

void flags_never_reach_hardware(test::Case& t)
{
	static_assert(kStop == 0x40000000 && kOwned == 0x80000000 && kPositionMask == 0x3fffffff);
	for (u32 log2 = 0; log2 <= 19; log2++) {
		const QueueShape shape(log2);
		for (u32 base : kBases) {
			for (u32 flags : {kStop, kOwned, kStop | kOwned}) {
				EXPECT_EQ(t, shape.to_hardware(base | flags),
					  shape.to_hardware(base));
				EXPECT_EQ(t, shape.slot(base | flags), shape.slot(base));
				EXPECT_EQ(t, advance(base | flags, 0), base);
				EXPECT_EQ(t, distance(base | flags, base), 0);
			}
		}
	}
}

void from_hardware_undoes_to_hardware(test::Case& t)
{
	for (u32 log2 = 0; log2 <= 6; log2++) {
		const QueueShape shape(log2);
		for (u32 base : kBases) {
			for (int ahead = 0; ahead <= 1 << log2; ahead++) {
				const u32 position = at(base, ahead);
				const u32 reported = register_value(position, log2);
				EXPECT_EQ(t, shape.from_hardware(base, reported), position);
				// CMDQ_CONS.ERR and EVENTQ_PROD.OVFLG lie above.
				EXPECT_EQ(t, shape.from_hardware(base, reported | 0xff000000),
					  position);
			}
		}
	}
}

void there_is_space_exactly_while_entries_fit(test::Case& t)
{
	for (u32 log2 = 0; log2 <= 5; log2++) {
		const QueueShape shape(log2);
		const u32 size = 1u << log2;
		for (u32 cons : kBases)
			for (u32 used = 0; used <= size; used++)
				for (u32 more = 0; more <= size + 1; more++)
					EXPECT_EQ(t,
						  shape.has_space(at(cons, static_cast<int>(used)),
								  cons, more),
						  more <= size - used);
	}
}

// A waiter whose commands end at `end` reads CONS as `cons`, and PROD, later, as `prod`, both relative
// to `end`.  By then the SMMU has consumed at least max(cons, prod - size).
void check_consumed(test::Case& t, u32 log2, u32 end, int cons, int prod)
{
	const int size = 1 << log2;
	const int at_least = cons > prod - size ? cons : prod - size;
	const bool told =
		QueueShape(log2).consumed(end, register_value(at(end, cons), log2), at(end, prod));

	EXPECT_EQ(t, told, at_least >= 0);
}

void consumed_is_right_for_every_end_cons_and_prod(test::Case& t)
{
	for (u32 log2 = 0; log2 <= 4; log2++) {
		const int size = 1 << log2;
		for (u32 end : kBases) {
			// When CONS was read PROD was at least `end`, so CONS at least a lap behind it.
			for (int cons = -size; cons <= 2 * size; cons++) {
				const int first = cons > 0 ? cons : 0;
				for (int prod = first; prod <= first + 3 * size; prod++)
					check_consumed(t, log2, end, cons, prod);
			}
		}
	}
}

// Whatever the laps between: never too early, and always in the first lap.
void passed_is_never_true_too_early(test::Case& t)
{
	for (u32 log2 = 0; log2 <= 6; log2++) {
		const int size = 1 << log2;
		for (u32 end : kBases) {
			for (int cons = -size; cons < size; cons++)
				EXPECT_EQ(t,
					  QueueShape(log2).passed(
						  end, register_value(at(end, cons), log2)),
					  cons >= 0);
			for (int prod = 0; prod <= 3 * size; prod++)
				EXPECT_EQ(t, QueueShape(log2).lapped(end, at(end, prod)),
					  prod >= size);
		}
	}
}

}  // namespace

TEST_SUITE(position, TEST_CASE(positions_wrap_at_two_to_the_thirty),
	   TEST_CASE(hardware_sees_index_and_wrap_bit), TEST_CASE(flags_never_reach_hardware),
	   TEST_CASE(from_hardware_undoes_to_hardware),
	   TEST_CASE(there_is_space_exactly_while_entries_fit),
	   TEST_CASE(consumed_is_right_for_every_end_cons_and_prod),
	   TEST_CASE(passed_is_never_true_too_early));
