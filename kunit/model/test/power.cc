// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's power switch.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

static void access_without_power(test::Case& t)
{
	Machine& m = machine();

	m.create();
	m.smmu.power_off();
	const u32 one = m.smmu.read32(0x00), two = m.smmu.read32(0x00);
	EXPECT(t, one != kRichIds.idr0);
	EXPECT(t, one != two);
	EXPECT_EQ(t, m.violations, 2);
	m.smmu.write32(0x20, 8);
	m.smmu.write64(0x90, 0);
	m.smmu.read64(0x90);
	EXPECT_EQ(t, m.violations, 5);
	m.smmu.power_on();
	EXPECT_EQ(t, m.smmu.read32(0x00), kRichIds.idr0);
	EXPECT_EQ(t, m.smmu.read32(0x20), 0);
	EXPECT_EQ(t, m.violations, 5);
}

static void power_loss_forgets_everything(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 7);
	m.map(root, 0x1000, 0x5000 | kPage1);
	EXPECT(t, m.read(1, 0x1000).ok());
	EXPECT(t, m.smmu.tlb_entries() > 0);
	m.smmu.write32(0x44, 1u << 31 | 1u << 20);
	m.smmu.power_off();
	EXPECT_EQ(t, m.read(1, 0x1000).ok(), false);
	EXPECT_EQ(t, m.smmu.stats().dma_while_off, 1);
	m.smmu.power_on();
	EXPECT_EQ(t, m.smmu.tlb_entries(), 0);
	EXPECT_EQ(t, m.smmu.config_entries(), 0);
	EXPECT_EQ(t, m.smmu.read32(0x24), 0);
	EXPECT_EQ(t, m.smmu.read32(0x44) & 1u << 20, 0);  // bypass: software must be first
	EXPECT(t, m.read(1, 0x1000).outcome == Outcome::kBypassed);
	EXPECT(t, m.smmu.read64(0x80) != m.strtab);
	EXPECT(t, m.smmu.read64(0x90) != (m.cmdq | 4));
	EXPECT(t, m.smmu.read64(0xb0) != 0);
	EXPECT_EQ(t, m.violations, 0);
	// Programmed again, it works again.
	m.prod = 0;
	m.enable();
	EXPECT_EQ(t, m.read(1, 0x1000).pa, 0x5000);
	EXPECT_EQ(t, m.violations, 0);
}

// Reset does not promise empty caches: software must see to it before SMMUEN.
static void caches_may_outlive_power(test::Case& t)
{
	Machine& m = machine();

	m.start(kRichIds, {.keeps_caches = true});
	const u64 root = m.stage1_stream(1, 7);
	m.map(root, 0x1000, 0x5000 | kPage1);
	m.read(1, 0x1000);
	m.map(root, 0x1000, 0x6000 | kPage1);
	m.smmu.power_off();
	m.smmu.power_on();
	m.prod = 0;
	m.smmu.write64(0x80, m.strtab);
	m.smmu.write32(0x88, 6);
	m.queues();
	m.smmu.write32(0x20, 0xf);
	EXPECT_EQ(t, m.violations, 1);
	EXPECT_EQ(t, m.read(1, 0x1000).pa, 0x5000);
	m.invalidate_all();
	EXPECT_EQ(t, m.read(1, 0x1000).pa, 0x6000);
	// Half an invalidation, or one not waited for, is not enough
	for (unsigned missing = 0; missing < 3; missing++) {
		m.create();
		m.smmu.write64(0x80, m.strtab);
		m.smmu.write32(0x88, 6);
		m.queues();
		if (missing != 0)
			m.put(0x04, 31);
		if (missing != 1)
			m.put(0x30);
		if (missing != 2)
			m.sync();
		m.smmu.write32(0x20, 0xf);
		EXPECT_EQ(t, m.violations, 1);
	}
}

static void power_kept_keeps_everything(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 root = m.stage1_stream(1, 7);
	m.map(root, 0x1000, 0x5000 | kPage1);
	m.read(1, 0x1000);
	m.map(root, 0x1000, 0x6000 | kPage1);
	m.smmu.power_off(true);
	EXPECT(t, !m.read(1, 0x1000).ok());
	m.smmu.read32(0x20);
	EXPECT_EQ(t, m.violations, 1);
	m.smmu.power_on();
	EXPECT_EQ(t, m.smmu.read32(0x20), 0xf);
	EXPECT_EQ(t, m.read(1, 0x1000).pa, 0x5000);  // the stale entry too
}

static void power_loss_with_work_left(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.set_deferred(true);
	m.put(0x46);
	m.smmu.power_off();
	EXPECT_EQ(t, m.violations, 1);
}

TEST_SUITE(model_power, TEST_CASE(access_without_power), TEST_CASE(power_loss_forgets_everything),
	   TEST_CASE(caches_may_outlive_power), TEST_CASE(power_kept_keeps_everything),
	   TEST_CASE(power_loss_with_work_left));
