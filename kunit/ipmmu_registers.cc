// SPDX-License-Identifier: GPL-2.0-only
// Which registers the core writes, in which order: probe, attach, detach, flush, fault.
#include "kunit/ipmmu_board.hpp"
#include "kunit/testos.h"

namespace {

using namespace test::ipmmu_reg;
using model::IpmmuAccess;
using test::IpmmuBoard;

constexpr u32 kOn = 5, kFlush = 2;  // IMCTR: MMUEN and INTEN; FLUSH
constexpr u32 kVa64 = 1u << 29;
constexpr u32 kUtlbOn = 3;  // IMUCTR: MMUEN and FLUSH
constexpr u32 kStage1Gen3 = 1u << 31 | 2u << 6;
constexpr u32 kStage1Gen2 = 1u << 31 | 3u << 12 | 1u << 10 | 1u << 8 | 1u << 4;
constexpr u32 kStage2 = 1u << 31 | 1u << 30 | 1u << 6 | 24;

// A list of writes, and what is expected of it.
class Expected {
public:
	explicit Expected(IpmmuBoard& board)
		: board_(board)
	{
	}

	Expected& context(u32 unit, u32 n, u32 reg, u32 value)
	{
		return add(board_.context_write(unit, n, reg, value));
	}
	Expected& utlb(u32 unit, u32 n, u32 reg, u32 value)
	{
		return add(board_.utlb_write(unit, n, reg, value));
	}
	Expected& control(u32 unit, u32 reg, u32 value)
	{
		return add(board_.control_write(unit, reg, value));
	}
	Expected& contexts_off(u32 unit)
	{
		for (u32 n = 0; n < board_.units[unit].model.contexts(); n++)
			context(unit, n, IMCTR, 0);
		return *this;
	}
	Expected& utlbs_off(u32 unit, u32 from = 0, u32 to = ~0u)
	{
		for (u32 n = from; n < board_.units[unit].model.utlbs() && n < to; n++)
			utlb(unit, n, IMUCTR, 0);
		return *this;
	}
	// The registers of the table of domain `space`.
	Expected& table(u32 n, u32 space)
	{
		const ipmmu_pgtable& answered = board_.spaces[space].shim.answered;
		const bool stage2 = answered.stage == IPMMU_STAGE_2;
		context(0, n, IMTTLBR0, static_cast<u32>(answered.ttb));
		context(0, n, IMTTUBR0, static_cast<u32>(answered.ttb >> 32));
		context(0, n, IMTTBCR, stage2 ? kStage2 : kStage1Gen3);
		if (!stage2)
			context(0, n, IMMAIR0, answered.mair);
		return context(0, n, IMSTR, 0);
	}
	bool matches() { return board_.wrote(std::span(writes_.data(), count_)); }

private:
	Expected& add(const IpmmuAccess& write)
	{
		writes_[count_++] = write;
		return *this;
	}

	IpmmuBoard& board_;
	std::array<IpmmuAccess, 256> writes_{};
	u32 count_ = 0;
};

void probe_turns_everything_off(test::Case& t)
{
	IpmmuBoard b(t);
	b.place(0, IPMMU_R8A7795, 0);
	b.place(1, IPMMU_R8A7795, 0);
	const u32 secgrp = 1u << 28, s2pte = 1u << 3;
	const u32 root_sctlr = b.units[0].model.imsctlr(), aux = b.units[0].model.imsauxctlr();
	const u32 leaf_sctlr = b.units[1].model.imsctlr();

	ASSERT_EQ(t, b.probe(0), 0);
	EXPECT(t, Expected(b)
			  .contexts_off(0)
			  .control(0, IMSAUXCTLR, aux & ~s2pte)
			  .control(0, IMSCTLR, root_sctlr & ~secgrp)
			  .matches());
	b.clear_trace();
	ASSERT_EQ(t, b.probe(1), 0);
	EXPECT(t, Expected(b)
			  .contexts_off(1)
			  .control(1, IMSCTLR, leaf_sctlr & ~secgrp)
			  .utlbs_off(1)
			  .matches());
}

void gen2_is_root_and_leaf_in_one(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start_gen2());
	EXPECT(t, Expected(b).contexts_off(0).utlbs_off(0).matches());
	EXPECT(t, ipmmu_core_info(b.units[0].core)->has_masters);

	const u32 busctr = b.units[0].model.context(0).imbuscr;
	b.clear_trace();
	ASSERT_EQ(t, b.create_domain(0), 0);
	const ipmmu_pgtable& table = b.spaces[0].shim.answered;
	EXPECT(t, Expected(b)
			  .context(0, 0, IMTTLBR0, static_cast<u32>(table.ttb))
			  .context(0, 0, IMTTUBR0, static_cast<u32>(table.ttb >> 32))
			  .context(0, 0, IMTTBCR, kStage1Gen2)
			  .context(0, 0, IMMAIR0, table.mair)
			  .context(0, 0, IMBUSCR, busctr & ~7u)
			  .context(0, 0, IMSTR, 0)
			  .context(0, 0, IMCTR, kOn | kFlush)
			  .matches());
	b.clear_trace();
	ASSERT_EQ(t, b.add_master(0, 0, 5), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, Expected(b).utlb(0, 5, IMUASID, 0).utlb(0, 5, IMUCTR, kUtlbOn).matches());
}

