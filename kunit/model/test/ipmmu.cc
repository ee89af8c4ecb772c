// SPDX-License-Identifier: GPL-2.0-only
// The IPMMU model by itself: a root, unit 0, and a leaf, with registers written by hand.
#include "kunit/model/ipmmu/ipmmu.hpp"
#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"
#include "os/os.h"

namespace {

using model::Ipmmu;
using model::IpmmuDma;

constexpr u32 kImctr = 0, kImttbcr = 8, kImttlbr0 = 0x10, kImttubr0 = 0x14, kImstr = 0x20,
	      kImmair0 = 0x28, kImelar = 0x30, kImeuar = 0x34;
constexpr u32 kMmuen = 1, kFlush = 2, kInten = 4, kVa64 = 1u << 29;
constexpr u32 kStage1 = 1u << 31 | 2u << 6, kStage2 = 3u << 30 | 1u << 6 | 24;
constexpr u64 kTable = 3, kPage = 0x403, kPage2 = kPage | 3u << 6, kReadOnly = 1u << 7;
constexpr u64 kBlock = 0x401, kNs = 1u << 5, kNstable = 1ull << 63;
constexpr u64 kPa = 0x48'1234'5000;

// Two first-level tables side by side, a second and a third level.
struct World {
	explicit World(test::Case& run)
		: t(run)
	{
		host = {this, phys, irq, violation};
		root.configure(0, host, trace, model::IpmmuGeneration::kGen3, nullptr);
		leaf.configure(1, host, trace, model::IpmmuGeneration::kGen3, &root, 2);
		(void)os_dma_alloc(test_device(), 4 * 4096, &tables);
	}
	~World() { os_dma_free(test_device(), &tables); }
	World(const World&) = delete;
	World& operator=(const World&) = delete;

	static void* phys(void*, u64 pa, u64 size) { return test_bus_to_cpu(pa, size); }
	static void irq(void* ctx) { static_cast<World*>(ctx)->irqs++; }
	static void violation(void* ctx, const char*, u64, u64)
	{
		static_cast<World*>(ctx)->violations++;
	}

	u64& entry(u32 table, u32 index)
	{
		return static_cast<u64*>(tables.cpu)[table * 512 + index];
	}
	// Tables for the first 2 MiB, and `page` at 0x5000.
	void map(u64 page, u64 bits = 0)
	{
		entry(0, 0) = (tables.bus + 2 * 4096) | kTable | bits;
		entry(2, 0) = (tables.bus + 3 * 4096) | kTable | bits;
		entry(3, 5) = page;
	}
	void start(u32 ttbcr = kStage1, u32 bits = 0)
	{
		for (Ipmmu* unit : {&root, &leaf})
			unit->write32(0x500, 0);
		root.write32(0x504, bits ? 8 : 0);
		root.write32(0x40 + kImctr, 0);
		root.write32(0x40 + kImttlbr0, static_cast<u32>(tables.bus));
		root.write32(0x40 + kImttubr0, static_cast<u32>(tables.bus >> 32));
		root.write32(0x40 + kImttbcr, ttbcr);
		root.write32(0x40 + kImmair0, 0x04ff44);
		root.write32(0x40 + kImstr, 0);
		leaf.write32(0x40 + kImctr, kMmuen | kFlush);
		root.write32(0x40 + kImctr, kMmuen | kFlush | bits);
		(void)root.read32(0x40 + kImctr);
		leaf.write32(0x308, 0);
		leaf.write32(0x300, 1u << 4 | kFlush | kMmuen);
	}
	IpmmuDma read(u64 iova) { return leaf.access(0, iova, false); }
	IpmmuDma write(u64 iova) { return leaf.access(0, iova, true); }

