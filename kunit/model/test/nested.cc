// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's stage 2, alone and under stage 1.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kPa = 0x4567890000;

}  // namespace

static void stage2_and_concatenation(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage2_stream(9, 3);
	const u64 high = u64{1} << 39;  // the second of the two tables
	m.map(root, 0x5000, kPa | kPage2, 1);
	m.map(root, high | 0x6000, 0x777000 | kPage2, 1);
	m.map(root, 0x40000000, 0x80000000 | kPage2, 1, 1);
	m.map(root, 0x7000, kPa | (kPage2 & ~u64{2u << 6}), 1);  // read only
	EXPECT_EQ(t, m.read(9, 0x5678).pa, kPa + 0x678);
	EXPECT_EQ(t, m.write(9, high | 0x6789).pa, 0x777789);
	EXPECT_EQ(t, m.read(9, 0x40001234).pa, 0x80001234);
	EXPECT(t, m.read(9, 0x7000).ok());
	EXPECT(t, m.write(9, 0x7000).event == Event::F_PERMISSION);
	const auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->s2());
	EXPECT(t, e->cls() == Class::IN);
	EXPECT_EQ(t, e->ipa(), 0x7000);
	EXPECT(t, faulted(m, m.read(9, u64{1} << 40), Event::F_TRANSLATION));
	EXPECT_EQ(t, m.violations, 0);
}

// Stream 9, nested; its memory is at IPA = PA + 1 GiB, so nothing works without stage 2. Of its
// stage 1 pages 2 leads to kPa, 3 to an IPA that is not mapped. Returns the root of stage 1.
static u64 nested_stream()
{
	Machine& m = machine();
	constexpr u64 kShift = 0x40000000;

	m.start();
	const u64 root2 = m.stage2_stream(9, 3);
	m.map(root2, Machine::kBase + kShift, Machine::kBase | kPage2, 1, 1);
	m.map(root2, 0x5000, kPa | kPage2, 1);
	const u64 root1 = m.page(), cd = m.page(), l1 = m.page(), l2 = m.page(), l3 = m.page();
	m.word(cd) = 16 | 1u << 30 | 1u << 31 | u64{5} << 32 | u64{1} << 41 | u64{3} << 45;
	m.word(cd + 8) = root1 + kShift;
	m.word(root1) = (l1 + kShift) | 3;
	m.word(l1) = (l2 + kShift) | 3;
	m.word(l2) = (l3 + kShift) | 3;
	m.word(l3 + 8 * 2) = 0x5000 | kPage1;
	m.word(l3 + 8 * 3) = 0x6000 | kPage1;
	m.word(m.ste(9)) = 1 | 7u << 1 | (cd + kShift);
	m.put(0x03 | u64{9} << 32, 1);
	return root1;
}

static void nested_stages(test::Case& t)
{
	Machine& m = machine();
	const u64 root1 = nested_stream();

	EXPECT_EQ(t, m.read(9, 0x2345).pa, kPa + 0x345);
	EXPECT(t, m.read(9, 0x3000).event == Event::F_TRANSLATION);
	auto e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->s2());
	EXPECT(t, e->cls() == Class::IN);
	EXPECT_EQ(t, e->ipa(), 0x6000);
	EXPECT_EQ(t, e->input(), 0x3000);
	// Not mapped by stage 1: a stage 1 fault, though its tables came through stage 2
	EXPECT(t, m.read(9, 0x4000).event == Event::F_TRANSLATION);
	e = m.event();
	ASSERT(t, e);
	EXPECT(t, !e->s2());
	EXPECT(t, e->cls() == Class::IN);
	EXPECT_EQ(t, e->ipa(), 0);
	// A table outside stage 2: class TT
	m.word(root1 + 8) = 0x8000 | 3;
	EXPECT(t, m.read(9, u64{1} << 39).event == Event::F_TRANSLATION);
	e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->cls() == Class::TT);
	EXPECT_EQ(t, e->ipa(), 0x8000);
	// A CD outside stage 2: class CD
	m.word(m.ste(9)) = 1 | 7u << 1 | 0x9000;
	m.put(0x03 | u64{9} << 32, 1);
	EXPECT(t, m.read(9, 0x2000).event == Event::F_TRANSLATION);
	e = m.event();
	ASSERT(t, e);
	EXPECT(t, e->s2());
	EXPECT(t, e->cls() == Class::CD);
	EXPECT_EQ(t, m.violations, 0);
}

TEST_SUITE(model_nested, TEST_CASE(stage2_and_concatenation), TEST_CASE(nested_stages));
