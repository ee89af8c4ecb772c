// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/lpae.hpp"

#include <bit>

#include "kunit/testos.h"

namespace test {
namespace {

constexpr int kNoMemory = -12;

// Descriptor bits, DDI 0487 D8.3.
constexpr u64 kValid = 1, kTable = 3, kBlock = 1, kPage = 3;
constexpr u64 kAf = 1ull << 10, kInnerShareable = 3ull << 8;
constexpr u64 kNotGlobal = 1ull << 11, kUnprivileged = 1ull << 6, kReadOnly = 1ull << 7;
constexpr u64 kAttrWriteBack = 1ull << 2;  // index into kMair
constexpr u64 kStage2Read = 1ull << 6, kStage2Write = 1ull << 7, kStage2WriteBack = 0xfull << 2;

// Attributes 0: non-cacheable, 1: write-back, 2: device.
constexpr u64 kMair = 0x04ff44;

constexpr u8 kWriteBack = 1, kNonCacheable = 0, kShareInner = 3, kShareOuter = 2;

u8 size_code(u32 bits)
{
	constexpr u8 kBits[] = {32, 36, 40, 42, 44, 48, 52};
	u8 code = 0;
	while (code < 6 && kBits[code] < bits)
		code++;
	return code;
}

// TCR_ELx.TG0 and VTCR_EL2.TG0.
u8 granule_code(unsigned shift)
{
	return shift == 12 ? 0 : shift == 14 ? 2 : 1;
}

unsigned levels_for(unsigned bits, unsigned granule)
{
	return (bits - granule + granule - 4) / (granule - 3);
}

}  // namespace

int Lpae::create(device* dev, smmu_pgtable& pgtable)
{
	dev_ = dev;
	stage2_ = pgtable.stage == SMMU_STAGE_2;
	granule_ = static_cast<unsigned>(std::countr_zero(pgtable.pgsize_bitmap));
	if (granule_ != 16) {
		pgtable.ias = pgtable.ias < 48 ? pgtable.ias : 48;
		pgtable.oas = pgtable.oas < 48 ? pgtable.oas : 48;
	}
	ias_ = pgtable.ias;
	start_ = 4 - levels_for(ias_, granule_);
	unsigned top_bits = ias_ - shift_of(start_);
	// Up to 16 tables side by side spare stage 2 a level (D8.2.3).
	if (stage2_ && top_bits <= 4 && start_ < 3) {
		start_++;
		top_bits = ias_ - shift_of(start_);
	}
	if (!allocate(size_t{8} << top_bits))
		return kNoMemory;

	pgtable.ttb = tables_[0].bus;
	pgtable.mair = stage2_ ? 0 : kMair;
	pgtable.tsz = static_cast<u8>(64 - ias_);
	pgtable.tg = granule_code(granule_);
	pgtable.sh = pgtable.coherent_walk ? kShareInner : kShareOuter;
	pgtable.orgn = pgtable.irgn = pgtable.coherent_walk ? kWriteBack : kNonCacheable;
	pgtable.ips = size_code(pgtable.oas);
	// VTCR_EL2.SL0 counts down from the start level, for 4 KiB from 2, else from 3.
	pgtable.sl = stage2_ ? static_cast<u8>((granule_ == 12 ? 2 : 3) - start_) : 0;
	return 0;
}

void Lpae::destroy()
{
	while (used_)
		os_dma_free(dev_, &tables_[--used_]);
}

bool Lpae::allocate(size_t size)
{
	return used_ < kMaxTables && os_dma_alloc(dev_, size, &tables_[used_]) == 0 && ++used_;
}

u64 Lpae::encode(u64 pa) const
{
	// With 64 KiB pages, address bits 51:48 stand in bits 15:12.
	return granule_ == 16 ? (pa & 0x0000'ffff'ffff'0000) | (pa >> 48 << 12) : pa;
}

u64 Lpae::decode(u64 descriptor) const
{
	const u64 low = descriptor & (0x0000'ffff'ffff'ffff >> granule_ << granule_);
	return granule_ == 16 ? low | (descriptor >> 12 & 0xf) << 48 : low;
}

u64* Lpae::entry(u64 table, unsigned level, u64 iova) const
{
	u64 index = iova >> shift_of(level);
	if (level != start_)
		index &= (1u << (granule_ - 3)) - 1;
	return static_cast<u64*>(test_bus_to_cpu(table + index * 8, 8));
}

u64 Lpae::next_table(u64& descriptor, bool make)
{
	if ((descriptor & kTable) == kTable)
		return decode(descriptor);
	if (descriptor & kValid || !make || !allocate(size_t{1} << granule_))
		return 0;
	const u64 bus = tables_[used_ - 1].bus;
	__atomic_store_n(&descriptor, encode(bus) | kTable, __ATOMIC_RELEASE);
	return bus;
}

u64* Lpae::leaf(u64 iova, u64 size, bool make)
{
	u64 table = tables_[0].bus;
	if (ias_ < 64 && iova >> ias_)
		return nullptr;
	for (unsigned level = start_; level <= 3; level++) {
		u64* at = entry(table, level, iova);
		if (!at)
			return nullptr;
		if (size == u64{1} << shift_of(level))
			return at;
		table = level < 3 ? next_table(*at, make) : 0;
		if (!table)
			return nullptr;
	}
	return nullptr;
}

bool Lpae::map(u64 iova, u64 pa, u64 size, bool writable)
{
	u64* at = leaf(iova, size, true);
	if (!at || *at & kValid)
		return false;
	u64 descriptor = encode(pa) | kAf;
	descriptor |= size == u64{1} << granule_ ? kPage : kBlock;
	if (stage2_)
		descriptor |= kStage2WriteBack | kInnerShareable | kStage2Read |
			      (writable ? kStage2Write : 0);
	else
		descriptor |= kAttrWriteBack | kInnerShareable | kNotGlobal | kUnprivileged |
			      (writable ? 0 : kReadOnly);
	__atomic_store_n(at, descriptor, __ATOMIC_RELEASE);
	return true;
}

bool Lpae::unmap(u64 iova, u64 size)
{
	u64* at = leaf(iova, size, false);
	if (!at || !(*at & kValid))
		return false;
	__atomic_store_n(at, 0, __ATOMIC_RELEASE);
	return true;
}

}  // namespace test
