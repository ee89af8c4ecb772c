// SPDX-License-Identifier: GPL-2.0-only
// Who is attached to what: domains, identity, blocking, micro-TLBs shared by devices, and what is refused.
#include "kunit/ipmmu/fixture/board.hpp"
#include "kunit/base/testos.h"

namespace {

using test::IpmmuBoard;

constexpr int kIo = -5, kNoMemory = -12, kBusy = -16, kNoDevice = -19, kInvalid = -22,
	      kNoSpace = -28, kTimedOut = -110;
constexpr u64 kIova = 0x10000, kPa = 0x48000000;

bool is_bypassed(IpmmuBoard& b, u32 unit, u32 utlb)
{
	const auto dma = b.read(unit, utlb, kIova);
	return dma.what == model::IpmmuDma::kBypassed && dma.pa == kIova;
}

// A root, a leaf, domain 0 with a page, and a device on micro-TLB 3 of the leaf attached to it.
bool start_attached(IpmmuBoard& b, u32 soc = IPMMU_R8A7795, u32 stage = IPMMU_STAGE_1)
{
	return b.start(soc, 1, stage) && EXPECT_EQ(b.t, b.create_domain(0), 0) &&
	       EXPECT_EQ(b.t, b.add_master(0, 1, 3), 0) && EXPECT_EQ(b.t, b.attach(0, 0), 0) &&
	       EXPECT(b.t, b.map(0, kIova, kPa));
}

void translates_stage1(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT(t, b.map(0, 0xfffff000, kPa + 0x1000, false));
	EXPECT(t, b.reads(1, 3, kIova + 0x123, kPa + 0x123));
	EXPECT(t, b.write(1, 3, kIova).ok());
	EXPECT(t, b.reads(1, 3, 0xfffff000, kPa + 0x1000));
	EXPECT(t, !b.write(1, 3, 0xfffff000).ok());
	EXPECT(t, b.faults(1, 3, 0x1'0001'0000));
}

void translates_stage2_with_40_bits(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b, IPMMU_R8A77965, IPMMU_STAGE_2));
	EXPECT_EQ(t, ipmmu_core_info(b.units[0].core)->ias, 40);
	ASSERT(t, b.map(0, 0xff'ffff'f000, 0x7'0000'0000));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	EXPECT(t, b.reads(1, 3, 0xff'ffff'ffff, 0x7'0000'0fff));
	EXPECT(t, b.faults(1, 3, 0x80'0000'0000));
	EXPECT(t, b.faults(1, 3, 0x100'0001'0000));
}

void unmapped_is_forgotten(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	// Without a flush the old translation stays in force: the model is worth asking.
	ASSERT(t, b.spaces[0].shim.table.unmap(kIova, 4096));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	ipmmu_core_flush(b.spaces[0].domain);
	EXPECT(t, b.faults(1, 3, kIova));
}

void leaves_share_a_context(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7796, 2));
	ASSERT_EQ(t, b.create_domain(0, 1), 0);
	for (u32 leaf : {1, 2}) {
		ASSERT_EQ(t, b.add_master(leaf, leaf, 9), 0);
		ASSERT_EQ(t, b.attach(leaf, 0), 0);
	}
	ASSERT(t, b.map(0, kIova, kPa));
	EXPECT(t, b.reads(1, 9, kIova, kPa) && b.reads(2, 9, kIova, kPa));
	b.unmap(0, kIova);
	EXPECT(t, b.faults(1, 9, kIova) && b.faults(2, 9, kIova));
	EXPECT_EQ(t, b.attach_identity(1), 0);
	EXPECT(t, is_bypassed(b, 1, 9));
	EXPECT(t, b.faults(2, 9, kIova));
}

// In the words of the kernel's own driver.
void an_attached_device_names_its_context(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	for (u32 n = 0; n < 3; n++)
		ASSERT_EQ(t, b.add_master(n, 1, n), 0);
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	for (u32 n = 0; n < 3; n++)
		ASSERT_EQ(t, b.attach(n, n / 2), 0);
	EXPECT_EQ(t, test_log_count("Using IPMMU context 1"), 1);
	EXPECT_EQ(t, test_log_count("Reusing IPMMU context 1"), 1);
	EXPECT_EQ(t, test_log_count("Using IPMMU context 2"), 1);
}

