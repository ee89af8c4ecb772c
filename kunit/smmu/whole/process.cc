// SPDX-License-Identifier: GPL-2.0-only
// Devices that share the page table of a process: what they reach, what is invalidated, and its exit in mid-DMA.
#include "kunit/smmu/fixture/process.hpp"

#include "kunit/smmu/fixture/ats.hpp"
#include "kunit/smmu/fixture/stalls.hpp"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Process;
using test::Setup;
using test::Space;

namespace {

constexpr u64 kVa = 0x123'0000, kPage = 0x1000, kPa = 0x7000'0000;
constexpr u32 kSid = 9, kOtherSid = 0x1234, kPasid = 3, kOther = 7;
constexpr int kNoMemory = -12, kInvalid = -22;

Setup with_granule(u64 page, bool ril)
{
	Setup setup;
	setup.ids.idr5 = 5 | (page == 0x1000 ? 0x10 : page == 0x4000 ? 0x20 : 0x40);
	setup.ids.idr3 = ril ? 1u << 10 : 0;
	return setup;
}

Setup with_lpa2()
{
	Setup setup;
	setup.ids.idr5 = 6 | 1u << 4 | 1u << 7 | 1u << 10;  // OAS 52, GRAN4K, DS, VAX
	setup.platform.va_bits = 52;
	return setup;
}

Setup at_el2()
{
	Setup setup;
	setup.platform.vhe = true;
	return setup;
}

Setup with_stall_model(u32 stall_model)
{
	return test::with_idr0({}, 3u << 24, stall_model << 24);
}

// A device of two streams that is bound to a process.
struct Scene {
	explicit Scene(Case& the_case, const Setup& setup = {}, bool dirty = false)
		: t(the_case),
		  board(the_case, setup),
		  started((board.up(), true)),
		  process(board, dirty),
		  device(board, {kSid, kOtherSid}, 12)
	{
		EXPECT_EQ(t, device.attach_identity(), 0);
		EXPECT_EQ(t, process.attach(device, kPasid), 0);
	}
	~Scene() { device.destroy(); }

	// 0: it aborts.
	void expect(u64 va, u64 pa, u32 pasid = kPasid)
	{
		for (u32 sid : {kSid, kOtherSid}) {
			const Dma dma = board.dma_by(sid, pasid, va);
			EXPECT_EQ(t, dma.ok(), pa != 0);
			if (dma.ok())
				EXPECT_EQ(t, dma.pa, pa);
		}
	}
	bool write() { return board.dma(kSid, kVa, {.write = true}, kPasid).ok(); }