	test::Case& t;
	model::IpmmuHost host{};
	model::IpmmuTrace trace;
	Ipmmu root, leaf;
	os_dma tables{};
	u32 irqs = 0, violations = 0;
};

void stage1_is_walked(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage);
	w.start();
	const auto dma = w.read(0x5678);
	EXPECT(t, dma.ok());
	EXPECT_EQ(t, dma.pa, kPa + 0x678);
	EXPECT(t, w.write(0x5000).ok());
	EXPECT(t, !w.read(0x6000).ok());
	EXPECT(t, !w.read(0x1'0000'5000).ok());
	w.entry(0, 3) = 0x80'0000'0000 | kBlock | kReadOnly;
	const auto block = w.read(0xc000'0000 + 0x1234'5678);
	EXPECT(t, block.ok());
	EXPECT_EQ(t, block.pa, 0x80'0000'0000 + 0x1234'5678);
	EXPECT(t, !w.write(0xc000'0000).ok());
	EXPECT_EQ(t, w.violations, 0);
}

void stage2_is_walked(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage2);
	w.start(kStage2, kVa64);
	EXPECT(t, w.read(0x5678).ok());
	// The second of the tables side by side.
	w.entry(1, 511) = 0x80'0000'0000 | kBlock | 1u << 6;
	const auto block = w.read(0xff'c000'0042);
	EXPECT(t, block.ok());
	EXPECT_EQ(t, block.pa, 0x80'0000'0042);
	EXPECT(t, !w.write(0xff'c000'0042).ok());
	EXPECT(t, !w.read(0x100'0000'5000).ok());
	EXPECT_EQ(t, w.violations, 0);
}

void formats_must_agree(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage2);
	w.start(kStage2, kVa64);
	w.root.write32(0x504, 0);
	EXPECT(t, !w.read(0x5000).ok());
	EXPECT_EQ(t, w.violations, 1);
}

void ns_is_asked_for(test::Case& t)
{
	World w(t);
	w.root.check_ns(true);
	w.map(kPa | kPage);
	w.start();
	EXPECT(t, !w.read(0x5000).ok());
	w.map(kPa | kPage, kNstable);
	EXPECT(t, !w.read(0x5000).ok());
	w.map(kPa | kPage | kNs, kNstable);
	EXPECT(t, w.read(0x5000).ok());
}

// Told to the leaf alone or to the root alone, it does not help.
void a_flush_is_for_leaf_and_root(test::Case& t)
{
	for (u32 told = 0; told < 4; told++) {
		World w(t);
		w.map(kPa | kPage);
		w.start();
		EXPECT(t, w.read(0x5000).ok());
		w.map((kPa + 0x1000) | kPage);
		if (told & 1)
			w.leaf.write32(0x40, kMmuen | kFlush);
		if (told & 2)
			w.root.write32(0x40, kMmuen | kFlush);
		EXPECT(t, !(w.root.read32(0x40) & kFlush));
		EXPECT_EQ(t, w.read(0x5000).pa, told == 3 ? kPa + 0x1000 : kPa);
	}
}

// A leaf flushed after its root waits for the root's next flush.
void a_flush_is_for_leaf_before_root(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage);
	w.start();
	EXPECT(t, w.read(0x5000).ok());
	w.map((kPa + 0x1000) | kPage);
	w.root.write32(0x40, kMmuen | kFlush);
	w.leaf.write32(0x40, kMmuen | kFlush);
	EXPECT(t, !(w.root.read32(0x40) & kFlush));
	EXPECT_EQ(t, w.read(0x5000).pa, kPa);
	w.root.write32(0x40, kMmuen | kFlush);
	EXPECT(t, !(w.root.read32(0x40) & kFlush));
	EXPECT_EQ(t, w.read(0x5000).pa, kPa + 0x1000);
}

