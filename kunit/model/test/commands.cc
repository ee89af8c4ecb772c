// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's commands: which are illegal when, and how errors stop the queue.
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

static void illegal_command_stops_the_queue(test::Case& t)
{
	Machine& m = machine();

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
	EXPECT_EQ(t, m.irqs[3], 1);  // still active: told once
	m.word(m.cmdq + 16 * (bad & 15)) = 0x46;
	EXPECT_EQ(t, m.smmu.step(), 0);  // repaired, not acknowledged
	m.smmu.write32(0x64, m.smmu.read32(0x60));
	EXPECT_EQ(t, m.smmu.step(), 2);
	EXPECT_EQ(t, m.sevs, 1);
	m.put(0x78);
	m.smmu.step();
	EXPECT_EQ(t, m.active_gerror(), 1);  // toggled back
	EXPECT_EQ(t, m.irqs[3], 2);
	EXPECT_EQ(t, m.violations, 0);
}

static void fetch_abort_and_injection(test::Case& t)
{
	Machine& m = machine();

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

static void acknowledging_too_much(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.write32(0x64, 1);
	EXPECT_EQ(t, m.violations, 1);
}

static void atc_invalidation(test::Case& t)
{
	Machine& m = machine();
	Ids no_ats = kRichIds;

	m.start();
	m.put(0x40 | u64{5} << 32, 52);
	m.sync();
	EXPECT_EQ(t, m.smmu.stats().ops[0x40], 1);
	EXPECT_EQ(t, m.active_gerror(), 0);
	m.smmu.fail_atc_inv(true);
	m.put(0x40 | u64{5} << 32, 52);
	EXPECT_EQ(t, m.active_gerror(), 0);  // the SYNC is what fails
	const u32 at = m.prod;
	m.sync();
	EXPECT_EQ(t, error(m), 3);
	EXPECT_EQ(t, cons(m) & 31, at);
	m.smmu.write32(0x64, m.smmu.read32(0x60));
	EXPECT_EQ(t, cons(m) & 31, m.prod);  // the same SYNC completes now
	EXPECT_EQ(t, m.violations, 0);

	// Translation off: ignored
	m.smmu.write32(0x20, 0xe);
	m.put(0x40 | u64{5} << 32, 52);
	m.sync();
	EXPECT_EQ(t, m.active_gerror(), 0);

	no_ats.idr0 &= ~(1u << 10);
	m.start(no_ats);
	m.put(0x40 | u64{5} << 32, 52);
	EXPECT_EQ(t, error(m), 1);
}

static void commands_of_missing_features(test::Case& t)
{
	Machine& m = machine();
	struct {
		u32 idr0_without;
		u64 op;
	} const rows[] = {
		{1u << 1, 0x10},
		{1u << 1, 0x11},
		{1u << 1, 0x12},
		{1u << 1, 0x13},
		{1u << 1, 0x05},
		{1u << 1, 0x06},
		{1u << 0, 0x28},
		{1u << 0, 0x2a},
		{1u << 9, 0x20},
		{1u << 9, 0x21},
		{1u << 9, 0x22},
		{1u << 9, 0x23},
		{1u << 16, 0x41},
		{1u << 10, 0x40},
		{0, 0x18},
		{0, 0x1a},
		{0, 0x00},
		{0, 0x07},
		{0, 0x46 | 3u << 12},
		{0, 0x03 | 1u << 10},
	};

	for (const auto& row : rows) {
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
	ids.idr0 |= 1u << 24;  // no stalls
	m.start(ids);
	m.put(0x45);
	EXPECT_EQ(t, error(m), 1);
}

static void reserved_bits_are_reported(test::Case& t)
{
	Machine& m = machine();
	Ids no_ril = kRichIds;

	m.start();
	m.put(0x30 | u64{1} << 40);
	EXPECT_EQ(t, m.violations, 1);
	m.put(0x11 | u64{1} << 48, 0x1000);
	EXPECT_EQ(t, m.violations, 2);
	m.put(0x12 | 3u << 12, 0x1000);  // NUM without TG
	EXPECT_EQ(t, m.violations, 3);
	m.put(0x12, 0x1000 | 1u << 10);  // TG without NUM, SCALE and TTL is reserved
	EXPECT_EQ(t, error(m), 1);
	no_ril.idr3 = 0;
	m.start(no_ril);
	m.put(0x12 | 3u << 12, 0x1000 | 1u << 10);
	EXPECT_EQ(t, m.violations, 1);
}

static void service_failure_mode(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.word(m.ste(1)) = 1 | 4u << 1;
	EXPECT(t, m.read(1, 0x1000).ok());
	m.smmu.enter_sfm();
	EXPECT_EQ(t, m.active_gerror(), 1u << 8);
	EXPECT(t, !m.read(1, 0x1000).ok());
	m.put(0x46 | 2u << 12);
	EXPECT_EQ(t, m.sevs, 0);
}

TEST_SUITE(model_commands, TEST_CASE(illegal_command_stops_the_queue),
	   TEST_CASE(fetch_abort_and_injection), TEST_CASE(acknowledging_too_much),
	   TEST_CASE(atc_invalidation), TEST_CASE(commands_of_missing_features),
	   TEST_CASE(reserved_bits_are_reported), TEST_CASE(service_failure_mode));
