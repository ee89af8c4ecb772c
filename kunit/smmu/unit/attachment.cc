// SPDX-License-Identifier: GPL-2.0-only
// Devices behind several SMMUs in one domain: where its translations are cached, and which SMMUs an unmap reaches.
#include "arm-smmu-v3/core.h"

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;
using test::Space;

namespace {

constexpr int kInvalid = -22, kNoMemory = -12, kTimedOut = -110;
constexpr u32 kSid = 9;
constexpr u64 kIova = 0x123'0000, kPage = 0x1000, kPa = 0x7000'0000;
constexpr smmu_stage kStages[] = {SMMU_STAGE_1, SMMU_STAGE_2};

bool power_up(Board& board)
{
	board.step_on_poll = true;  // where commands are deferred
	board.up();
	return true;
}

// Two SMMUs with a device behind each, in a domain that was made for the first one.
struct Scene {
	explicit Scene(Case& the_case, smmu_stage stage = SMMU_STAGE_1, const Setup& one = {},
		       const Setup& other = {})
		: t(the_case),
		  a(the_case, one),
		  b(the_case, other),
		  started(power_up(a) && power_up(b)),
		  space(a, stage),
		  at_a(a, {kSid}),
		  at_b(b, {kSid})
	{
		EXPECT(t, space.map(kIova, kPa, kPage));
	}
	~Scene()
	{
		at_b.destroy();
		at_a.destroy();
	}

	void attach_both()
	{
		EXPECT_EQ(t, at_a.attach(space), 0);
		EXPECT_EQ(t, at_b.attach(space), 0);
		EXPECT_EQ(t, a.dma(kSid, kIova).pa, kPa);
		EXPECT_EQ(t, b.dma(kSid, kIova).pa, kPa);
	}

	Case& t;
	Board a, b;
	bool started;
	Space space;
	Device at_a, at_b;
};

Setup without_ranges()
{
	Setup setup;
	setup.ids.idr3 = 0;
	return setup;
}

void unmap_reaches_every_smmu(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage, {}, without_ranges());
		scene.attach_both();
		EXPECT(t, scene.space.unmap(kIova, kPage));
		EXPECT(t, scene.a.blocked(kSid, kIova));
		EXPECT(t, scene.b.blocked(kSid, kIova));
	}
}

void flush_of_a_domain_reaches_every_smmu(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		scene.attach_both();
		EXPECT(t, scene.space.remove(kIova, kPage));
		smmu_core_flush_domain(scene.space.domain);
		EXPECT(t, scene.a.blocked(kSid, kIova));
		EXPECT(t, scene.b.blocked(kSid, kIova));
	}
}

// Others have the numbers that are free at the first one.
void each_smmu_has_its_own_number_for_the_domain(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		Space other(scene.b, stage);
		Device neighbour(scene.b, {kSid + 1});
		ASSERT(t, other.map(kIova, 2 * kPa, kPage));
		ASSERT_EQ(t, neighbour.attach(other), 0);
		scene.attach_both();
		EXPECT_EQ(t, scene.b.dma(kSid + 1, kIova).pa, 2 * kPa);
		EXPECT(t, scene.space.unmap(kIova, kPage));
		EXPECT(t, scene.a.blocked(kSid, kIova));
		EXPECT(t, scene.b.blocked(kSid, kIova));
		EXPECT_EQ(t, scene.b.dma(kSid + 1, kIova).pa, 2 * kPa);
		neighbour.destroy();
	}
}

void smmu_that_is_off_elides_and_the_other_is_told(Case& t)
{
	for (bool first : {false, true}) {
		Scene scene(t);
		scene.attach_both();
		Board& off = first ? scene.a : scene.b;
		Board& on = first ? scene.b : scene.a;
		ASSERT_EQ(t, smmu_core_suspend(off.core), 0);
		const u64 elided = off.stats().elided, told = on.ops(Op::TLBI_NH_VA);
		EXPECT(t, scene.space.unmap(kIova, kPage));
		EXPECT_EQ(t, off.stats().elided, elided + 1);
		EXPECT_EQ(t, on.stats().elided, 0);
		EXPECT_EQ(t, on.ops(Op::TLBI_NH_VA), told + 1);
		EXPECT(t, on.blocked(kSid, kIova));
		ASSERT_EQ(t, smmu_core_resume(off.core), 0);
		EXPECT(t, off.blocked(kSid, kIova));
	}
}