void a_shared_utlb_stays_on_until_its_last_device_goes(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT_EQ(t, b.add_master(1, 1, 3), 0);
	EXPECT(t, ipmmu_core_master_sharer(b.masters[1]) == b.master_device(0));
	// Another group, the same domain: nobody loses anything.
	ASSERT_EQ(t, b.attach(1, 0), 0);
	EXPECT_EQ(t, b.attach_identity(0), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	b.remove_master(0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	b.remove_master(1);
	EXPECT(t, is_bypassed(b, 1, 3));
}

void devices_on_other_utlbs_share_nothing(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT_EQ(t, b.add_master(1, 1, std::array<u32, 2>{2, 4}), 0);
	EXPECT(t, !ipmmu_core_master_sharer(b.masters[0]));
	EXPECT(t, !ipmmu_core_master_sharer(b.masters[1]));
	ASSERT_EQ(t, b.add_master(2, 1, std::array<u32, 2>{5, 4}), 0);
	EXPECT(t, ipmmu_core_master_sharer(b.masters[2]) == b.master_device(1));
	EXPECT(t, !ipmmu_core_master_sharer(b.masters[0]));
}

void a_utlb_of_another_group_is_refused(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	const std::array<u32, 2> utlbs{8, 3};
	ASSERT_EQ(t, b.add_master(1, 1, utlbs), 0);
	ASSERT_EQ(t, b.create_domain(1), 0);
	EXPECT_EQ(t, b.attach(1, 1), kBusy);
	EXPECT_EQ(t, b.attach_blocked(1), kBusy);
	EXPECT_EQ(t, test_log_count("another group uses the same micro-TLB"), 2);
	// Nothing has changed, not even for the micro-TLB that was free.
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	EXPECT(t, is_bypassed(b, 1, 8));
	EXPECT_EQ(t, b.attach_identity(0), 0);
	EXPECT_EQ(t, b.attach(1, 1), 0);
}

void a_group_moves_together(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	const char group = 0;
	for (u32 n = 0; n < 2; n++) {
		ASSERT_EQ(t, b.create_domain(n), 0);
		ASSERT(t, b.map(n, kIova, kPa + n * 0x1000));
		ASSERT_EQ(t, b.add_master(n, 1, 3), 0);
	}
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.attach(n, 0, &group), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	// The first that moves takes the micro-TLB along, the second finds it there.
	ASSERT_EQ(t, b.attach(0, 1, &group), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000));
	ASSERT_EQ(t, b.attach(1, 1, &group), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000));
	// The last that wants no translation turns it off.
	ASSERT_EQ(t, b.attach_identity(0, &group), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa + 0x1000));
	ASSERT_EQ(t, b.attach_identity(1, &group), 0);
	EXPECT(t, is_bypassed(b, 1, 3));
}

void blocked_devices_reach_nothing(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	ASSERT_EQ(t, b.attach_blocked(0), 0);
	EXPECT(t, b.faults(1, 3, kIova));
	EXPECT(t, b.faults(1, 3, 0));
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	EXPECT(t, !b.reports.last_shim && b.reports.last_client == b.master_device(0));
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	// The context of blocked devices is free again.
	for (u32 n = 1; n < 6; n++)
		EXPECT_EQ(t, b.create_domain(n), 0);
}

void stage2_blocks_too(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b, IPMMU_RCAR_GEN4, IPMMU_STAGE_2));
	ASSERT_EQ(t, b.attach_blocked(0), 0);
	EXPECT(t, b.faults(1, 3, kIova));
	EXPECT(t, b.faults(1, 3, 0x80'0000'0000));
}