void a_flush_takes_its_time(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage);
	w.start();
	EXPECT(t, w.read(0x5000).ok());
	w.map((kPa + 0x1000) | kPage);
	w.root.slow_flush(2);
	w.leaf.write32(0x40, kMmuen | kFlush);
	w.root.write32(0x40, kMmuen | kFlush);
	for (int i = 0; i < 2; i++) {
		EXPECT(t, w.root.read32(0x40) & kFlush);
		EXPECT_EQ(t, w.read(0x5000).pa, kPa);
	}
	EXPECT(t, !(w.root.read32(0x40) & kFlush));
	EXPECT_EQ(t, w.read(0x5000).pa, kPa + 0x1000);
	w.root.hold_flush(true);
	w.root.write32(0x40, kMmuen | kFlush);
	for (int i = 0; i < 100; i++)
		EXPECT(t, w.root.read32(0x40) & kFlush);
}

// What a flush has dropped is gone, also when the next one begins before anybody looks.
void a_flush_that_has_ended_stays_so(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage);
	w.start();
	EXPECT(t, w.read(0x5000).ok());
	w.map((kPa + 0x1000) | kPage);
	w.leaf.write32(0x40, kMmuen | kFlush);
	w.root.write32(0x40, kMmuen | kFlush);
	EXPECT(t, !(w.root.read32(0x40) & kFlush));
	w.root.hold_flush(true);
	w.leaf.write32(0x40, kMmuen | kFlush);
	w.root.write32(0x40, kMmuen | kFlush);
	EXPECT_EQ(t, w.read(0x5000).pa, kPa + 0x1000);
}

void a_micro_tlb_keeps_what_it_has(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage);
	w.start();
	EXPECT(t, w.read(0x5000).ok());
	// Another context, whose table is empty: not noticed without IMUCTR.FLUSH.
	w.root.write32(0x80 + kImctr, 0);
	for (u32 reg : {kImttlbr0, kImttubr0, kImstr})
		w.root.write32(0x80 + reg, 0);
	w.root.write32(0x80 + kImttbcr, kStage1);
	w.leaf.write32(0x80, kMmuen | kFlush);
	w.root.write32(0x80, kMmuen | kFlush);
	(void)w.root.read32(0x80);
	w.leaf.write32(0x300, 2u << 4 | kMmuen);
	EXPECT(t, w.read(0x5000).ok());
	w.leaf.write32(0x300, 2u << 4 | kFlush | kMmuen);
	EXPECT(t, !w.read(0x5000).ok());
}

void the_first_fault_is_kept(test::Case& t)
{
	World w(t);
	w.start(kStage1, 0);
	EXPECT(t, !w.read(0xabcd123).ok());
	EXPECT_EQ(t, w.irqs, 0);
	w.leaf.write32(0x40, kMmuen | kInten);
	w.root.write32(0x40, kMmuen | kInten);
	EXPECT(t, !w.read(0x7000).ok());
	EXPECT_EQ(t, w.irqs, 1);
	EXPECT_EQ(t, w.root.read32(0x40 + kImstr), 1);
	EXPECT_EQ(t, w.root.read32(0x40 + kImelar), 0xabcd123);
	// Written as it was read, it stays; a 0 clears it and the address with it.
	w.root.write32(0x40 + kImstr, 1);
	EXPECT_EQ(t, w.root.read32(0x40 + kImstr), 1);
	w.root.write32(0x40 + kImstr, 0);
	EXPECT_EQ(t, w.root.read32(0x40 + kImstr), 0);
	EXPECT_EQ(t, w.root.read32(0x40 + kImelar), 0);
	EXPECT(t, !w.read(0x12'0000'7000).ok());
	EXPECT_EQ(t, w.root.read32(0x40 + kImeuar), 0x12);
}

void power_loss_resets(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage);
	w.start();
	EXPECT(t, w.read(0x5000).ok());
	w.root.power_off();
	w.root.power_on(false);
	EXPECT_EQ(t, w.root.read32(0x40 + kImttbcr), kStage1);
	w.root.power_off();
	EXPECT_EQ(t, w.violations, 0);
	(void)w.root.read32(0x40);
	w.root.write32(0x40, 0);
	EXPECT(t, !w.read(0x5000).ok());
	EXPECT_EQ(t, w.violations, 3);
	w.root.power_on();
	EXPECT(t, w.root.read32(0x40 + kImttbcr) != kStage1);
	EXPECT_EQ(t, w.root.read32(0x40), 0);
	EXPECT(t, w.root.imsctlr() & 1u << 28);
}