// With both off, none gets a command; with one target left, that one's gate decides.
void gate_follows_the_targets(Case& t)
{
	Scene scene(t);
	scene.attach_both();
	ASSERT_EQ(t, smmu_core_suspend(scene.a.core), 0);
	ASSERT_EQ(t, smmu_core_suspend(scene.b.core), 0);
	const u64 a = scene.a.stats().elided, b = scene.b.stats().elided;
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT_EQ(t, scene.a.stats().elided, a + 1);
	EXPECT_EQ(t, scene.b.stats().elided, b + 1);
	ASSERT_EQ(t, smmu_core_resume(scene.b.core), 0);
	EXPECT_EQ(t, scene.at_a.attach_blocked(), 0);
	EXPECT(t, scene.space.map(kIova, kPa, kPage));
	EXPECT_EQ(t, scene.b.dma(kSid, kIova).pa, kPa);
	const u64 left = scene.a.stats().elided;
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT(t, scene.b.blocked(kSid, kIova));
	EXPECT_EQ(t, scene.a.stats().elided, left);
	ASSERT_EQ(t, smmu_core_resume(scene.a.core), 0);
}

void smmu_without_devices_gets_no_command(Case& t)
{
	Scene scene(t);
	Device second(scene.b, {kSid + 1});
	scene.attach_both();
	ASSERT_EQ(t, second.attach(scene.space), 0);
	ASSERT_EQ(t, scene.at_b.attach_identity(), 0);
	// One device is left behind it, and then none.
	u64 commands = scene.b.stats().commands;
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT(t, scene.b.stats().commands > commands);
	second.destroy();
	commands = scene.b.stats().commands;
	EXPECT(t, scene.space.map(kIova, kPa, kPage));
	EXPECT_EQ(t, scene.a.dma(kSid, kIova).pa, kPa);
	EXPECT(t, scene.space.unmap(kIova, kPage));
	smmu_core_flush_domain(scene.space.domain);
	EXPECT_EQ(t, scene.b.stats().commands, commands);
	EXPECT(t, scene.a.blocked(kSid, kIova));
}

// The tag is the same, so that nothing of the first time may be left.
void device_that_comes_back_finds_nothing_of_before(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		scene.attach_both();
		ASSERT_EQ(t, scene.at_b.attach_blocked(), 0);
		EXPECT(t, scene.space.unmap(kIova, kPage));
		ASSERT_EQ(t, scene.at_b.attach(scene.space), 0);
		EXPECT(t, scene.b.blocked(kSid, kIova));
	}
}

void device_may_be_attached_to_its_own_domain(Case& t)
{
	Scene scene(t);
	scene.attach_both();
	EXPECT_EQ(t, scene.at_b.attach(scene.space), 0);
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT(t, scene.b.blocked(kSid, kIova));
}

struct Other {
	const char* what;
	int error;
	void (*change)(Setup&);
};

constexpr Other kOthers[] = {
	{"the same", 0, [](Setup&) {}},
	{"fewer page sizes", kInvalid, [](Setup& s) { s.ids.idr5 = 5 | 0x40; }},
	{"fewer address bits", kInvalid, [](Setup& s) { s.ids.idr5 = 2 | 0x70; }},
	{"more address bits", 0, [](Setup& s) { s.ids.idr5 = 6 | 0x70; }},
	{"only stage 2", kInvalid, [](Setup& s) { s = with_idr0(s, 1u << 9 | 2, 0); }},
	{"narrower addresses of the CPU", kInvalid, [](Setup& s) { s.platform.va_bits = 39; }},
	{"no ranges", 0, [](Setup& s) { s.ids.idr3 = 0; }},
	{"no snooping", kInvalid,
	 [](Setup& s) {
		 s = with_idr0(s, 1u << 4, 0);
		 s.platform.coherent = false;
	 }},
};

void domain_goes_where_its_page_table_can_be_used(Case& t)
{
	for (const Other& other : kOthers) {
		Setup setup;
		other.change(setup);
		Scene scene(t, SMMU_STAGE_1, {}, setup);
		ASSERT_EQ(t, scene.at_a.attach(scene.space), 0);
		const int error = scene.at_b.attach(scene.space);
		EXPECT_EQ(t, error, other.error);
		EXPECT_EQ(t, scene.b.blocked(kSid, kIova), error != 0);
		EXPECT_EQ(t, scene.a.dma(kSid, kIova).pa, kPa);
		EXPECT(t, scene.space.unmap(kIova, kPage));
		EXPECT(t, scene.a.blocked(kSid, kIova));
		EXPECT(t, scene.b.blocked(kSid, kIova));
	}
}