void the_fault_of_a_shared_context_has_no_client(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT_EQ(t, b.add_master(1, 1, 4), 0);
	ASSERT_EQ(t, b.attach(1, 0), 0);
	EXPECT(t, b.faults(1, 4, 0x9000));
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	EXPECT(t, !b.reports.last_client);
	EXPECT_EQ(t, b.reports.last_fault.masters, 2);
}

void a_fault_handler_may_unmap(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	b.reports.on_fault = [](void* ctx) { static_cast<IpmmuBoard*>(ctx)->unmap(0, kIova); };
	b.reports.ctx = &b;
	EXPECT(t, b.reads(1, 3, kIova, kPa));
	EXPECT(t, b.faults(1, 3, 0x9000));
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	EXPECT(t, b.faults(1, 3, kIova));
}

void every_kind_of_fault_is_decoded(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	b.units[0].model.inject_fault(1, 0x10, 0x1000);
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core) && b.reports.last_fault.multiple_hits);
	b.units[0].model.inject_fault(1, 0x04, 0x1000);
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core) && b.reports.last_fault.walk_abort);
	b.units[0].model.inject_fault(1, 0x02, 0x1000);
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core) && b.reports.last_fault.permission);
	b.units[0].model.inject_fault(1, 0x08, 0x1000);
	EXPECT(t, !ipmmu_core_handle_faults(b.units[0].core));
	EXPECT_EQ(t, b.reports.faults, 3);
}

// ---- bad input ----

void a_utlb_that_does_not_exist_is_refused(test::Case& t)
{
	constexpr struct {
		u32 soc, utlbs;
	} kSocs[] = {{IPMMU_VMSA, 32}, {IPMMU_R8A774E1, 48}, {IPMMU_R8A779A0, 64}};
	for (const auto& soc : kSocs) {
		IpmmuBoard b(t);
		ASSERT(t, b.start(soc.soc, soc.soc == IPMMU_VMSA ? 0 : 1));
		const u32 unit = b.placed - 1;
		EXPECT_EQ(t, b.add_master(0, unit, soc.utlbs), kInvalid);
		EXPECT_EQ(t, b.add_master(0, unit, 0xffffffff), kInvalid);
		EXPECT_EQ(t, test_log_count("is out of range"), 2);
		EXPECT_EQ(t, b.add_master(0, unit, soc.utlbs - 1), 0);
		test_log_clear();
	}
}

