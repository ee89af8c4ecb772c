// SPDX-License-Identifier: GPL-2.0-only
// Every register at its offset, and every field in its raw bits (IHI 0070, chapter 6).
#include "arm-smmu-v3/regs.hpp"

#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

using namespace smmu3;

template <class R>
void expect_register(test::Case& t, u32 offset, u32 bytes, bool writable)
{
	EXPECT_EQ(t, R::kOffset, offset);
	EXPECT_EQ(t, sizeof(R), bytes);
	EXPECT_EQ(t, R::kWritable, writable);
}

template <class Field>
void expect_field(test::Case& t, u64 mask)
{
	EXPECT_EQ(t, Field::kMask, mask);
}

void registers_lie_where_the_manual_puts_them(test::Case& t)
{
	expect_register<IDR0>(t, 0x00, 4, false);
	expect_register<IDR1>(t, 0x04, 4, false);
	expect_register<IDR2>(t, 0x08, 4, false);
	expect_register<IDR3>(t, 0x0c, 4, false);
	expect_register<IDR4>(t, 0x10, 4, false);
	expect_register<IDR5>(t, 0x14, 4, false);
	expect_register<IDR6>(t, 0x190, 4, false);
	expect_register<IIDR>(t, 0x18, 4, false);
	expect_register<CR0>(t, 0x20, 4, true);
	expect_register<CR0ACK>(t, 0x24, 4, false);
	expect_register<CR1>(t, 0x28, 4, true);
	expect_register<CR2>(t, 0x2c, 4, true);
	expect_register<GBPA>(t, 0x44, 4, true);
	expect_register<IRQ_CTRL>(t, 0x50, 4, true);
	expect_register<IRQ_CTRLACK>(t, 0x54, 4, false);
	expect_register<GERROR>(t, 0x60, 4, false);
	expect_register<GERRORN>(t, 0x64, 4, true);
	expect_register<STRTAB_BASE>(t, 0x80, 8, true);
	expect_register<STRTAB_BASE_CFG>(t, 0x88, 4, true);
}

void queues_and_messages_lie_where_the_manual_puts_them(test::Case& t)
{
	expect_register<GERROR_IRQ_CFG0>(t, 0x68, 8, true);
	expect_register<GERROR_IRQ_CFG1>(t, 0x70, 4, true);
	expect_register<GERROR_IRQ_CFG2>(t, 0x74, 4, true);
	expect_register<CMDQ_BASE>(t, 0x90, 8, true);
	expect_register<CMDQ_PROD>(t, 0x98, 4, true);
	expect_register<CMDQ_CONS>(t, 0x9c, 4, true);
	expect_register<EVENTQ_BASE>(t, 0xa0, 8, true);
	expect_register<EVENTQ_IRQ_CFG0>(t, 0xb0, 8, true);
	expect_register<EVENTQ_IRQ_CFG1>(t, 0xb8, 4, true);
	expect_register<EVENTQ_IRQ_CFG2>(t, 0xbc, 4, true);
	expect_register<PRIQ_BASE>(t, 0xc0, 8, true);
	expect_register<PRIQ_IRQ_CFG0>(t, 0xd0, 8, true);
	expect_register<PRIQ_IRQ_CFG1>(t, 0xd8, 4, true);
	expect_register<PRIQ_IRQ_CFG2>(t, 0xdc, 4, true);
	expect_register<EVENTQ_PROD>(t, 0x100a8, 4, true);
	expect_register<EVENTQ_CONS>(t, 0x100ac, 4, true);
	expect_register<PRIQ_PROD>(t, 0x100c8, 4, true);
	expect_register<PRIQ_CONS>(t, 0x100cc, 4, true);
}