// Tables that are cleaned to memory are read by one that snoops, too.
void table_for_one_that_does_not_snoop_serves_one_that_does(Case& t)
{
	Setup setup = test::with_idr0({}, 1u << 4, 0);
	setup.platform.coherent = false;
	Scene scene(t, SMMU_STAGE_1, setup);
	scene.attach_both();
}

// Whatever is missing, both devices keep what they had.
void attach_without_memory_leaves_what_was(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage);
		Space before(scene.b, stage);
		ASSERT(t, before.map(kIova, 2 * kPa, kPage));
		ASSERT_EQ(t, scene.at_a.attach(scene.space), 0);
		ASSERT_EQ(t, scene.at_b.attach(before), 0);
		u32 failed = 0;
		for (u32 nth = 1; nth < 20; nth++) {
			test_fail_alloc(nth);
			const int error = scene.at_b.attach(scene.space);
			test_fail_alloc(0);
			EXPECT_EQ(t, scene.a.dma(kSid, kIova).pa, kPa);
			if (!error)
				break;
			failed++;
			EXPECT_EQ(t, error, kNoMemory);
			EXPECT_EQ(t, scene.b.dma(kSid, kIova).pa, 2 * kPa);
			const u64 commands = scene.b.stats().commands;
			smmu_core_flush_domain(scene.space.domain);
			EXPECT_EQ(t, scene.b.stats().commands, commands);
		}
		EXPECT_EQ(t, failed, 3);  // what has been allocated for the list stays
		EXPECT_EQ(t, scene.b.dma(kSid, kIova).pa, kPa);
		EXPECT_EQ(t, scene.at_b.attach_blocked(), 0);
	}
}

// The IOMMU core can't handle an error when it returns a device to the domain before.
void device_comes_back_without_memory(Case& t)
{
	Board c(t);
	ASSERT(t, power_up(c));
	Scene scene(t);
	Device at_c(c, {kSid});
	scene.attach_both();
	ASSERT_EQ(t, scene.at_b.attach_blocked(), 0);
	ASSERT_EQ(t, at_c.attach(scene.space), 0);
	test_fail_alloc(1);
	EXPECT_EQ(t, scene.at_b.attach(scene.space), 0);
	test_fail_alloc(0);
	EXPECT_EQ(t, scene.b.dma(kSid, kIova).pa, kPa);
	at_c.destroy();
}

// What an SMMU that does not answer may use is kept, and the other's number is free again.
void one_that_does_not_answer_keeps_the_page_table(Case& t)
{
	for (smmu_stage stage : kStages) {
		Scene scene(t, stage, {}, test::register_setup());
		scene.attach_both();
		test_clock_fake(true);
		scene.b.step_on_poll = false;
		scene.b.ns_per_poll = 100'000'000;
		scene.b.smmu.set_deferred(true);
		EXPECT_EQ(t, scene.at_b.attach_blocked(), kTimedOut);
		// It is still told.
		const u64 timeouts = scene.b.stats().sync_timeouts;
		EXPECT(t, scene.space.unmap(kIova, kPage));
		EXPECT_EQ(t, scene.b.stats().sync_timeouts, timeouts + 1);
		EXPECT_EQ(t, scene.at_a.attach_blocked(), 0);
		scene.space.destroy();
		EXPECT(t, scene.space.exists());
		EXPECT_EQ(t, test_log_count("leaking"), 1);
		scene.b.smmu.set_deferred(false);
		test_clock_fake(false);
		test_log_clear();
	}
}

// A flush may look at the gate of an SMMU whose device has just been detached, while the SMMU goes.
void memory_of_an_smmu_lasts_as_long_as_its_domains(Case& t)
{
	Scene scene(t);
	scene.attach_both();
	scene.at_b.destroy();
	scene.b.stop();
	smmu_core_destroy(scene.b.core);
	EXPECT_EQ(t, test_log_count("leaking queues"), 1);
	EXPECT(t, scene.space.unmap(kIova, kPage));
	EXPECT(t, scene.a.blocked(kSid, kIova));
	EXPECT_EQ(t, scene.at_a.attach_blocked(), 0);
	scene.space.destroy();
	scene.b.destroy();
	EXPECT_EQ(t, test_log_count("leaking queues"), 1);
}

