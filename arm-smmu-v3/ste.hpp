// SPDX-License-Identifier: GPL-2.0-only
// The Stream Table Entry (IHI 0070 5.2): the configuration of one stream.
#pragma once

#include "arm-smmu-v3/cd.hpp"
#include "arm-smmu-v3/entry.hpp"
#include "core/bits.hpp"
#include "arm-smmu-v3/core.h"

namespace smmu3 {

enum class SteConfig : u64 { kAbort = 0, kBypass = 4, kStage1 = 5, kStage2 = 6 };
enum class S1Format : u64 { kLinear = 0, kTwoLevel4K = 1, kTwoLevel64K = 2 };
enum class S1Default : u64 { kTerminate = 0, kBypass = 1, kSubstream0 = 2 };
enum class StreamWorld : u64 { kEl1 = 0, kEl2 = 2 };
enum class Ats : u64 { kOff = 0, kFull = 1 };  // 0b10: split stages, which need nested tables
enum class ShareabilityOverride : u64 { kNone = 0, kIncoming = 1, kOuter = 2, kInner = 3 };

struct Ste : core::Bits<Ste, u64, kEntryWords> {
	using V = Bit<0>;
	using Config = Field<3, 1, SteConfig>;
	using S1Fmt = Field<5, 4, S1Format>;
	using S1ContextPtr = Address<51, 6>;
	using S1CDMax = Field<63, 59>;
	using S1DSS = Field<65, 64, S1Default>;
	using S1CIR = Field<67, 66, CacheHint>;
	using S1COR = Field<69, 68, CacheHint>;
	using S1CSH = Field<71, 70>;
	using PPAR = Bit<82>;
	using S1STALLD = Bit<91>;
	using MEV = Bit<83>;
	using EATS = Field<93, 92, Ats>;
	using STRW = Field<95, 94, StreamWorld>;
	using SHCFG = Field<109, 108, ShareabilityOverride>;
	using S2VMID = Field<143, 128, Vmid>;
	using S2T0SZ = Field<165, 160>;
	using S2SL0 = Field<167, 166>;
	using S2IR0 = Field<169, 168>;
	using S2OR0 = Field<171, 170>;
	using S2SH0 = Field<173, 172>;
	using S2TG = Field<175, 174>;
	using S2PS = Field<178, 176>;
	using S2AA64 = Bit<179>;
	using S2ENDI = Bit<180>;
	using S2PTW = Bit<182>;
	using S2HD = Bit<183>;
	using S2HA = Bit<184>;
	using S2S = Bit<185>;
	using S2R = Bit<186>;
	using S2SL0_2 = Bit<194>;
	using S2DS = Bit<195>;
	using S2TTB = Address<243, 196>;

	static constexpr size_t kValidWord = V::kWord;
	static constexpr u64 kValidMask = V::kMask;

