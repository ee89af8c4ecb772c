// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's command queue: consumption, completion, errors.
#include "kunit/model/world.hpp"
#include "kunit/test.hpp"

using namespace model;

namespace {

u32 cons(Machine &m)
{
	return m.smmu.read32(0x9c);
}

u32 error(Machine &m)
{
	return cons(m) >> 24 & 0x7f;
}

} // namespace

static void sync_completes(test::Case &t)
{
	Machine &m = machine();

	m.start();
	const u64 at = m.page();
	m.put(0x46 | 1u << 12 | u64{0xabcd1234} << 32, at); // MSI
	EXPECT_EQ(t, m.word(at), 0xabcd1234);
	EXPECT_EQ(t, m.smmu.msis().total(), 1);
	m.put(0x46 | 1u << 12); // wire
	EXPECT_EQ(t, m.irqs[2], 1);
	m.put(0x46 | 2u << 12); // SEV
	EXPECT_EQ(t, m.sevs, 1);
	EXPECT_EQ(t, cons(m), m.prod);
	EXPECT_EQ(t, m.active_gerror(), 0);
	m.put(0x46 | 3u << 12);
	EXPECT_EQ(t, error(m), 1);
	EXPECT_EQ(t, m.violations, 0);
}

static void sync_without_msi_or_sev(test::Case &t)
{
	Machine &m = machine();
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

static void wraps_and_fills(test::Case &t)
{
	Machine &m = machine();

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

static void prod_must_advance(test::Case &t)
{
	Machine &m = machine();

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
}

static void illegal_command_stops_the_queue(test::Case &t)
{
	Machine &m = machine();

	m.start();
	m.smmu.set_deferred(true);
	const u32 bad = m.prod;
	m.put(0x77);
	m.put(0x46 | 2u << 12);
	EXPECT_EQ(t, m.smmu.step(), 0);
	EXPECT_EQ(t, m.active_gerror(), 1);
	EXPECT_EQ(t, error(m), 1);
	EXPECT_EQ(t, cons(m) & 31, bad);
	EXPECT_EQ(t, m.irqs[3], 1);
	EXPECT_EQ(t, m.smmu.step(), 0);
	EXPECT_EQ(t, m.irqs[3], 1); // still active: told once
	m.word(m.cmdq + 16 * (bad & 15)) = 0x46;
	m.smmu.write32(0x64, m.smmu.read32(0x60));
	EXPECT_EQ(t, m.smmu.step(), 2);
	EXPECT_EQ(t, m.sevs, 1);
	m.put(0x78);
	m.smmu.step();
	EXPECT_EQ(t, m.active_gerror(), 1); // toggled back
	EXPECT_EQ(t, m.irqs[3], 2);
	EXPECT_EQ(t, m.violations, 0);
}

static void fetch_abort_and_injection(test::Case &t)
{
	Machine &m = machine();

	m.start();
	m.smmu.abort_memory(m.cmdq, m.cmdq + 4095);
	m.sync();
	EXPECT_EQ(t, error(m), 2);
	m.smmu.clear_aborts();
	m.smmu.write32(0x64, m.smmu.read32(0x60));
	EXPECT_EQ(t, cons(m) & 31, m.prod);
	m.smmu.fail_command(Cerror::ILL, 1);
	m.put(0x30);
	EXPECT_EQ(t, m.active_gerror(), 0);
	m.put(0x30);
	EXPECT_EQ(t, m.active_gerror(), 1);
	EXPECT_EQ(t, error(m), 1);
}

static void acknowledging_too_much(test::Case &t)
{
	Machine &m = machine();

	m.start();
	m.smmu.write32(0x64, 1);
	EXPECT_EQ(t, m.violations, 1);
}

static void atc_invalidation(test::Case &t)
{
	Machine &m = machine();
	Ids no_ats = kRichIds;

	m.start();
	m.put(0x40 | u64{5} << 32, 52);
	m.sync();
	EXPECT_EQ(t, m.smmu.stats().ops[0x40], 1);
	EXPECT_EQ(t, m.active_gerror(), 0);
	m.smmu.fail_atc_inv(true);
	m.put(0x40 | u64{5} << 32, 52);
	EXPECT_EQ(t, m.active_gerror(), 0); // the SYNC is what fails
	const u32 at = m.prod;
	m.sync();
	EXPECT_EQ(t, error(m), 3);
	EXPECT_EQ(t, cons(m) & 31, at);
	m.smmu.write32(0x64, m.smmu.read32(0x60));
	EXPECT_EQ(t, cons(m) & 31, m.prod); // the same SYNC completes now
	EXPECT_EQ(t, m.violations, 0);

	no_ats.idr0 &= ~(1u << 10);
	m.start(no_ats);
	m.put(0x40 | u64{5} << 32, 52);
	EXPECT_EQ(t, error(m), 1);
}

static void commands_of_missing_features(test::Case &t)
{
	Machine &m = machine();
	struct {
		u32 idr0_without;
		u64 op;
	} const rows[] = {
		{1u << 1, 0x10},  {1u << 1, 0x11},  {1u << 1, 0x12},  {1u << 1, 0x13},
		{1u << 1, 0x05},  {1u << 1, 0x06},  {1u << 0, 0x28},  {1u << 0, 0x2a},
		{1u << 9, 0x20},  {1u << 9, 0x21},  {1u << 9, 0x22},  {1u << 9, 0x23},
		{1u << 16, 0x41}, {1u << 10, 0x40}, {0, 0x18},        {0, 0x1a},
		{0, 0x00},        {0, 0x07},        {0, 0x46 | 3u << 12},
	};

	for (const auto &row : rows) {
		Ids ids = kRichIds;

		ids.idr0 &= ~row.idr0_without;
		m.start(ids);
		m.put(row.op);
		EXPECT_EQ(t, error(m), 1);
		if (row.idr0_without) {
			m.start();
			m.put(row.op);
			EXPECT_EQ(t, error(m), 0);
		}
	}
	Ids ids = kRichIds;
	ids.idr0 |= 1u << 24; // no stalls
	m.start(ids);
	m.put(0x45);
	EXPECT_EQ(t, error(m), 1);
}

static void reserved_bits_are_reported(test::Case &t)
{
	Machine &m = machine();
	Ids no_ril = kRichIds;

	m.start();
	m.put(0x30 | u64{1} << 40);
	EXPECT_EQ(t, m.violations, 1);
	m.put(0x11 | u64{1} << 48, 0x1000);
	EXPECT_EQ(t, m.violations, 2);
	m.put(0x12 | 3u << 12, 0x1000); // NUM without TG
	EXPECT_EQ(t, m.violations, 3);
	m.put(0x12, 0x1000 | 1u << 10); // TG without NUM, SCALE and TTL is reserved
	EXPECT_EQ(t, error(m), 1);
	no_ril.idr3 = 0;
	m.start(no_ril);
	m.put(0x12 | 3u << 12, 0x1000 | 1u << 10);
	EXPECT_EQ(t, m.violations, 1);
}

static void late_completion(test::Case &t)
{
	Machine &m = machine();

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

static void msi_abort_is_a_global_error(test::Case &t)
{
	Machine &m = machine();

	m.start();
	m.put(0x46 | 1u << 12 | u64{1} << 32, 0x1000); // no memory there
	EXPECT_EQ(t, m.active_gerror(), 1u << 4);
	EXPECT_EQ(t, cons(m) & 31, m.prod);
}

static void service_failure_mode(test::Case &t)
{
	Machine &m = machine();

	m.start();
	m.word(m.ste(1)) = 1 | 4u << 1;
	EXPECT(t, m.read(1, 0x1000).ok());
	m.smmu.enter_sfm();
	EXPECT_EQ(t, m.active_gerror(), 1u << 8);
	EXPECT(t, !m.read(1, 0x1000).ok());
	m.put(0x46 | 2u << 12);
	EXPECT_EQ(t, m.sevs, 0);
}

static void queue_off_means_still(test::Case &t)
{
	Machine &m = machine();

	m.start();
	m.smmu.write32(0x20, 0x7);
	m.put(0x46 | 2u << 12);
	EXPECT_EQ(t, m.sevs, 0);
	m.smmu.write32(0x20, 0xf);
	EXPECT_EQ(t, m.sevs, 1);
}

static void logs_hold_the_last(test::Case &t)
{
	Machine &m = machine();

	m.start();
	for (unsigned i = 0; i < 2000; i++)
		m.put(0x11 | u64{i & 0xffff} << 48);
	const auto &log = m.smmu.commands();
	EXPECT_EQ(t, log.size(), 1024);
	EXPECT_EQ(t, log.last().asid(), 1999);
	EXPECT_EQ(t, log[0].asid(), 2000 - 1024);
	EXPECT_EQ(t, m.smmu.register_writes().last().offset, 0x98);
	EXPECT_EQ(t, m.smmu.stats().ops[0x11], 2000);
}

TEST_SUITE(model_commands, TEST_CASE(sync_completes), TEST_CASE(sync_without_msi_or_sev),
	   TEST_CASE(wraps_and_fills), TEST_CASE(prod_must_advance),
	   TEST_CASE(illegal_command_stops_the_queue), TEST_CASE(fetch_abort_and_injection),
	   TEST_CASE(acknowledging_too_much), TEST_CASE(atc_invalidation),
	   TEST_CASE(commands_of_missing_features), TEST_CASE(reserved_bits_are_reported),
	   TEST_CASE(late_completion), TEST_CASE(msi_abort_is_a_global_error),
	   TEST_CASE(service_failure_mode), TEST_CASE(queue_off_means_still),
	   TEST_CASE(logs_hold_the_last));