void what_must_not_be_is_told(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage);
	w.start();
	u32 told = 0;
	const auto expect_one = [&] { EXPECT_EQ(t, w.violations, ++told); };

	(void)w.root.read32(0x4);
	expect_one();
	w.root.write32(0x504 + 4, 0);
	expect_one();
	w.root.write32(0x40 + kImelar, 0);
	expect_one();
	w.leaf.write32(0x308, 1);
	EXPECT(t, !w.read(0x5000).ok());
	expect_one();
	w.leaf.write32(0x308, 0);
	w.leaf.write32(0x500, 1u << 28);
	EXPECT(t, !w.read(0x5000).ok());
	expect_one();
	w.leaf.write32(0x500, 0);
	w.leaf.write32(0x300, kMmuen);  // context 0
	EXPECT(t, !w.read(0x5000).ok());
	expect_one();
}

void what_comes_too_early_is_counted(test::Case& t)
{
	World w(t);
	w.map(kPa | kPage);
	w.start();
	u64 told = w.trace.out_of_order;
	const auto expect = [&](bool wrong) { EXPECT_EQ(t, w.trace.out_of_order, told += wrong); };

	w.root.write32(0x40 + kImttlbr0, 0x1000);
	expect(true);
	w.root.write32(0x504, 8);
	expect(true);
	for (u32 n = 0; n < 8; n++)
		w.root.write32(n * 0x40 + kImctr, 0);
	w.root.write32(0x40 + kImttlbr0, 0x2000);
	w.root.write32(0x504, 0);
	expect(false);

	w.leaf.write32(0x300, 1u << 4 | kMmuen);
	expect(true);
	w.root.write32(0x40, kMmuen);
	w.leaf.write32(0x300, 1u << 4 | kMmuen);
	expect(false);
	w.leaf.write32(0x308, 1);
	w.leaf.write32(0x300, 1u << 4 | kMmuen);
	expect(true);

	w.root.inject_fault(1, 1, 0x1000);
	w.root.write32(0x40, kMmuen | kInten);
	expect(true);
	w.root.write32(0x40, kMmuen | kInten | kFlush);
	expect(false);
	w.root.write32(0x40, kMmuen);
	w.root.write32(0x40 + kImstr, 0);
	w.root.write32(0x40, kMmuen | kInten);
	expect(false);
}

void off_means_untranslated(test::Case& t)
{
	World w(t);
	w.start();
	w.leaf.write32(0x300, 0);
	const auto dma = w.read(0x5678);
	EXPECT(t, dma.what == IpmmuDma::kBypassed && dma.pa == 0x5678);
	w.leaf.write32(0x300, 1u << 4 | kMmuen);
	w.root.write32(0x40, 0);
	EXPECT(t, w.read(0x5678).what == IpmmuDma::kBypassed);
	EXPECT_EQ(t, w.trace.bypassed, 2);
}

}  // namespace

TEST_SUITE(model_ipmmu, TEST_CASE(stage1_is_walked), TEST_CASE(stage2_is_walked),
	   TEST_CASE(formats_must_agree), TEST_CASE(ns_is_asked_for),
	   TEST_CASE(a_flush_is_for_leaf_and_root), TEST_CASE(a_flush_is_for_leaf_before_root),
	   TEST_CASE(a_flush_takes_its_time), TEST_CASE(a_flush_that_has_ended_stays_so),
	   TEST_CASE(a_micro_tlb_keeps_what_it_has), TEST_CASE(the_first_fault_is_kept),
	   TEST_CASE(power_loss_resets), TEST_CASE(what_must_not_be_is_told),
	   TEST_CASE(what_comes_too_early_is_counted), TEST_CASE(off_means_untranslated));
