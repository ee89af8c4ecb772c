// SPDX-License-Identifier: GPL-2.0-only
// Page tables in the VMSAv8-64 format (DDI 0487, D8.3), as a kernel would make them: for core tests that
// need something to translate with.  4, 16 and 64 KiB granules, both stages.
#pragma once

#include <array>

#include "arm-smmu-v3/core.h"
#include "os/os.h"

namespace test {

class Lpae {
public:
	Lpae() = default;
	Lpae(const Lpae&) = delete;
	Lpae& operator=(const Lpae&) = delete;
	~Lpae() { destroy(); }

	// Make an empty table as `pgtable` asks for, and answer in it: 0 or -ENOMEM.
	int create(device* dev, smmu_pgtable& pgtable);
	void destroy();
	bool exists() const { return used_ != 0; }

	// Enter one page or block of `size` bytes; false when the size is none of the granule's, the place
	// is taken, or memory is short.
	bool map(u64 iova, u64 pa, u64 size, bool writable = true);
	// Take it out; false when nothing of that size is there.
	bool unmap(u64 iova, u64 size);

private:
	static constexpr u32 kMaxTables = 64;

	unsigned shift_of(unsigned level) const { return granule_ + (3 - level) * (granule_ - 3); }
	u64* entry(u64 table, unsigned level, u64 iova) const;
	u64* leaf(u64 iova, u64 size, bool make);
	u64 next_table(u64& descriptor, bool make);
	bool allocate(size_t size);
	u64 encode(u64 pa) const;
	u64 decode(u64 descriptor) const;

	device* dev_ = nullptr;
	bool stage2_ = false;
	unsigned granule_ = 12, ias_ = 0, start_ = 0;
	std::array<os_dma, kMaxTables> tables_{};
	u32 used_ = 0;
};

}  // namespace test