// Blocking does not fail, however many domains there are: one context is for it.
void too_many_contexts_are_refused(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	for (u32 n = 1; n < 6; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	for (bool blocked : {false, true}) {
		EXPECT_EQ(t, b.create_domain(7), kNoSpace);
		EXPECT(t, blocked ? b.faults(1, 3, kIova) : b.reads(1, 3, kIova, kPa));
		EXPECT_EQ(t, b.attach_blocked(0), 0);
	}
	EXPECT_EQ(t, test_log_count("every context of the IPMMU is in use"), 2);
	b.destroy_domain(4);
	EXPECT_EQ(t, b.create_domain(7), 0);
}

// With one context a device is blocked or translated; what VFIO asks for, both at a time, can't be had.
void a_gen2_blocks_or_translates(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	for (u32 n = 0; n < 2; n++)
		ASSERT_EQ(t, b.add_master(n, 0, n), 0);
	ASSERT_EQ(t, b.attach_blocked(0), 0);
	EXPECT_EQ(t, b.create_domain(0), kNoSpace);
	EXPECT(t, b.faults(0, 0, kIova));
	ASSERT_EQ(t, b.attach_identity(0), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	EXPECT_EQ(t, b.attach_blocked(1), kNoSpace);
	EXPECT_EQ(t, b.attach(1, 0), 0);
}

// The context of a Gen2 stays on after the last device has left it: it is the root's own.
void a_gen2_translates_again_after_its_last_detach(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	ASSERT_EQ(t, b.add_master(0, 0, 3), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT(t, b.map(0, kIova, kPa));
	for (u32 round = 0; round < 2; round++) {
		ASSERT_EQ(t, b.attach(0, 0), 0);
		EXPECT(t, b.reads(0, 3, kIova, kPa));
		ASSERT_EQ(t, b.attach_identity(0), 0);
		EXPECT(t, is_bypassed(b, 0, 3));
	}
}

void an_unknown_soc_is_refused(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_NR_SOCS, 0);
	EXPECT_EQ(t, b.probe(0), kNoDevice);
	EXPECT_EQ(t, test_log_count("unknown SoC"), 1);
	EXPECT_EQ(t, b.trace.writes, 0);
}

void too_few_registers_are_refused(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_RCAR_GEN4, 0);
	ipmmu_platform platform{};
	platform.base = b.units[0].base;
	platform.size = 0x1000;
	platform.soc = IPMMU_RCAR_GEN4;
	EXPECT_EQ(t, ipmmu_core_create(test_device(), &platform, &b.units[0].core), kInvalid);
	EXPECT_EQ(t, test_log_count("too small"), 1);
}

// To the last byte of the last register in each generation.
void every_register_must_be_there(test::Case& t)
{
	constexpr struct {
		u32 soc, bytes;
	} kSpans[] = {{IPMMU_VMSA, 0xd00}, {IPMMU_R8A7795, 0x700}, {IPMMU_RCAR_GEN4, 0x1f9f8}};
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	for (const auto& span : kSpans) {
		ipmmu_platform platform{};
		platform.base = b.units[0].base;
		platform.soc = span.soc;
		platform.size = span.bytes - 1;
		ipmmu_core* core = nullptr;
		EXPECT_EQ(t, ipmmu_core_create(test_device(), &platform, &core), kInvalid);
		platform.size = span.bytes;
		ASSERT_EQ(t, ipmmu_core_create(test_device(), &platform, &core), 0);
		ipmmu_core_destroy(core);
	}
}

// Each SoC, with a Product Register that allows stage 2 wherever one can.
void stage2_is_for_five_socs(test::Case& t)
{
	constexpr u32 kCut3 = 0x5a20;  // S4 among the Gen4
	constexpr u32 kStage2 = 1u << IPMMU_R8A7795 | 1u << IPMMU_R8A7796 | 1u << IPMMU_R8A77961 |
				1u << IPMMU_R8A77965 | 1u << IPMMU_RCAR_GEN4;
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	for (u32 soc = 0; soc < IPMMU_NR_SOCS; soc++) {
		ipmmu_platform platform{};
		platform.base = b.units[0].base;
		platform.size = IpmmuBoard::kBytes;
		platform.soc = soc;
		platform.stage = IPMMU_STAGE_2;
		platform.has_prr = true;
		platform.prr = kCut3;
		ipmmu_core* core = nullptr;
		ASSERT_EQ(t, ipmmu_core_create(test_device(), &platform, &core), 0);
		EXPECT_EQ(t, ipmmu_core_info(core)->stage,
			  kStage2 >> soc & 1 ? IPMMU_STAGE_2 : IPMMU_STAGE_1);
		ipmmu_core_destroy(core);
	}
}

void stage2_is_not_used_where_it_does_not_work(test::Case& t)
{
	constexpr struct {
		u32 soc, prr;
		bool has_prr;
		u32 stage;
	} kCuts[] = {
		{IPMMU_R8A7795, 0x4f20, true, IPMMU_STAGE_2},
		{IPMMU_R8A7795, 0x4f11, true, IPMMU_STAGE_1},
		{IPMMU_R8A7796, 0x5210, true, IPMMU_STAGE_1},
		{IPMMU_R8A77961, 0x5220, true, IPMMU_STAGE_2},
		{IPMMU_R8A77965, 0, false, IPMMU_STAGE_2},
		{IPMMU_R8A7795, 0, false, IPMMU_STAGE_1},
		{IPMMU_RCAR_GEN4, 0x5c10, true, IPMMU_STAGE_2},
		{IPMMU_RCAR_GEN4, 0x5900, true, IPMMU_STAGE_1},
		{IPMMU_R8A77990, 0x5720, true, IPMMU_STAGE_1},
	};
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	for (const auto& cut : kCuts) {
		ipmmu_platform platform{};
		platform.base = b.units[0].base;
		platform.size = IpmmuBoard::kBytes;
		platform.soc = cut.soc;
		platform.stage = IPMMU_STAGE_2;
		platform.has_prr = cut.has_prr;
		platform.prr = cut.prr;
		ipmmu_core* core = nullptr;
		ASSERT_EQ(t, ipmmu_core_create(test_device(), &platform, &core), 0);
		EXPECT_EQ(t, ipmmu_core_info(core)->stage, cut.stage);
		ipmmu_core_destroy(core);
	}
	EXPECT_EQ(t, test_log_count("stage 2 requested"), 5);
}

void a_leaf_needs_a_root_with_power(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	b.place(1, IPMMU_R8A7795, 0);
	ASSERT_EQ(t, b.probe(0), 0);
	ASSERT_EQ(t, b.suspend(0), 0);
	EXPECT_EQ(t, b.probe(1), kBusy);
	ASSERT_EQ(t, b.resume(0), 0);
	EXPECT_EQ(t, b.probe(1), 0);
	// A leaf is no root, and Gen2 has neither.
	b.place(2, IPMMU_R8A7795, 1);
	EXPECT_EQ(t, b.probe(2), kInvalid);
	b.place(3, IPMMU_VMSA, 0);
	EXPECT_EQ(t, b.probe(3), kInvalid);
}

void a_domain_of_another_root_is_refused(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_VMSA, 0);
	b.place(1, IPMMU_VMSA, 1);
	ASSERT_EQ(t, b.probe(0), 0);
	ASSERT_EQ(t, b.probe(1), 0);
	ASSERT_EQ(t, b.create_domain(0, 0), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 1), 0);
	EXPECT_EQ(t, b.attach(0, 0), kInvalid);
	EXPECT(t, is_bypassed(b, 1, 1));
}