void identification_fields_lie_where_the_manual_draws_them(test::Case& t)
{
	expect_field<IDR0::S2P>(t, 0x1);
	expect_field<IDR0::S1P>(t, 0x2);
	expect_field<IDR0::TTF>(t, 0xc);
	expect_field<IDR0::COHACC>(t, 0x10);
	expect_field<IDR0::Hyp>(t, 0x200);
	expect_field<IDR0::ATS>(t, 0x400);
	expect_field<IDR0::ASID16>(t, 0x1000);
	expect_field<IDR0::MSI>(t, 0x2000);
	expect_field<IDR0::SEV>(t, 0x4000);
	expect_field<IDR0::PRI>(t, 0x10000);
	expect_field<IDR0::VMID16>(t, 0x40000);
	expect_field<IDR0::CD2L>(t, 0x80000);
	expect_field<IDR0::TTENDIAN>(t, 0x600000);
	expect_field<IDR0::STALL_MODEL>(t, 0x3000000);
	expect_field<IDR0::ST_LEVEL>(t, 0x18000000);
	expect_field<IDR1::SIDSIZE>(t, 0x3f);
	expect_field<IDR1::SSIDSIZE>(t, 0x7c0);
	expect_field<IDR1::PRIQS>(t, 0xf800);
	expect_field<IDR1::EVENTQS>(t, 0x1f0000);
	expect_field<IDR1::CMDQS>(t, 0x3e00000);
	expect_field<IDR1::ATTR_TYPES_OVR>(t, 0x8000000);
	expect_field<IDR1::REL>(t, 0x10000000);
	expect_field<IDR1::QUEUES_PRESET>(t, 0x20000000);
	expect_field<IDR1::TABLES_PRESET>(t, 0x40000000);
	expect_field<IDR1::ECMDQ>(t, 0x80000000);
	expect_field<IDR6::CMDQ_CONTROL_PAGE_LOG2NUMQ>(t, 0xf0000);
	expect_field<IDR6::CMDQ_CONTROL_PAGE_LOG2NUMP>(t, 0xf000000);
	expect_field<IDR3::RIL>(t, 0x400);
	expect_field<IDR5::OAS>(t, 0x7);
	expect_field<IDR5::GRAN4K>(t, 0x10);
	expect_field<IDR5::GRAN16K>(t, 0x20);
	expect_field<IDR5::GRAN64K>(t, 0x40);
	expect_field<IDR5::VAX>(t, 0xc00);
	expect_field<IIDR::Implementer>(t, 0xfff);
	expect_field<IIDR::Revision>(t, 0xf000);
	expect_field<IIDR::Variant>(t, 0xf0000);
	expect_field<IIDR::ProductID>(t, 0xfff00000);
}

void control_fields_lie_where_the_manual_draws_them(test::Case& t)
{
	expect_field<CR0::SMMUEN>(t, 0x1);
	expect_field<CR0::PRIQEN>(t, 0x2);
	expect_field<CR0::EVENTQEN>(t, 0x4);
	expect_field<CR0::CMDQEN>(t, 0x8);
	expect_field<CR0::ATSCHK>(t, 0x10);
	expect_field<CR1::QUEUE_IC>(t, 0x3);
	expect_field<CR1::QUEUE_OC>(t, 0xc);
	expect_field<CR1::QUEUE_SH>(t, 0x30);
	expect_field<CR1::TABLE_IC>(t, 0xc0);
	expect_field<CR1::TABLE_OC>(t, 0x300);
	expect_field<CR1::TABLE_SH>(t, 0xc00);
	expect_field<CR2::E2H>(t, 0x1);
	expect_field<CR2::RECINVSID>(t, 0x2);
	expect_field<CR2::PTM>(t, 0x4);
	expect_field<GBPA::ABORT>(t, 0x100000);
	expect_field<GBPA::Update>(t, 0x80000000);
	expect_field<IRQ_CTRL::GERROR_IRQEN>(t, 0x1);
	expect_field<IRQ_CTRL::PRIQ_IRQEN>(t, 0x2);
	expect_field<IRQ_CTRL::EVENTQ_IRQEN>(t, 0x4);
	expect_field<GERROR::CMDQ_ERR>(t, 0x1);
	expect_field<GERROR::EVENTQ_ABT_ERR>(t, 0x4);
	expect_field<GERROR::PRIQ_ABT_ERR>(t, 0x8);
	expect_field<GERROR::MSI_CMDQ_ABT_ERR>(t, 0x10);
	expect_field<GERROR::MSI_EVENTQ_ABT_ERR>(t, 0x20);
	expect_field<GERROR::MSI_PRIQ_ABT_ERR>(t, 0x40);
	expect_field<GERROR::MSI_GERROR_ABT_ERR>(t, 0x80);
	expect_field<GERRORN::SFM_ERR>(t, 0x100);
	EXPECT_EQ(t, GERROR::kAllErrors, 0x3fd);
}

