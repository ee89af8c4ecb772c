// SPDX-License-Identifier: GPL-2.0-only
//
// Which configuration the device model keeps, and the one command that makes it forget each thing.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kOld = 0x1110000, kNew = 0x2220000;
constexpr u64 kVa = 0x12345678000;

struct Command2 {
	u64 w0, w1;
};

}  // namespace

static void stream_table_entries_stay(test::Case& t)
{
	Machine& m = machine();
	struct {
		Command2 c;
		bool drops;
	} const rows[] = {
		{{0x46, 0}, false},
		{{0x30, 0}, false},
		{{0x03 | u64{4} << 32, 0}, false},
		{{0x05 | u64{5} << 32, 0}, false},
		{{0x06 | u64{5} << 32, 0}, false},
		{{0x03 | u64{5} << 32, 0}, true},
		{{0x03 | u64{5} << 32, 1}, true},
		{{0x04 | u64{4} << 32, 0}, true},   // 4 and 5
		{{0x04 | u64{6} << 32, 0}, false},  // 6 and 7
		{{0x04, 31}, true},
	};

	for (const auto& row : rows) {
		m.start();
		m.word(m.ste(5)) = 1 | 4u << 1;
		EXPECT(t, m.read(5, 0x1000).ok());
		m.word(m.ste(5)) = 1;
		m.put(row.c.w0, row.c.w1);
		EXPECT_EQ(t, m.read(5, 0x1000).ok(), !row.drops);
		EXPECT_EQ(t, m.smmu.stats().stale_config_hits, !row.drops);
	}
}

static void invalid_entries_stay_too(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.read(5, 0x1000);
	m.word(m.ste(5)) = 1 | 4u << 1;
	EXPECT(t, !m.read(5, 0x1000).ok());
	m.put(0x03 | u64{5} << 32, 1);
	EXPECT(t, m.read(5, 0x1000).ok());
	// An SMMU may be kinder
	m.start(kRichIds, {.cache_valid_only = true});
	m.read(5, 0x1000);
	m.word(m.ste(5)) = 1 | 4u << 1;
	EXPECT(t, m.read(5, 0x1000).ok());
}

static void level1_descriptors_need_leaf_0(test::Case& t)
{
	Machine& m = machine();

	m.create();
	const u64 old_l2 = m.page(), new_l2 = m.page();
	m.smmu.write64(0x80, m.strtab);
	m.smmu.write32(0x88, 12 | 6u << 6 | 1u << 16);
	m.queues();
	m.invalidate_all();
	m.smmu.write32(0x20, 0xf);
	m.word(m.strtab) = old_l2 | 7;
	m.word(new_l2 + 64) = 1 | 4u << 1;
	EXPECT(t, !m.read(1, 0x1000).ok());
	m.word(m.strtab) = new_l2 | 7;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT(t, !m.read(1, 0x1000).ok());
	m.put(0x03 | u64{1} << 32, 0);
	EXPECT(t, m.read(1, 0x1000).ok());
	// A range drops the descriptors too
	m.word(m.strtab) = old_l2 | 7;
	m.put(0x04, 0);
	EXPECT(t, !m.read(1, 0x1000).ok());
}

static void context_descriptors_stay(test::Case& t)
{
	Machine& m = machine();
	struct {
		Command2 c;
		bool drops;
	} const rows[] = {
		{{0x30, 0}, false},
		{{0x05 | u64{6} << 32, 1}, false},
		{{0x05 | u64{5} << 32 | 1u << 12, 1}, false},  // another substream
		{{0x05 | u64{5} << 32, 1}, true},
		{{0x05 | u64{5} << 32, 0}, true},
		{{0x06 | u64{5} << 32, 0}, true},
		{{0x03 | u64{5} << 32, 0}, true},
		{{0x04, 31}, true},
	};

	for (const auto& row : rows) {
		m.start();
		const u64 one = m.stage1_stream(5, 7), two = m.page();
		const u64 cd = m.word(m.ste(5)) & 0xfffffffc0;
		m.map(one, kVa, kOld | kPage1);
		m.map(two, kVa, kNew | kPage1);
		EXPECT_EQ(t, m.read(5, kVa).pa, kOld);
		m.word(cd + 8) = two;
		m.word(cd) += u64{1} << 48;
		m.put(row.c.w0, row.c.w1);
		EXPECT_EQ(t, m.read(5, kVa).pa, row.drops ? kNew : kOld);
	}
}

static void level1_cd_descriptors_need_leaf_0(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 1), l1 = m.page(), l2 = m.page();
	const u64 cd = m.word(m.ste(1)) & 0xfffffffc0;
	auto touch = [&] { return m.smmu.translate(1, 70, kVa, {}); };

	m.map(root, kVa, kOld | kPage1);
	m.word(l2 + 64 * 6) = m.word(cd);
	m.word(l2 + 64 * 6 + 8) = root;
	m.word(m.ste(1)) = 1 | 5u << 1 | 1u << 4 | l1 | u64{8} << 59;
	m.put(0x03 | u64{1} << 32, 1);
	EXPECT(t, touch().event == Event::C_BAD_SUBSTREAMID);
	m.word(l1 + 8) = l2 | 1;
	m.put(0x05 | u64{1} << 32 | 70u << 12, 1);
	EXPECT(t, touch().event == Event::C_BAD_SUBSTREAMID);
	m.put(0x05 | u64{1} << 32 | 70u << 12, 0);
	EXPECT_EQ(t, touch().pa, kOld);
}

TEST_SUITE(model_cache, TEST_CASE(stream_table_entries_stay), TEST_CASE(invalid_entries_stay_too),
	   TEST_CASE(level1_descriptors_need_leaf_0), TEST_CASE(context_descriptors_stay),
	   TEST_CASE(level1_cd_descriptors_need_leaf_0));