void a_flush_that_never_ends_is_told(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT_EQ(t, b.add_master(1, 1, 4), 0);
	b.units[0].model.hold_flush(true);
	ipmmu_core_flush(b.spaces[0].domain);
	EXPECT_EQ(t, b.reports.stuck, 1);
	ASSERT_EQ(t, b.create_domain(1), 0);
	EXPECT_EQ(t, b.attach(1, 1), kTimedOut);
	EXPECT_EQ(t, b.attach_blocked(1), kTimedOut);
	EXPECT(t, is_bypassed(b, 1, 4));
	b.units[0].model.hold_flush(false);
	EXPECT_EQ(t, b.attach(1, 1), 0);
	EXPECT(t, b.faults(1, 4, kIova));
	EXPECT(t, b.reads(1, 3, kIova, kPa));
}

void a_context_that_is_given_back_is_told_when_its_flush_does_not_end(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	for (bool stuck : {false, true}) {
		ASSERT_EQ(t, b.create_domain(0), 0);
		b.units[0].model.hold_flush(stuck);
		b.destroy_domain(0);
		b.units[0].model.hold_flush(false);
		EXPECT_EQ(t, b.reports.stuck, stuck);
	}
}

// Linux warns when a first attach fails.
void a_root_that_does_not_flush_has_no_domains(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.create_domain(0), kTimedOut);
	b.units[0].model.hold_flush(false);
	for (u32 n = 0; n < 6; n++)
		EXPECT_EQ(t, b.create_domain(n), 0);
}

void a_domain_outlives_its_root(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	b.remove_master(0);
	b.unbind(1);
	b.unbind(0);
	b.clear_trace();
	ipmmu_core_flush(b.spaces[0].domain);
	b.destroy_domain(0);
	EXPECT_EQ(t, b.trace.writes, 0);
}

void units_may_be_bound_again(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	b.remove_master(0);
	b.unbind(1);
	ASSERT_EQ(t, b.probe(1), 0);
	ASSERT_EQ(t, b.add_master(0, 1, 3), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, b.reads(1, 3, kIova, kPa));
}

// ---- memory ----