void table_and_queue_fields_lie_where_the_manual_draws_them(test::Case& t)
{
	expect_field<STRTAB_BASE::ADDR>(t, 0x000fffffffffffc0);
	expect_field<STRTAB_BASE::RA>(t, 0x4000000000000000);
	expect_field<STRTAB_BASE_CFG::LOG2SIZE>(t, 0x3f);
	expect_field<STRTAB_BASE_CFG::SPLIT>(t, 0x7c0);
	expect_field<STRTAB_BASE_CFG::FMT>(t, 0x30000);
	expect_field<CMDQ_BASE::LOG2SIZE>(t, 0x1f);
	expect_field<CMDQ_BASE::ADDR>(t, 0x000fffffffffffe0);
	expect_field<EVENTQ_BASE::RWA>(t, 0x4000000000000000);
	expect_field<CMDQ_CONS::RD>(t, 0xfffff);
	expect_field<CMDQ_CONS::ERR>(t, 0x7f000000);
	expect_field<EVENTQ_IRQ_CFG0::ADDR>(t, 0x000ffffffffffffc);
	expect_field<EVENTQ_IRQ_CFG2::MEMATTR>(t, 0xf);
	EXPECT_EQ(t, kQueueOverflow, 0x80000000);
}

// The last access a device saw.
struct Access {
	u32 offset, bytes;
	u64 value;

	static u64 read(void* ctx, u32 offset, u32 bytes)
	{
		*static_cast<Access*>(ctx) = {offset, bytes, 0};
		return 0x1122334455667788;
	}
	static void write(void* ctx, u32 offset, u32 bytes, u64 value)
	{
		*static_cast<Access*>(ctx) = {offset, bytes, value};
	}
};

bool reached(const Access& access, u32 offset, u32 bytes)
{
	return access.offset == offset && access.bytes == bytes;
}

void an_access_is_as_wide_as_its_register_and_in_its_page(test::Case& t)
{
	Access first{}, second{};
	const test_mmio first_ops{&first, Access::read, Access::write};
	const test_mmio second_ops{&second, Access::read, Access::write};
	void* page0 = test_mmio_map(&first_ops, 0x1000);
	void* page1 = test_mmio_map(&second_ops, 0x1000);
	Mmio mmio({page0, page1});

	EXPECT_EQ(t, mmio.read_relaxed<IDR5>().raw(), 0x55667788);
	EXPECT(t, reached(first, 0x14, 4));
	EXPECT_EQ(t, mmio.read<STRTAB_BASE>().raw(), 0x1122334455667788);
	EXPECT(t, reached(first, 0x80, 8));
	mmio.write_relaxed(CMDQ_BASE::from_raw(0xfedcba9876543210));
	EXPECT(t, reached(first, 0x90, 8) && first.value == 0xfedcba9876543210);
	mmio.write_relaxed(EVENTQ_CONS::from_raw(0x80000001));
	EXPECT(t, reached(second, 0xac, 4) && second.value == 0x80000001);
	EXPECT_EQ(t, mmio.read<PRIQ_PROD>().raw(), 0x55667788);
	EXPECT(t, reached(second, 0xc8, 4));
	test_mmio_unmap(page1);
	test_mmio_unmap(page0);
}

}  // namespace

TEST_SUITE(regs, TEST_CASE(registers_lie_where_the_manual_puts_them),
	   TEST_CASE(queues_and_messages_lie_where_the_manual_puts_them),
	   TEST_CASE(identification_fields_lie_where_the_manual_draws_them),
	   TEST_CASE(control_fields_lie_where_the_manual_draws_them),
	   TEST_CASE(table_and_queue_fields_lie_where_the_manual_draws_them),
	   TEST_CASE(an_access_is_as_wide_as_its_register_and_in_its_page));