// Messages and trace events name it.
void device_of_an_smmu_lasts_as_long_as_its_domains(Case& t)
{
	Scene scene(t);
	const u32 references = test_device_references();
	scene.attach_both();
	EXPECT_EQ(t, test_device_references(), references + 2);
	scene.at_b.destroy();
	scene.b.stop();
	smmu_core_destroy(scene.b.core);
	EXPECT_EQ(t, test_device_references(), references + 2);
	EXPECT_EQ(t, scene.at_a.attach_blocked(), 0);
	scene.space.destroy();
	EXPECT_EQ(t, test_device_references(), references - 1);  // the page table had one
	scene.b.destroy();
}

// ---- an unmap at every moment of an attach ----

struct Moment {
	Scene& scene;
	Board& board;    // whose registers are accessed
	u32 number = 0;  // of the access
	u32 at = 0;      // when the page moves
	bool moved = false, inside = false;

	u64 pa() const { return moved ? kPa + kPage : kPa; }

	// The device does DMA all the time: what it reaches is what is mapped.
	void look()
	{
		const Dma done = board.smmu.translate(kSid, std::nullopt, kIova, {});
		if (done.outcome == Outcome::kTranslated)
			EXPECT(scene.t, done.pa == pa() || done.pa == 2 * kPa);
	}
	void move()
	{
		moved = true;
		EXPECT(scene.t, scene.space.unmap(kIova, kPage));
		EXPECT(scene.t, scene.space.map(kIova, kPa + kPage, kPage));
	}
	void access()
	{
		if (inside)
			return;
		inside = true;
		look();
		if (!moved && number++ >= at)
			move();
		look();
		inside = false;
	}
};

constinit Moment* the_moment = nullptr;

// From another domain to this one and back, with the page moved before one read of a register.
void page_moves_at_every_moment_of_an_attach(Case& t)
{
	for (smmu_stage stage : kStages)
		for (u32 at = 0;; at++) {
			Setup setup = test::register_setup();
			setup.options.deferred = true;
			Scene scene(t, stage, {}, setup);
			Space before(scene.b, stage);
			ASSERT(t, before.map(kIova, 2 * kPa, kPage));
			ASSERT_EQ(t, scene.at_a.attach(scene.space), 0);
			ASSERT_EQ(t, scene.at_b.attach(before), 0);
			Moment moment{scene, scene.b, 0, at};
			the_moment = &moment;
			scene.b.before_read = [](Board&, u32) { the_moment->access(); };
			EXPECT_EQ(t, scene.at_b.attach(scene.space), 0);
			moment.look();
			EXPECT_EQ(t, scene.at_b.attach(before), 0);
			scene.b.before_read = nullptr;
			EXPECT_EQ(t, scene.a.dma(kSid, kIova).pa, moment.pa());
			EXPECT_EQ(t, scene.at_b.attach(scene.space), 0);
			EXPECT_EQ(t, scene.b.dma(kSid, kIova).pa, moment.pa());
			EXPECT_EQ(t, scene.at_b.attach_blocked(), 0);
			if (!moment.moved) {
				EXPECT(t, at > 10);
				break;
			}
		}
}

}  // namespace

TEST_SUITE(attachment, TEST_CASE(unmap_reaches_every_smmu),
	   TEST_CASE(flush_of_a_domain_reaches_every_smmu),
	   TEST_CASE(each_smmu_has_its_own_number_for_the_domain),
	   TEST_CASE(smmu_that_is_off_elides_and_the_other_is_told),
	   TEST_CASE(gate_follows_the_targets), TEST_CASE(smmu_without_devices_gets_no_command),
	   TEST_CASE(device_that_comes_back_finds_nothing_of_before),
	   TEST_CASE(device_may_be_attached_to_its_own_domain),
	   TEST_CASE(domain_goes_where_its_page_table_can_be_used),
	   TEST_CASE(table_for_one_that_does_not_snoop_serves_one_that_does),
	   TEST_CASE(attach_without_memory_leaves_what_was),
	   TEST_CASE(device_comes_back_without_memory),
	   TEST_CASE(one_that_does_not_answer_keeps_the_page_table),
	   TEST_CASE(memory_of_an_smmu_lasts_as_long_as_its_domains),
	   TEST_CASE(device_of_an_smmu_lasts_as_long_as_its_domains),
	   TEST_CASE(page_moves_at_every_moment_of_an_attach));