	// The bits that the SMMU uses under the configuration in `words`.
	static constexpr EntryWords used_bits(const EntryWords& words);
	// The bits that may have their old or new value under either of two configurations that
	// use them.
	static constexpr EntryWords free_bits();
};
static_assert(sizeof(Ste) == 64);

namespace ste_bits {

template <class... F>
constexpr EntryWords mask()
{
	EntryWords bits{};
	((bits[F::kWord] |= F::kMask), ...);
	return bits;
}

constexpr EntryWords operator|(EntryWords left, const EntryWords& right)
{
	for (size_t i = 0; i < kEntryWords; i++)
		left[i] |= right[i];
	return left;
}

inline constexpr EntryWords kAlways = mask<Ste::V>();
inline constexpr EntryWords kValid = mask<Ste::V, Ste::Config>();
inline constexpr EntryWords kStage1 =
	mask<Ste::S1Fmt, Ste::S1ContextPtr, Ste::S1CDMax, Ste::S1DSS, Ste::S1CIR, Ste::S1COR,
	     Ste::S1CSH, Ste::PPAR, Ste::MEV, Ste::S1STALLD, Ste::EATS, Ste::STRW, Ste::S2VMID>();
inline constexpr EntryWords kStage2 =
	mask<Ste::PPAR, Ste::MEV, Ste::EATS, Ste::SHCFG, Ste::S2VMID, Ste::S2T0SZ, Ste::S2SL0,
	     Ste::S2IR0, Ste::S2OR0, Ste::S2SH0, Ste::S2TG, Ste::S2PS, Ste::S2AA64, Ste::S2ENDI,
	     Ste::S2PTW, Ste::S2HD, Ste::S2HA, Ste::S2S, Ste::S2R, Ste::S2SL0_2, Ste::S2DS,
	     Ste::S2TTB>();
inline constexpr EntryWords kShareability = mask<Ste::SHCFG>();  // 13.5

}  // namespace ste_bits

// EATS: it changes while ATS is off at the device (3.9.2).  MEV only selects which of equal events are
// recorded.  PPAR is for page requests: it changes while PRI is off.
constexpr EntryWords Ste::free_bits()
{
	return ste_bits::mask<EATS, MEV, PPAR>();
}

constexpr EntryWords Ste::used_bits(const EntryWords& words)
{
	using namespace ste_bits;
	Ste ste;
	ste.words = words;
	if (!ste.get<V>())
		return kAlways;

	switch (ste.get<Config>()) {
	case SteConfig::kBypass:
		return kValid | kShareability;
	case SteConfig::kStage1:
		if (ste.get<S1DSS>() == S1Default::kBypass)
			return kValid | kStage1 | kShareability;
		return kValid | kStage1;
	case SteConfig::kStage2:
		return kValid | kStage2;
	case SteConfig::kAbort:
		break;
	}
	return kValid;
}

// A CD table, as a stage 1 STE refers to it.
struct CdTableRef {
	u64 base;
	S1Format format;
	u32 log2_entries;
};

constexpr Ste make_abort_ste()
{
	return Ste{}.with<Ste::V>(true).with<Ste::Config>(SteConfig::kAbort);
}

constexpr Ste make_bypass_ste(ShareabilityOverride shareability)
{
	return Ste{}
		.with<Ste::V>(true)
		.with<Ste::Config>(SteConfig::kBypass)
		.with<Ste::SHCFG>(shareability);
}

// With kOptional, faults terminate the transaction instead of stalling it (S1STALLD), unless the device
// may stall: then the CD decides.
constexpr Ste make_stage1_ste(const CdTableRef& table, StreamWorld world, StallModel stalls,
			      bool may_stall = false)
{
	constexpr u64 kInnerShareable = 3;
	return Ste{}
		.with<Ste::V>(true)
		.with<Ste::Config>(SteConfig::kStage1)
		.with<Ste::S1Fmt>(table.format)
		.with<Ste::S1ContextPtr>(table.base)
		.with<Ste::S1CDMax>(table.log2_entries)
		.with<Ste::S1DSS>(S1Default::kSubstream0)
		.with<Ste::S1CIR>(CacheHint::kWriteBackAllocate)
		.with<Ste::S1COR>(CacheHint::kWriteBackAllocate)
		.with<Ste::S1CSH>(kInnerShareable)
		.with<Ste::S1STALLD>(stalls == StallModel::kOptional && !may_stall)
		.with<Ste::STRW>(world);
}

// With kForced, faults stall the transaction: an STE with S2S = 0 is illegal (5.5).  With kOptional they
// do if the domain resolves them.
constexpr Ste make_stage2_ste(Vmid vmid, const smmu_pgtable& table,
			      ShareabilityOverride shareability, StallModel stalls,
			      bool resolves = false)
{
	return Ste{}
		.with<Ste::V>(true)
		.with<Ste::Config>(SteConfig::kStage2)
		.with<Ste::SHCFG>(shareability)
		.with<Ste::S2VMID>(vmid)
		.with<Ste::S2T0SZ>(table.tsz)
		.with<Ste::S2SL0>(table.sl0)
		.with<Ste::S2IR0>(table.irgn)
		.with<Ste::S2OR0>(table.orgn)
		.with<Ste::S2SH0>(table.sh)
		.with<Ste::S2TG>(table.tg)
		.with<Ste::S2PS>(table.ips)
		.with<Ste::S2AA64>(true)
		.with<Ste::S2PTW>(true)
		.with<Ste::S2HD>(table.dirty)
		.with<Ste::S2HA>(table.dirty)
		.with<Ste::S2S>(stalls_faults(stalls, resolves))
		.with<Ste::S2R>(true)
		.with<Ste::S2SL0_2>(table.sl2)
		.with<Ste::S2DS>(table.ds)
		.with<Ste::S2TTB>(table.ttb);
}

}  // namespace smmu3
