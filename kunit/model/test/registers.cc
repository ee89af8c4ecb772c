// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's registers: acknowledgements, guards, widths.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

static void identification_reads_back(test::Case& t)
{
	Machine& m = machine();

	m.create();
	EXPECT_EQ(t, m.smmu.read32(0x00), kRichIds.idr0);
	EXPECT_EQ(t, m.smmu.read32(0x04), kRichIds.idr1);
	EXPECT_EQ(t, m.smmu.read32(0x0c), kRichIds.idr3);
	EXPECT_EQ(t, m.smmu.read32(0x14), kRichIds.idr5);
	EXPECT_EQ(t, m.smmu.read32(0x18), kRichIds.iidr);
	EXPECT_EQ(t, m.smmu.read32(0x1c), kRichIds.aidr);
	EXPECT_EQ(t, m.violations, 0);
	m.smmu.write32(0x00, 0);
	EXPECT_EQ(t, m.violations, 1);
	EXPECT_EQ(t, m.smmu.read32(0x00), kRichIds.idr0);
}

static void acknowledgements_come_late(test::Case& t)
{
	Machine& m = machine();

	m.create();
	m.smmu.delay_ack(Ack::kCr0, 3);
	m.smmu.write64(0x90, m.cmdq | 4);
	m.smmu.write32(0x98, 0);
	m.smmu.write32(0x9c, 0);
	m.smmu.write32(0x20, 8);
	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(t, m.smmu.read32(0x24), 0);
	EXPECT_EQ(t, m.smmu.read32(0x24), 8);
	EXPECT_EQ(t, m.violations, 0);
	m.smmu.delay_ack(Ack::kCr0, kForever);
	m.smmu.write32(0x20, 0);
	for (unsigned i = 0; i < 100; i++)
		EXPECT_EQ(t, m.smmu.read32(0x24), 8);
	m.smmu.write32(0x20, 8);  // before its acknowledgement
	EXPECT_EQ(t, m.violations, 1);
	m.smmu.write32(0x20, 0);
	m.smmu.finish_acks();
	EXPECT_EQ(t, m.smmu.read32(0x24), 0);

	m.smmu.delay_ack(Ack::kIrqCtrl, 1);
	m.smmu.write32(0x50, 5);
	EXPECT_EQ(t, m.smmu.read32(0x54), 0);
	EXPECT_EQ(t, m.smmu.read32(0x54), 5);
}

// A command waits until CMDQEN is acknowledged.
static void effects_follow_the_acknowledgement(test::Case& t)
{
	Machine& m = machine();

	m.start();
	m.smmu.write32(0x20, 7);
	m.smmu.delay_ack(Ack::kCr0, 1);
	m.smmu.write32(0x20, 0xf);
	m.put(0x46 | 2u << 12);
	EXPECT_EQ(t, m.sevs, 0);
	m.smmu.read32(0x24);
	m.smmu.read32(0x24);
	EXPECT_EQ(t, m.sevs, 1);
}

static void gbpa_update_protocol(test::Case& t)
{
	Machine& m = machine();

	m.create();
	m.smmu.write32(0x44, 1u << 20);  // without UPDATE: nothing happens
	EXPECT_EQ(t, m.violations, 1);
	EXPECT_EQ(t, m.smmu.read32(0x44) & 1u << 20, 0);
	m.smmu.delay_ack(Ack::kGbpa, 2);
	m.smmu.write32(0x44, 1u << 31 | 1u << 20);
	EXPECT_EQ(t, m.smmu.read32(0x44) & (1u << 31 | 1u << 20), 1u << 31);
	EXPECT(t, m.read(1, 0).ok());
	m.smmu.write32(0x44, 1u << 31);
	EXPECT_EQ(t, m.violations, 2);
	m.smmu.read32(0x44);
	EXPECT_EQ(t, m.smmu.read32(0x44) & (1u << 31 | 1u << 20), 1u << 20);
	EXPECT(t, !m.read(1, 0).ok());
	m.create(kRichIds, {.gbpa_resets_abort = true});
	EXPECT(t, !m.read(1, 0).ok());
}

