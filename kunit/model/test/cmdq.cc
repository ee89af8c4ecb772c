// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's command queue: pointers, consumption, completion.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

u32 cons(Machine& m)
{
	return m.smmu.read32(0x9c);
}

u32 error(Machine& m)
{
	return cons(m) >> 24 & 0x7f;
}

}  // namespace

static void sync_completes(test::Case& t)
{
	Machine& m = machine();

	m.start();
	const u64 at = m.page();
	m.put(0x46 | 1u << 12 | u64{0xabcd1234} << 32, at);  // MSI
	EXPECT_EQ(t, m.word(at), 0xabcd1234);
	EXPECT_EQ(t, m.smmu.msis().total(), 1);
	m.put(0x46 | 1u << 12);  // wire
	EXPECT_EQ(t, m.irqs[2], 1);
	m.put(0x46 | 2u << 12);  // SEV
	EXPECT_EQ(t, m.sevs, 1);
	EXPECT_EQ(t, cons(m), m.prod);
	EXPECT_EQ(t, m.active_gerror(), 0);
	m.put(0x46 | 3u << 12);
	EXPECT_EQ(t, error(m), 1);
	EXPECT_EQ(t, m.violations, 0);
}

static void sync_without_msi_or_sev(test::Case& t)
{
	Machine& m = machine();
	Ids ids = kRichIds;

	ids.idr0 &= ~(3u << 13);
	m.start(ids);
	const u64 at = m.page();
	m.put(0x46 | 1u << 12 | u64{5} << 32, at);
	EXPECT_EQ(t, m.word(at), 0);
	EXPECT_EQ(t, m.irqs[2], 1);
	m.put(0x46 | 2u << 12);
	EXPECT_EQ(t, m.sevs, 0);
	EXPECT_EQ(t, cons(m), m.prod);
}

static void wraps_and_fills(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.set_deferred(true);
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 16; i++)
			m.put(0x46);
		EXPECT_EQ(t, (m.prod ^ cons(m)) & 31, 16);
		EXPECT_EQ(t, m.smmu.step(3), 3);
		EXPECT_EQ(t, m.smmu.step(), 13);
		EXPECT_EQ(t, cons(m), m.prod);
	}
	EXPECT_EQ(t, m.violations, 0);
	m.smmu.write32(0x98, (m.prod + 17) & 31);
	EXPECT_EQ(t, m.violations, 1);
}

static void prod_must_advance(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.set_deferred(true);
	m.put(0x46);
	m.put(0x46);
	m.smmu.write32(0x98, (m.prod - 1) & 31);
	EXPECT_EQ(t, m.violations, 1);
	m.smmu.write32(0x98, m.prod | 1u << 30);
	EXPECT_EQ(t, m.violations, 2);
	m.smmu.write32(0x98, m.prod | 1u << 31);
	EXPECT_EQ(t, m.violations, 3);
	// What waits behind an error may be taken back
	m.start();
	m.put(0x77);
	m.put(0x46);
	m.smmu.write32(0x98, (m.prod - 2) & 31);
	EXPECT_EQ(t, m.violations, 0);
}

static void late_completion(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.hold_sync(true);
	const u32 at = m.prod;
	m.put(0x46 | 2u << 12);
	m.put(0x30);
	EXPECT_EQ(t, cons(m) & 31, at);
	EXPECT_EQ(t, m.sevs, 0);
	m.smmu.hold_sync(false);
	EXPECT_EQ(t, cons(m) & 31, m.prod);
	EXPECT_EQ(t, m.sevs, 1);
}

static void msi_abort_is_a_global_error(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.put(0x46 | 1u << 12 | u64{1} << 32, 0x1000);  // no memory there
	EXPECT_EQ(t, m.active_gerror(), 1u << 4);
	EXPECT_EQ(t, cons(m) & 31, m.prod);
	m.put(0x46 | 1u << 12 | u64{1} << 32, 0x1000);
	EXPECT_EQ(t, m.active_gerror(), 1u << 4);  // still, not toggled back
	EXPECT_EQ(t, m.irqs[3], 1);
}

static void queue_off_means_still(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.write32(0x20, 0x7);
	m.put(0x46 | 2u << 12);
	EXPECT_EQ(t, m.sevs, 0);
	m.smmu.write32(0x20, 0xf);
	EXPECT_EQ(t, m.sevs, 1);
}

static void logs_hold_the_last(test::Case& t)
{
	Machine& m = machine();

	m.start();
	for (unsigned i = 0; i < 2000; i++)
		m.put(0x11 | u64{i & 0xffff} << 48);
	const auto& log = m.smmu.commands();
	EXPECT_EQ(t, log.size(), 1024);
	EXPECT_EQ(t, log.last().asid(), 1999);
	EXPECT_EQ(t, log[0].asid(), 2000 - 1024);
	EXPECT_EQ(t, m.smmu.register_writes().last().offset, 0x98);
	EXPECT_EQ(t, m.smmu.stats().ops[0x11], 2000);
}

TEST_SUITE(model_cmdq, TEST_CASE(sync_completes), TEST_CASE(sync_without_msi_or_sev),
	   TEST_CASE(wraps_and_fills), TEST_CASE(prod_must_advance), TEST_CASE(late_completion),
	   TEST_CASE(msi_abort_is_a_global_error), TEST_CASE(queue_off_means_still),
	   TEST_CASE(logs_hold_the_last));