void attach_writes_table_then_context_then_utlb(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	ASSERT_EQ(t, b.add_master(0, 1, 40), 0);
	b.clear_trace();
	ASSERT_EQ(t, b.create_domain(0), 0);
	EXPECT(t, Expected(b).table(1, 0).context(0, 1, IMCTR, kOn | kFlush).matches());
	b.clear_trace();
	ASSERT_EQ(t, b.attach(0, 0), 0);
	// The leaf first, then the root, whose FLUSH is waited for; the address space before MMUEN.
	EXPECT(t, Expected(b)
			  .context(1, 1, IMCTR, kOn | kFlush)
			  .context(0, 1, IMCTR, kOn | kFlush)
			  .utlb(1, 40, IMUASID, 0)
			  .utlb(1, 40, IMUCTR, 1u << 4 | kUtlbOn)
			  .matches());
}

void stage2_is_written_to_the_root_alone(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1, IPMMU_STAGE_2));
	EXPECT(t, b.units[0].model.imsauxctlr() & 1u << 3);
	ASSERT_EQ(t, b.add_master(0, 1, 2), 0);
	b.clear_trace();
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, Expected(b)
			  .table(1, 0)
			  .context(0, 1, IMCTR, kVa64 | kOn | kFlush)
			  .context(1, 1, IMCTR, kOn | kFlush)
			  .context(0, 1, IMCTR, kVa64 | kOn | kFlush)
			  .utlb(1, 2, IMUASID, 0)
			  .utlb(1, 2, IMUCTR, 1u << 4 | kUtlbOn)
			  .matches());
}

void detach_undoes_it_backwards(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_RCAR_GEN4, 1));
	ASSERT_EQ(t, b.add_master(0, 1, 63), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	b.clear_trace();
	ASSERT_EQ(t, b.attach_identity(0), 0);
	EXPECT(t, Expected(b).utlb(1, 63, IMUCTR, 0).context(1, 1, IMCTR, kFlush).matches());
	b.clear_trace();
	b.destroy_domain(0);
	EXPECT(t, Expected(b).context(0, 1, IMCTR, kFlush).matches());
}

void flush_tells_every_leaf_that_uses_the_context(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A77965, 3));
	ASSERT_EQ(t, b.create_domain(0), 0);
	for (u32 leaf : {1, 3}) {
		ASSERT_EQ(t, b.add_master(leaf, leaf, 0), 0);
		ASSERT_EQ(t, b.attach(leaf, 0), 0);
	}
	b.clear_trace();
	ipmmu_core_flush(b.spaces[0].domain);
	EXPECT(t, Expected(b)
			  .context(1, 1, IMCTR, kOn | kFlush)
			  .context(3, 1, IMCTR, kOn | kFlush)
			  .context(0, 1, IMCTR, kOn | kFlush)
			  .matches());
}

void flush_is_waited_for(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1));
	ASSERT_EQ(t, b.add_master(0, 1, 0), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	ASSERT(t, b.map(0, 0x1000, 0x40000000));
	EXPECT(t, b.reads(1, 0, 0x1000, 0x40000000));

	b.units[0].model.slow_flush(20);
	b.unmap(0, 0x1000);
	EXPECT(t, b.faults(1, 0, 0x1000));
	EXPECT_EQ(t, b.reports.stuck, 0);
}

void a_fault_is_read_before_it_is_cleared(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_R8A7795, 1, IPMMU_STAGE_2));
	ASSERT_EQ(t, b.add_master(0, 1, 7), 0);
	ASSERT_EQ(t, b.create_domain(0), 0);
	ASSERT_EQ(t, b.attach(0, 0), 0);
	EXPECT(t, b.faults(1, 7, 0xab'1234'5678));
	b.clear_trace();
	EXPECT(t, ipmmu_core_handle_faults(b.units[0].core));
	EXPECT(t, Expected(b).context(0, 1, IMSTR, 0).matches());
	EXPECT_EQ(t, b.reports.faults, 1);
	EXPECT_EQ(t, b.reports.last_fault.iova, 0xab'1234'5678);
	EXPECT(t, b.reports.last_fault.translation && !b.reports.last_fault.permission);
	EXPECT_EQ(t, b.reports.last_fault.context, 1);
	EXPECT(t, b.reports.last_client == b.master_device(0));
	EXPECT(t, b.reports.last_shim == &b.spaces[0].shim);
	EXPECT(t, !ipmmu_core_handle_faults(b.units[0].core));
}

void the_second_eight_contexts_are_elsewhere(test::Case& t)
{
	IpmmuBoard b(t);
	ASSERT(t, b.start(IPMMU_RCAR_GEN4, 1));
	for (u32 n = 0; n < 15; n++) {
		ASSERT_EQ(t, b.create_domain(n), 0);
		ASSERT_EQ(t, b.add_master(n, 1, n + 20), 0);
		ASSERT_EQ(t, b.attach(n, n), 0);
		ASSERT(t, b.map(n, 0x5000, 0x80000000 + n * 0x1000));
	}
	EXPECT_EQ(t, b.units[0].model.context_offset(15), 0x1f9c0);
	for (u32 n = 0; n < 15; n++)
		EXPECT(t, b.reads(1, n + 20, 0x5000, 0x80000000 + n * 0x1000));
}

}  // namespace

TEST_SUITE(ipmmu_registers, TEST_CASE(probe_turns_everything_off),
	   TEST_CASE(gen2_is_root_and_leaf_in_one),
	   TEST_CASE(attach_writes_table_then_context_then_utlb),
	   TEST_CASE(stage2_is_written_to_the_root_alone), TEST_CASE(detach_undoes_it_backwards),
	   TEST_CASE(flush_tells_every_leaf_that_uses_the_context), TEST_CASE(flush_is_waited_for),
	   TEST_CASE(a_fault_is_read_before_it_is_cleared),
	   TEST_CASE(the_second_eight_contexts_are_elsewhere));
