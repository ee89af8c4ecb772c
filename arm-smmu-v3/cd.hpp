// SPDX-License-Identifier: GPL-2.0-only
// The Context Descriptor (IHI 0070 5.4): one stage 1 address space.
#pragma once

#include "arm-smmu-v3/entry.hpp"
#include "arm-smmu-v3/ids.hpp"
#include "core/bits.hpp"
#include "arm-smmu-v3/core.h"

namespace smmu3 {

// The cacheability of table walks and descriptor fetches.
enum class CacheHint : u64 {
	kNonCacheable = 0,
	kWriteBackAllocate = 1,
	kWriteThrough = 2,
	kWriteBack = 3,
};

// How faulting transactions are handled (IDR0.STALL_MODEL): terminated, either as configured, or
// stalled.
enum class StallModel { kNone, kOptional, kForced };

// Whether faults stall, where they would be resolved.
constexpr bool stalls_faults(StallModel model, bool resolves)
{
	return model == StallModel::kForced || (model == StallModel::kOptional && resolves);
}

struct Cd : core::Bits<Cd, u64, kEntryWords> {
	using T0SZ = Field<5, 0>;
	using TG0 = Field<7, 6>;
	using IR0 = Field<9, 8>;
	using OR0 = Field<11, 10>;
	using SH0 = Field<13, 12>;
	using EPD0 = Bit<14>;
	using EPD1 = Bit<30>;
	using V = Bit<31>;
	using IPS = Field<34, 32>;
	using AA64 = Bit<41>;
	using HD = Bit<42>;
	using HA = Bit<43>;
	using S = Bit<44>;
	using R = Bit<45>;
	using A = Bit<46>;
	using ASET = Bit<47>;
	using ASID = Field<63, 48, Asid>;
	using HAFT = Bit<67>;
	using TTB0 = Address<115, 68>;
	using DS = Bit<186>;
	using MAIR = Field<255, 192>;

	static constexpr size_t kValidWord = V::kWord;
	static constexpr u64 kValidMask = V::kMask;

	// The bits that the SMMU uses under the configuration in `words`.
	static constexpr EntryWords used_bits(const EntryWords& words);
	static constexpr EntryWords free_bits() { return {}; }
};
static_assert(sizeof(Cd) == 64);

constexpr EntryWords Cd::used_bits(const EntryWords& words)
{
	EntryWords used{};
	used[V::kWord] = V::kMask;
	if (!(words[V::kWord] & V::kMask))
		return used;

	used[0] = ~u64{0};
	used[TTB0::kWord] = TTB0::kMask | HAFT::kMask;
	used[DS::kWord] = DS::kMask;
	used[MAIR::kWord] = MAIR::kMask;
	if (words[EPD0::kWord] & EPD0::kMask) {
		used[0] &= ~(T0SZ::kMask | TG0::kMask | IR0::kMask | OR0::kMask | SH0::kMask);
		used[TTB0::kWord] = used[DS::kWord] = 0;
	}
	return used;
}

// Faults are recorded and terminate the transaction.  With kForced they stall it: a CD with S = 0
// is then illegal (5.5).  With kOptional they do if the domain resolves them.
constexpr Cd make_stage1_cd(Asid asid, const smmu_pgtable& table, StallModel stalls,
			    bool resolves = false)
{
	return Cd{}
		.with<Cd::V>(true)
		.with<Cd::T0SZ>(table.tsz)
		.with<Cd::TG0>(table.tg)
		.with<Cd::IR0>(table.irgn)
		.with<Cd::OR0>(table.orgn)
		.with<Cd::SH0>(table.sh)
		.with<Cd::EPD1>(true)
		.with<Cd::IPS>(table.ips)
		.with<Cd::AA64>(true)
		.with<Cd::HD>(table.dirty)
		.with<Cd::HA>(table.access_flag)
		.with<Cd::S>(stalls_faults(stalls, resolves))
		.with<Cd::R>(true)
		.with<Cd::A>(true)
		.with<Cd::ASET>(true)
		.with<Cd::ASID>(asid)
		.with<Cd::HAFT>(table.access_flag_of_tables)
		.with<Cd::TTB0>(table.ttb)
		.with<Cd::DS>(table.ds)
		.with<Cd::MAIR>(table.mair);
}

// The same without a page table, of a process that has exited while its device does DMA.  C_BAD_CD and
// F_TRANSLATION would be recorded for each transaction: with R = 0 neither is.
constexpr Cd make_quiet_cd(const Cd& cd, StallModel stalls)
{
	const bool stall = stalls_faults(stalls, false);
	return cd.with<Cd::EPD0>(true).with<Cd::S>(stall).with<Cd::R>(stall).with<Cd::TTB0>(0);
}

}  // namespace smmu3