	Case& t;
	Board board;
	bool started;
	Process process;
	Device device;
};

void device_sees_what_the_process_maps(Case& t)
{
	for (const Setup& setup : {Setup(), at_el2(), test::register_setup(), with_lpa2()}) {
		Scene scene(t, setup);
		scene.expect(kVa, 0);
		scene.process.map(kVa, kPa, kPage);
		scene.expect(kVa, kPa);
		scene.expect(kVa + kPage, 0);
		EXPECT_EQ(t, scene.board.dma(kSid, kVa).outcome, Outcome::kBypassed);
		scene.device.detach_pasid(kPasid);
		scene.expect(kVa, 0);
		EXPECT_EQ(t, scene.process.attach(scene.device, kOther), 0);
		scene.expect(kVa, kPa, kOther);
	}
}

// At the top of 52-bit addresses, to the top of 52-bit memory.
void lpa2_reaches_all_addresses(Case& t)
{
	constexpr u64 kTop = (u64{1} << 52) - kPage;
	Scene scene(t, with_lpa2());
	EXPECT(t, scene.process.tables().ds);
	scene.process.map(kTop, kTop, kPage);
	scene.expect(kTop, kTop);
	scene.process.unmap(kTop, kPage);
	scene.expect(kTop, 0);
}

// Pages between neighbours that stay.
void expect_run_is_invalidated(Scene& scene, u64 page, u64 count)
{
	const u64 first = 0x1000'0000 + 3 * page, end = first + count * page;
	for (u64 va = first - page; va <= end; va += page) {
		scene.process.map(va, kPa + va, page);
		scene.expect(va, kPa + va);
	}
	scene.process.unmap(first, page, count);
	for (u64 va = first; va < end; va += page)
		scene.expect(va, 0);
	scene.expect(first - page, kPa + first - page);
	scene.expect(end, kPa + end);
	scene.process.unmap(first - page, page);
	scene.process.unmap(end, page);
}

void ranges_are_invalidated(Case& t)
{
	for (u64 page : {u64{0x1000}, u64{0x4000}, u64{0x10000}})
		for (bool ril : {false, true}) {
			Scene scene(t, with_granule(page, ril));
			for (u64 count : {1, 2, 31, 33, 70})
				expect_run_is_invalidated(scene, page, count);
		}
}

// A table of pages makes way for a block: the SMMU must not walk it any more.
void tables_are_invalidated_with_their_range(Case& t)
{
	constexpr u64 kBlock = 2 << 20, kStart = 4 * kBlock, kElsewhere = kPa + 16 * kBlock;
	for (bool ril : {false, true}) {
		Scene scene(t, with_granule(kPage, ril));
		scene.process.map(kStart, kPa, kPage);
		scene.expect(kStart, kPa);
		scene.process.unmap_without_flush(kStart, kBlock);
		smmu_core_flush_range(scene.process.shared, kStart, kBlock);
		scene.process.map(kStart, kElsewhere, kBlock);
		scene.expect(kStart + 5 * kPage, kElsewhere + 5 * kPage);
	}
}

u64 commands_for(Scene& scene, u64 va, u64 bytes)
{
	const u64 before = scene.board.smmu.commands().total();
	smmu_core_flush_range(scene.process.shared, va, bytes);
	return scene.board.smmu.commands().total() - before;
}

// The kernel flushes all of a process by 0 to ~0, and many pages by one range.
void large_ranges_take_one_command(Case& t)
{
	Scene scene(t, with_granule(kPage, false));
	EXPECT_EQ(t, commands_for(scene, kVa, 0), 0);
	EXPECT_EQ(t, commands_for(scene, kVa, 511 * kPage), 511 + 1);
	for (u64 bytes : {512 * kPage, u64{1} << 40, ~u64{0}})
		EXPECT_EQ(t, commands_for(scene, 0, bytes), 1 + 1);
	scene.process.map(kVa, kPa, kPage);
	scene.expect(kVa, kPa);
	scene.process.unmap_without_flush(kVa, kPage);
	EXPECT_EQ(t, commands_for(scene, 0, ~u64{0}), 1 + 1);
	scene.expect(kVa, 0);
}

// ---- hardware updates ----

void writes_of_the_device_are_recorded(Case& t)
{
	Scene scene(t, {}, true);
	scene.process.map(kVa, kPa, kPage);
	bool written = false;
	const auto record = [](void* to, u64, u64) { *static_cast<bool*>(to) = true; };
	Space& memory = scene.process.memory;
	EXPECT_EQ(t, smmu_core_read_dirty(memory.domain, kVa, kPage, true, record, &written), 0);
	scene.expect(kVa, kPa);
	written = false;
	EXPECT_EQ(t, smmu_core_read_dirty(memory.domain, kVa, kPage, true, record, &written), 0);
	EXPECT(t, !written);
	EXPECT(t, scene.write());
	EXPECT_EQ(t, smmu_core_read_dirty(memory.domain, kVa, kPage, true, record, &written), 0);
	EXPECT(t, written);
}

// The kernel takes the first write to a clean page as a fault, where its CPUs don't record it.
void clean_pages_fault_where_the_kernel_records_writes(Case& t)
{
	Scene scene(t, {}, true);
	scene.device.detach_pasid(kPasid);
	scene.process.destroy();
	smmu_process_tables tables = scene.process.tables();
	tables.dirty = false;
	EXPECT_EQ(t, scene.process.create(tables), 0);
	EXPECT_EQ(t, scene.process.attach(scene.device, kPasid), 0);
	scene.process.map(kVa, kPa, kPage);
	bool written = false;
	const auto record = [](void* to, u64, u64) { *static_cast<bool*>(to) = true; };
	EXPECT_EQ(t,
		  smmu_core_read_dirty(scene.process.memory.domain, kVa, kPage, true, record,
				       &written),
		  0);
	EXPECT(t, !scene.write());
	EXPECT_EQ(t, scene.board.reports.last_event.id, static_cast<u8>(Event::F_PERMISSION));
}

// ---- the exit of the process ----

// As many transactions as there are, none has an event.
void exit_in_mid_dma_is_quiet(Case& t)
{
	for (u32 stall_model : {0u, 1u}) {
		Scene scene(t, with_stall_model(stall_model));
		scene.process.map(kVa, kPa, kPage);
		scene.expect(kVa, kPa);
		scene.process.exit();
		const u32 before = scene.board.reports.events;
		for (u32 i = 0; i < 100; i++)
			scene.expect(kVa + i * kPage, 0);
		EXPECT_EQ(t, scene.board.reports.events, before);
		scene.device.detach_pasid(kPasid);
		scene.expect(kVa, 0);
		EXPECT(t, scene.board.reports.events > before);
	}
}

// At every moment that the SMMU could see.
void exit_lets_dma_pass_or_abort(Case& t)
{
	Setup setup = test::register_setup();
	setup.options.deferred = true;
	Board board(t, setup);
	board.step_on_poll = true;
	board.up();
	Process process(board);
	Device device(board, {kSid}, 5);
	EXPECT_EQ(t, process.attach(device, kPasid), 0);
	process.map(kVa, kPa, kPage);
	static bool gone;
	static u32 looks;
	gone = false;
	looks = 0;
	board.boundary_context = &board;
	board.boundary = [](void* context) {
		auto& b = *static_cast<Board*>(context);
		const Dma dma = b.smmu.translate(kSid, kPasid, kVa, {});
		EXPECT(b.t, dma.ok() ? dma.pa == kPa && !gone : true);
		gone = gone || !dma.ok();
		looks++;
	};
	process.exit();
	board.boundary = nullptr;
	EXPECT(t, gone && looks > 4);
	board.drain();
	EXPECT_EQ(t, board.reports.events, 0);
	device.destroy();
}

void others_do_not_notice_the_exit(Case& t)
{
	Scene scene(t);
	Process other(scene.board);
	EXPECT_EQ(t, other.attach(scene.device, kOther), 0);
	scene.process.map(kVa, kPa, kPage);
	other.map(kVa, 2 * kPa, kPage);
	scene.expect(kVa, kPa);
	scene.expect(kVa, 2 * kPa, kOther);
	scene.process.exit();
	scene.expect(kVa, 0);
	scene.expect(kVa, 2 * kPa, kOther);
	scene.device.destroy();
}

// What the kernel does with the PASID afterwards, in any order.
void anything_may_follow_an_exit(Case& t)
{
	for (int what = 0; what < 4; what++) {
		Scene scene(t);
		Space space(scene.board);
		EXPECT(t, space.map(kVa, 2 * kPa, kPage));
		scene.process.map(kVa, kPa, kPage);
		scene.process.exit();
		switch (what) {
		case 0:
			EXPECT_EQ(t, scene.device.attach_pasid(kPasid, space), 0);
			scene.expect(kVa, 2 * kPa);
			break;
		case 1:
			scene.device.detach_pasid(kPasid);
			scene.process.destroy();
			break;
		case 2:
			smmu_core_domain_quieten(scene.process.shared);
			smmu_core_flush_range(scene.process.shared, 0, ~u64{0});
			break;
		default:
			break;
		}
		EXPECT_EQ(t, scene.board.dma(kSid, kVa).outcome, Outcome::kBypassed);
		scene.device.destroy();
	}
}

void exit_after_a_detach_changes_no_cd(Case& t)
{
	Scene scene(t);
	Process other(scene.board);
	other.map(kVa, kPa, kPage);
	EXPECT_EQ(t, other.attach(scene.device, kPasid), 0);
	const u64 before = scene.board.stats().commands;
	scene.process.exit();
	EXPECT_EQ(t, scene.board.stats().commands, before);
	scene.expect(kVa, kPa);
	scene.device.destroy();
}

// The handler has no process any more, and says so.
void faults_that_wait_for_the_process_are_aborted(Case& t)
{
	for (u32 stall_model : {0u, 2u}) {
		Board board(t, with_stall_model(stall_model));
		board.up();
		Process process(board);
		smmu_core_domain_resolve_faults(process.shared, true);
		test::StallingDevice device(board, {kSid}, 5);
		EXPECT_EQ(t, process.attach(device, kPasid), 0);
		smmu_core_master_report_stalls(device.master);
		const Dma waits = board.dma_by(kSid, kPasid, kVa);
		EXPECT_EQ(t, waits.outcome, Outcome::kStalled);
		process.exit();
		test::answer_all(board, SMMU_STALL_ABORT);
		EXPECT_EQ(t, board.smmu.stall(waits.stag), StallState::kAbort);
		const Dma later = board.dma_by(kSid, kPasid, kVa);
		EXPECT_EQ(t, later.outcome == Outcome::kStalled, stall_model == 2);
		test::answer_all(board, SMMU_STALL_ABORT);
		EXPECT_EQ(t, board.smmu.stalled(), 0);
		device.destroy();
	}
}

// ---- ATS ----

void atc_forgets_what_the_process_unmaps(Case& t)
{
	Board board(t);
	board.up();
	Process process(board);
	test::AtsDevice device(board, kSid, 5);
	process.map(kVa, kPa, kPage);
	process.map(kVa + kPage, kPa + kPage, kPage);
	EXPECT_EQ(t, process.attach(device, kPasid), 0);
	EXPECT_EQ(t, process.attach(device, kOther), 0);
	EXPECT_EQ(t, device.grant(), 0);
	for (u32 pasid : {kPasid, kOther})
		EXPECT_EQ(t, device.access_by(pasid, kVa).pa, kPa);
	EXPECT_EQ(t, device.access_by(kPasid, kVa + kPage).pa, kPa + kPage);
	process.unmap(kVa, kPage);
	for (u32 pasid : {kPasid, kOther})
		EXPECT(t, !device.access_by(pasid, kVa).ok());
	EXPECT_EQ(t, device.atc.size(), 1);
	process.exit();
	EXPECT(t, !device.access_by(kPasid, kVa + kPage).ok());
	EXPECT_EQ(t, device.atc.size(), 0);
	device.destroy();
}

// ---- failures ----

void without_memory_nothing_is_left(Case& t)
{
	Scene scene(t);
	scene.process.map(kVa, kPa, kPage);
	scene.device.detach_pasid(kPasid);
	scene.process.destroy();
	u32 failures = 0;
	for (int error = kNoMemory; error; failures++) {
		test_fail_alloc(failures + 1);
		error = scene.process.create();
		if (!error)
			error = scene.process.attach(scene.device, kOther);
		test_fail_alloc(0);
		EXPECT(t, !error || error == kNoMemory);
		scene.expect(kVa, error ? 0 : kPa, kOther);
		if (error)
			scene.process.destroy();
	}
	EXPECT(t, failures > 4);
}

// The ASID is not used again.
void detach_without_answer_leaks_the_asid(Case& t)
{
	Scene scene(t, test::register_setup());
	scene.process.map(kVa, kPa, kPage);
	scene.expect(kVa, kPa);
	test_clock_fake(true);
	scene.board.ns_per_poll = 100'000'000;
	scene.board.smmu.set_deferred(true);
	scene.process.exit();
	scene.device.detach_pasid(kPasid);
	scene.process.destroy();
	scene.board.smmu.set_deferred(false);
	scene.board.ns_per_poll = 0;
	test_clock_fake(false);
	EXPECT_EQ(t, test_log_count("leaking ASID 1: the SMMU did not acknowledge"), 1);
	scene.expect(kVa, 0);
}

// Where hardware records writes, each SMMU must.
void a_second_smmu_must_have_what_the_first_has(Case& t)
{
	Board first(t);
	first.up();
	Board second(t, test::with_idr0({}, 3u << 6, 0));
	second.up();
	Process process(first);
	Device device(second, {kSid}, 5);
	EXPECT_EQ(t, process.attach(device, kPasid), kInvalid);
	device.destroy();
}

}  // namespace

TEST_SUITE(process, TEST_CASE(device_sees_what_the_process_maps),
	   TEST_CASE(lpa2_reaches_all_addresses), TEST_CASE(ranges_are_invalidated),
	   TEST_CASE(tables_are_invalidated_with_their_range),
	   TEST_CASE(large_ranges_take_one_command), TEST_CASE(writes_of_the_device_are_recorded),
	   TEST_CASE(clean_pages_fault_where_the_kernel_records_writes),
	   TEST_CASE(exit_in_mid_dma_is_quiet), TEST_CASE(exit_lets_dma_pass_or_abort),
	   TEST_CASE(others_do_not_notice_the_exit), TEST_CASE(anything_may_follow_an_exit),
	   TEST_CASE(exit_after_a_detach_changes_no_cd),
	   TEST_CASE(faults_that_wait_for_the_process_are_aborted),
	   TEST_CASE(atc_forgets_what_the_process_unmaps),
	   TEST_CASE(without_memory_nothing_is_left),
	   TEST_CASE(detach_without_answer_leaks_the_asid),
	   TEST_CASE(a_second_smmu_must_have_what_the_first_has));
