// SPDX-License-Identifier: GPL-2.0-only
// Index and address arithmetic of every format, and the registers that describe each shape.
#include "kunit/pgtable/machine.hpp"

namespace {

using namespace pgtable;
using test::Case;
using test::Machine;

// The levels' indices put together are the address again.
void indices_resolve_each_bit_once(Case& t)
{
	test::each_format([&]<class F>() {
		for (unsigned at = 0; at < F::kMaxBits; at++) {
			u32 seen = at < F::kPageShift;
			for (int level = -1; level <= kLastLevel; level++)
				if (F::shift(level) < F::kMaxBits)
					seen += F::index(bit(at), level) << F::shift(level) ==
						bit(at);
			EXPECT_EQ(t, seen, 1u);
		}
	});
}

void addresses_survive_a_descriptor(Case& t)
{
	test::Random random(1);
	test::each_format([&]<class F>() {
		for (u32 i = 0; i < 2000; i++) {
			const u64 pa = (i < F::kMaxBits ? bit(i) : random.next()) &
				       bits(F::kMaxBits - 1, F::kPageShift);
			EXPECT_EQ(t, F::decode(F::encode(pa)), pa);
			EXPECT_EQ(t, F::encode(pa) & ~F::kAddress, 0u);
		}
	});
}

// Against Tables D8-18 to D8-38: the entries of the first table for each size of address.
struct Expected {
	int level;
	unsigned bits;
};

template <class F>
Expected expected(unsigned input)
{
	// From the last level upwards, whole tables; what is left is the first one.
	unsigned left = input - F::kPageShift, levels = 1;
	while (left > F::kStride) {
		left -= F::kStride;
		levels++;
	}
	int level = 4 - static_cast<int>(levels);
	if (F::kStage == Stage::k2 && left <= 4 && level < 3)
		return {level + 1, left + F::kStride};
	return {level, left};
}

void first_table_resolves_the_rest(Case& t)
{
	test::each_format([&]<class F>() {
		for (unsigned input = 32; input <= F::kMaxBits; input++) {
			const Shape made = shape<F>(input);
			EXPECT_EQ(t, made.level, expected<F>(input).level);
			EXPECT_EQ(t, made.bits, expected<F>(input).bits);
			EXPECT_EQ(t, F::shift(made.level) + made.bits, input);
			const bool concatenated = F::kStage == Stage::k2 && made.bits > F::kStride;
			EXPECT(t, made.bits <= F::kStride + (concatenated ? 4 : 0));
		}
	});
}

void registers_start_the_walk_at_the_first_table(Case& t)
{
	test::each_format([&]<class F>() {
		for (unsigned input = 32; input <= F::kMaxBits; input++)
			for (unsigned output : {32u, 36u, 40u, 42u, 44u, 48u, 52u}) {
				const Config config{.input_bits = input, .output_bits = output};
				if (!is_valid<F>(config))
					continue;
				const Control c = control<F>(config);
				const walker::Registers r{F::kStage == Stage::k2,
							  c.tsz,
							  c.tg0,
							  c.ps,
							  c.sl0,
							  c.sl2,
							  c.ds,
							  0};
				EXPECT_EQ(t, walker::first_level(r), shape<F>(input).level);
				EXPECT_EQ(t, 64u - c.tsz, input);
				EXPECT_EQ(t, walker::output_bits(c.ps), output);
				EXPECT_EQ(t, walker::granule(c.tg0), F::kPageShift);
				for (int level = 0; level < kLastLevel; level++)
					EXPECT_EQ(t, !!(page_sizes<F>(config) & F::size(level)),
						  level >= shape<F>(input).level &&
							  walker::may_be_block(r, level));
				EXPECT(t, page_sizes<F>(config) & F::size(kLastLevel));
			}
	});
}

void walks_are_cacheable_if_coherent(Case& t)
{
	using F = Granule4K<Stage::k1>;
	const Control on = control<F>({.coherent = true}), off = control<F>({.coherent = false});
	EXPECT(t, on.sh == 3 && on.orgn == 1 && on.irgn == 1);
	EXPECT(t, off.sh == 2 && off.orgn == 0 && off.irgn == 0);
}

// With LPA2 these are the attributes of pages, too, and nothing else where walks are not cacheable.
void lpa2_pages_are_inner_shareable(Case& t)
{
	for (bool coherent : {false, true})
		test::each_format([&]<class F>() {
			if (F::kLpa2)
				EXPECT_EQ(t, control<F>({.coherent = coherent}).sh, 3);
		});
}

// As IPMMUs are programmed: 32 bits in four entries, 40 bits from level 1.
void ipmmu_shapes(Case& t)
{
	const Shape one = shape<Lpae<Stage::k1>>(32), two = shape<Lpae<Stage::k2>>(40);
	EXPECT(t, one.level == 1 && one.bits == 2);
	EXPECT(t, two.level == 1 && two.bits == 10);
	EXPECT_EQ(t, control<Lpae<Stage::k2>>({.input_bits = 40, .output_bits = 40}).sl0, 1);
}

void sizes_beyond_the_format_are_refused(Case& t)
{
	test::each_format([&]<class F>() {
		const unsigned most = F::kMaxBits;
		EXPECT(t, is_valid<F>({.input_bits = most, .output_bits = most}));
		EXPECT(t, !is_valid<F>({.input_bits = most + 1, .output_bits = most}));
		EXPECT(t, !is_valid<F>({.input_bits = most, .output_bits = most + 1}));
		EXPECT(t, !is_valid<F>({.input_bits = 31}));
		EXPECT(t, !is_valid<F>({.bbml = Bbml::k0, .contiguous = true}));
		EXPECT(t, is_valid<F>({.bbml = Bbml::k1, .contiguous = true}));
		EXPECT(t,
		       !is_valid<F>(
			       {.bbml = Bbml::k2, .contiguous = true, .variant = {.dirty = true}}));
	});
}

// Table D8-104, in bytes.
void contiguous_runs_have_the_sizes_of_the_table(Case& t)
{
	using Four = Granule4K<Stage::k1>;
	using Sixteen = Granule16K<Stage::k1>;
	using SixtyFour = Granule64K<Stage::k1>;
	EXPECT_EQ(t, Four::contiguous(3) << 12, 64ull << 10);
	EXPECT_EQ(t, Four::contiguous(2) << 21, 32ull << 20);
	EXPECT_EQ(t, Four::contiguous(1) << 30, 16ull << 30);
	EXPECT_EQ(t, Four::contiguous(0), 0u);
	EXPECT_EQ(t, Sixteen::contiguous(3) << 14, 2ull << 20);
	EXPECT_EQ(t, Sixteen::contiguous(2) << 25, 1ull << 30);
	EXPECT_EQ(t, Sixteen::contiguous(1), 0u);
	EXPECT_EQ(t, SixtyFour::contiguous(3) << 16, 2ull << 20);
	EXPECT_EQ(t, SixtyFour::contiguous(2) << 29, 16ull << 30);
	EXPECT_EQ(t, SixtyFour::contiguous(1), 0u);
}

// Every cut of up to three runs.
template <class F, int Level>
void expect_whole_runs_marked(Case& t)
{
	constexpr u64 kRun = F::contiguous(Level), kMost = 3 * kRun, kLeaf = kAf | kBlock;
	constexpr u64 kSize = F::size(Level);
	// With bits that are not in place: across the lowest of them.
	constexpr u64 kPa = F::kMoved ? bit(F::kMovedFrom) - kRun * kSize : 8 * kRun * kSize;
	core::Atomic<u64> entries[kMost];
	u64 wrong = 0;
	for (u64 first = 0; first < kRun; first++)
		for (u64 count = 1; count <= kMost; count++)
			for (u64 skew : {0, 1}) {
				const u64 pa = kPa + (first + skew) * kSize;
				Entry<F, Machine>::write_runs(
					entries, count, {first * kSize, pa, count}, kLeaf, Level);
				for (u64 i = 0; i < count; i++) {
					const u64 run = (first + i) / kRun * kRun;
					const bool whole = !skew && run >= first &&
							   run + kRun <= first + count;
					wrong += entries[i].load_relaxed() !=
						 (kLeaf | F::encode(pa + i * kSize) |
						  (whole ? kContiguous : 0));
				}
			}
	EXPECT_EQ(t, wrong, 0u);
}

void whole_runs_are_marked(Case& t)
{
	expect_whole_runs_marked<Granule4K<Stage::k1>, 3>(t);
	expect_whole_runs_marked<Granule4K<Stage::k1>, 2>(t);
	expect_whole_runs_marked<Granule4K<Stage::k1>, 1>(t);
	expect_whole_runs_marked<Granule16K<Stage::k1>, 3>(t);
	expect_whole_runs_marked<Granule16K<Stage::k1>, 2>(t);
	expect_whole_runs_marked<Granule64K<Stage::k1>, 3>(t);
	expect_whole_runs_marked<Granule64K<Stage::k1>, 2>(t);
	expect_whole_runs_marked<Granule4KLpa2<Stage::k1>, 3>(t);
	expect_whole_runs_marked<Granule4KLpa2<Stage::k1>, 2>(t);
	expect_whole_runs_marked<Granule4KLpa2<Stage::k1>, 1>(t);
	expect_whole_runs_marked<Granule16KLpa2<Stage::k1>, 3>(t);
	expect_whole_runs_marked<Granule16KLpa2<Stage::k1>, 2>(t);
}

}  // namespace

TEST_SUITE(pgtable_formats, TEST_CASE(indices_resolve_each_bit_once),
	   TEST_CASE(addresses_survive_a_descriptor), TEST_CASE(first_table_resolves_the_rest),
	   TEST_CASE(registers_start_the_walk_at_the_first_table),
	   TEST_CASE(walks_are_cacheable_if_coherent), TEST_CASE(lpa2_pages_are_inner_shareable),
	   TEST_CASE(ipmmu_shapes), TEST_CASE(sizes_beyond_the_format_are_refused),
	   TEST_CASE(contiguous_runs_have_the_sizes_of_the_table),
	   TEST_CASE(whole_runs_are_marked));