// Every step that allocates, once for each allocation that fails.
int everything(IpmmuBoard& b)
{
	b.place(0, IPMMU_R8A7795, 0);
	b.place(1, IPMMU_R8A7795, 0);
	for (u32 n = 0; n < 2; n++)
		if (const int ret = b.probe(n))
			return ret;
	if (const int ret = b.create_domain(0))
		return ret;
	if (const int ret = b.add_master(0, 1, 3))
		return ret;
	return b.attach(0, 0);
}

void every_allocation_may_fail(test::Case& t)
{
	u32 nth = 1;
	for (;; nth++) {
		IpmmuBoard b(t);
		test_fail_alloc(nth);
		const int ret = everything(b);
		if (!test_alloc_failed()) {
			EXPECT_EQ(t, ret, 0);
			break;
		}
		EXPECT_EQ(t, ret, kNoMemory);
	}
	test_fail_alloc(0);
	EXPECT(t, nth > 8);
}

void a_domain_without_memory_says_nothing(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	test_fail_alloc(1);
	EXPECT_EQ(t, b.create_domain(0), kNoMemory);
	EXPECT_EQ(t, test_log_count("failed to allocate a domain"), 0);
	for (u32 n = 0; n < 6; n++)
		ASSERT_EQ(t, b.create_domain(n), 0);
	EXPECT_EQ(t, b.create_domain(7), kNoSpace);
	EXPECT_EQ(t, test_log_count("failed to allocate a domain"), 1);
}

void a_failed_root_stays_failed(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, start_attached(b));
	ASSERT(t, b.suspend_all());
	b.units[0].model.hold_flush(true);
	EXPECT_EQ(t, b.resume(0), 0);
	EXPECT_EQ(t, b.resume(1), kTimedOut);
	b.units[0].model.hold_flush(false);
	EXPECT_EQ(t, b.create_domain(1), kIo);
	EXPECT_EQ(t, b.attach(0, 0), kIo);
}

}  // namespace

TEST_SUITE(ipmmu_domains, TEST_CASE(translates_stage1), TEST_CASE(translates_stage2_with_40_bits),
	   TEST_CASE(unmapped_is_forgotten), TEST_CASE(leaves_share_a_context),
	   TEST_CASE(an_attached_device_names_its_context),
	   TEST_CASE(a_shared_utlb_stays_on_until_its_last_device_goes),
	   TEST_CASE(devices_on_other_utlbs_share_nothing),
	   TEST_CASE(a_utlb_of_another_group_is_refused), TEST_CASE(a_group_moves_together),
	   TEST_CASE(blocked_devices_reach_nothing), TEST_CASE(stage2_blocks_too),
	   TEST_CASE(the_fault_of_a_shared_context_has_no_client),
	   TEST_CASE(a_fault_handler_may_unmap), TEST_CASE(every_kind_of_fault_is_decoded),
	   TEST_CASE(a_utlb_that_does_not_exist_is_refused),
	   TEST_CASE(too_many_contexts_are_refused), TEST_CASE(a_gen2_blocks_or_translates),
	   TEST_CASE(a_gen2_translates_again_after_its_last_detach),
	   TEST_CASE(an_unknown_soc_is_refused), TEST_CASE(too_few_registers_are_refused),
	   TEST_CASE(every_register_must_be_there), TEST_CASE(stage2_is_for_five_socs),
	   TEST_CASE(stage2_is_not_used_where_it_does_not_work),
	   TEST_CASE(a_leaf_needs_a_root_with_power),
	   TEST_CASE(a_domain_of_another_root_is_refused),
	   TEST_CASE(a_root_that_does_not_flush_has_no_domains),
	   TEST_CASE(a_flush_that_never_ends_is_told),
	   TEST_CASE(a_context_that_is_given_back_is_told_when_its_flush_does_not_end),
	   TEST_CASE(a_domain_outlives_its_root), TEST_CASE(units_may_be_bound_again),
	   TEST_CASE(every_allocation_may_fail), TEST_CASE(a_domain_without_memory_says_nothing),
	   TEST_CASE(a_failed_root_stays_failed));