static void guarded_while_in_use(test::Case& t)
{
	Machine& m = machine();
	struct {
		u32 offset, value;
		bool wide;
	} const rows[] = {
		{0x28, 0, false},     {0x2c, 0, false},     {0x80, 0x1000, true},
		{0x88, 5, false},     {0x90, 0x1000, true}, {0x9c, 1, false},
		{0xa0, 0x1000, true}, {0x100a8, 1, false},  {0xc0, 0x1000, true},
		{0x100c8, 1, false},  {0x68, 0x1000, true}, {0x70, 1, false},
		{0xb0, 0x1000, true}, {0xb8, 1, false},     {0xbc, 1, false},
		{0xd0, 0x1000, true}, {0xd8, 1, false},
	};

	for (const auto& row : rows) {
		m.start();
		if (row.wide)
			m.smmu.write64(row.offset, row.value);
		else
			m.smmu.write32(row.offset, row.value);
		EXPECT(t, m.violations > 0);
		m.create();
		if (row.wide)
			m.smmu.write64(row.offset, row.value);
		else
			m.smmu.write32(row.offset, row.value);
		EXPECT_EQ(t, m.violations, 0);
	}
}

static void widths_and_halves(test::Case& t)
{
	Machine& m = machine();

	m.create();
	m.smmu.write32(0x84, 0x1);
	m.smmu.write32(0x80, 0x23456780);
	EXPECT_EQ(t, m.smmu.read64(0x80), 0x123456780);
	EXPECT_EQ(t, m.smmu.read32(0x84), 1);
	EXPECT_EQ(t, m.violations, 0);
	m.smmu.write64(0x20, 0);
	EXPECT_EQ(t, m.violations, 1);
	m.smmu.read64(0x98);
	EXPECT_EQ(t, m.violations, 2);
	m.smmu.read32(0x21);
	EXPECT_EQ(t, m.violations, 3);
	m.smmu.read32(0x20000);
	EXPECT_EQ(t, m.violations, 4);
	const auto& log = m.smmu.register_writes();
	EXPECT_EQ(t, log.size(), 3);
	EXPECT_EQ(t, log[2].width, 8);
}

static void one_page_layout(test::Case& t)
{
	Machine& m = machine();

	m.create(kRichIds, {.page1_in_page0 = true});
	m.smmu.write32(0xac, 5);
	EXPECT_EQ(t, m.smmu.read32(0xac), 5);
	EXPECT_EQ(t, m.smmu.regs().eventq.cons, 5);
	m.create();
	m.smmu.write32(0xac, 5);
	EXPECT_EQ(t, m.violations, 1);
}

static void enabling_checks_what_it_enables(test::Case& t)
{
	Machine& m = machine();

	m.create();
	m.smmu.write64(0x90, (m.cmdq + 0x20) | 4);  // not aligned to 256 bytes
	m.smmu.write32(0x98, 0);
	m.smmu.write32(0x9c, 0);
	m.smmu.write32(0x20, 8);
	EXPECT_EQ(t, m.violations, 1);
	m.create();
	m.smmu.write64(0x90, Machine::kBase | 9);  // above IDR1.CMDQS
	m.smmu.write32(0x98, 0);
	m.smmu.write32(0x9c, 0);
	m.smmu.write32(0x20, 8);
	EXPECT_EQ(t, m.violations, 1);
	m.create();
	m.smmu.write64(0x90, m.cmdq | 4);
	m.smmu.write32(0x98, 20);
	m.smmu.write32(0x9c, 0);
	m.smmu.write32(0x20, 8);
	EXPECT_EQ(t, m.violations, 1);
	m.create();
	m.queues();
	m.invalidate_all();
	m.smmu.write64(0x80, m.strtab + 64);
	m.smmu.write32(0x88, 6);
	m.smmu.write32(0x20, 0xf);
	EXPECT_EQ(t, m.violations, 1);
	m.create();
	m.queues();
	m.invalidate_all();
	m.smmu.write64(0x80, u64{1} << 40);
	m.smmu.write32(0x88, 17);  // above SIDSIZE
	m.smmu.write32(0x20, 0xf);
	EXPECT_EQ(t, m.violations, 1);
}

TEST_SUITE(model_registers, TEST_CASE(identification_reads_back),
	   TEST_CASE(acknowledgements_come_late), TEST_CASE(effects_follow_the_acknowledgement),
	   TEST_CASE(gbpa_update_protocol), TEST_CASE(guarded_while_in_use),
	   TEST_CASE(widths_and_halves), TEST_CASE(one_page_layout),
	   TEST_CASE(enabling_checks_what_it_enables));
