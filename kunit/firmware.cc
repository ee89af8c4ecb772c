// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/firmware.hpp"

#include "kunit/testos.h"

namespace test {

using namespace model;

Firmware::Firmware(Board& board)
	: board_(board)
{
	os_dma_alloc(test_device(), 4096, &strtab_);
	os_dma_alloc(test_device(), 4096, &queue_);
	os_dma_alloc(test_device(), 4096, &cd_);
	smmu_pgtable pgtable{};
	pgtable.stage = SMMU_STAGE_1;
	pgtable.ias = pgtable.oas = 48;
	pgtable.pgsize_bitmap = 0x1000;
	pgtable.coherent_walk = true;
	table_.create(test_device(), pgtable);
	for (u64 offset = 0; offset < 0x10000; offset += 0x1000)
		table_.map(kIova + offset, kPa + offset, 0x1000);

	auto* cd = static_cast<u64*>(cd_.cpu);
	// T0SZ 16, EPD1, V, IPS 48 bits, AA64, R, A, ASID 1
	cd[0] = 16 | 1u << 30 | 1u << 31 | u64{5} << 32 | u64{1} << 41 | u64{1} << 45 |
		u64{1} << 46 | u64{1} << 48;
	cd[1] = pgtable.ttb;
	static_cast<u64*>(strtab_.cpu)[8 * kSid] = 1 | 5u << 1 | cd_.bus;

	Smmuv3& smmu = board.smmu;
	smmu.write32(reg::CR1, 0xd75);
	smmu.write32(reg::CR2, 2);
	smmu.write64(reg::STRTAB_BASE, strtab_.bus);
	smmu.write32(reg::STRTAB_BASE_CFG, 6);
	smmu.write64(reg::CMDQ_BASE, queue_.bus | 4);
	smmu.write32(reg::CMDQ_PROD, 0);
	smmu.write32(reg::CMDQ_CONS, 0);
	smmu.write32(reg::CR0, cr0::CMDQEN);
	put(0x04, 31);
	put(0x30, 0);
	put(0x46, 0);
	smmu.write32(reg::CR0, cr0::CMDQEN | cr0::SMMUEN);
	EXPECT_EQ(board.t, board.dma(kSid, kIova).pa, kPa);
}

Firmware::~Firmware()
{
	table_.destroy();
	os_dma_free(test_device(), &cd_);
	os_dma_free(test_device(), &queue_);
	os_dma_free(test_device(), &strtab_);
}

void Firmware::put(u64 word0, u64 word1)
{
	auto* slot = static_cast<u64*>(queue_.cpu) + 2 * prod_++;
	slot[0] = word0;
	slot[1] = word1;
	board_.smmu.write32(reg::CMDQ_PROD, prod_);
}

}  // namespace test
