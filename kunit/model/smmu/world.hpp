// SPDX-License-Identifier: GPL-2.0-only
//
// A small machine around the model, for its own tests: 1 MiB of memory, wires that count, and
// tables written by hand from raw numbers.
#pragma once

#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

// A generous SMMU: both stages, 16-bit ASID and VMID, two-level tables, all granules, ATS, PRI,
// MSI, SEV, EL2, HTTU, RIL, stalls allowed, 48-bit output.
constexpr Ids kRichIds{
	.idr0 = 0x0f | 1u << 4 | 2u << 6 | 1u << 9 | 1u << 10 | 1u << 12 | 1u << 13 | 1u << 14 |
		1u << 16 | 1u << 18 | 1u << 19 | 2u << 21 | 0u << 24 | 1u << 27,
	.idr1 = 16 | 16u << 6 | 8u << 11 | 8u << 16 | 8u << 21 | 1u << 26,
	.idr2 = 0,
	.idr3 = 1u << 10,
	.idr4 = 0,
	.idr5 = 5 | 0x70,
	.iidr = 0x43b,
	.aidr = 2,
};

struct Machine {
	static constexpr u64 kBase = 0x80000000;
	static constexpr std::size_t kSize = 1 << 20;
	static constexpr unsigned kLog2 = 4;  // of both queues' entries

	alignas(4096) std::array<u64, kSize / 8> ram{};
	u64 next = 0;
	Smmuv3 smmu;
	Host host{};
	unsigned violations = 0;
	const char* last_violation = nullptr;
	std::array<unsigned, 4> irqs{};
	unsigned sevs = 0;
	u64 strtab = 0, cmdq = 0, eventq = 0, priq = 0;
	u32 prod = 0, eventq_cons = 0;

	// Fresh memory and a configured SMMU, not enabled.
	void create(const Ids& ids = kRichIds, const Options& options = {});
	// Queues, a linear stream table of 64 entries, everything enabled.
	void enable();
	// The same over create().
	void start(const Ids& ids = kRichIds, const Options& options = {});
	void queues();
	void invalidate_all();

	// Zeroed memory aligned to its size rounded up to a power of two (at least 4096 bytes).
	u64 page(u64 size = 4096);
	u64& word(u64 pa) { return ram[(pa - kBase) / 8]; }
	u64 ste(u32 sid) const { return strtab + 64 * u64{sid}; }

	void put(u64 w0, u64 w1 = 0);  // a command, and PROD
	void sync() { put(0x46); }
	std::optional<EventRecord> event();
	u32 active_gerror() { return smmu.read32(0x60) ^ smmu.read32(0x64); }
	Dma read(u32 sid, u64 iova) { return smmu.translate(sid, std::nullopt, iova, {}); }
	Dma write(u32 sid, u64 iova)
	{
		return smmu.translate(sid, std::nullopt, iova, {.write = true});
	}

	// A stage 1 stream with a CD, 4K granule, 48 bits, ASID @asid; returns the root table.
	u64 stage1_stream(u32 sid, u16 asid, u16 vmid = 0);
	// A stage 2 stream, 4K granule, 40 bits from level 1, two concatenated tables.
	u64 stage2_stream(u32 sid, u16 vmid);
	// A 4K-granule path from @level down to a leaf at @leaf_level; tables made as needed.
	void map(u64 root, u64 ia, u64 desc, int level = 0, int leaf_level = 3);
	// Where map() put it.
	u64& slot(u64 root, u64 ia, int level, int leaf_level);
};

// Whether `dma` was aborted with `id`, and the next record says so.
bool faulted(Machine& machine, const Dma& dma, Event id);

// The one machine, reset.
Machine& machine();

// Leaf attributes: AF, inner shareable, EL0 may, non-global / stage 2 read and write.
constexpr u64 kPage1 = 0x403 | 3u << 8 | 1u << 6 | 1u << 11;
constexpr u64 kPage2 = 0x403 | 3u << 8 | 3u << 6 | 0xf << 2;

}  // namespace model
