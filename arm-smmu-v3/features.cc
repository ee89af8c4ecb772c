// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/features.hpp"

#include <algorithm>

#include "arm-smmu-v3/limits.hpp"

namespace smmu3 {
namespace {

constexpr u64 kKiB = 1ull << 10, kMiB = 1ull << 20, kGiB = 1ull << 30, kTiB = 1ull << 40;
constexpr u8 kOasBits[] = {32, 36, 40, 42, 44, 48, 52};

constexpr u32 kMaxQueueLog2 = 19;                                         // 6.3.2
constexpr u32 kCommandShift = 4, kEventShift = 5, kPageRequestShift = 4;  // log2 of bytes

u8 capped(u32 offered, u32 limit)
{
	return static_cast<u8>(offered < limit ? offered : limit);
}

u8 queue_log2(u32 offered, u32 max_dma_shift, u32 entry_shift)
{
	return capped(capped(offered, kMaxQueueLog2), max_dma_shift - entry_shift);
}

// Why the SMMU is not supported, or nullptr.
const char* find_obstacle(const IdRegisters& id)
{
	constexpr u32 kLittleOnly = 2, kEither = 0;
	const u32 endian = id.idr0.get<IDR0::TTENDIAN>();
	if (endian != kLittleOnly && endian != kEither)
		return "translation tables must be big-endian (IDR0.TTENDIAN), this kernel's are "
		       "not";
	if (!id.idr0.get<IDR0::S1P>() && !id.idr0.get<IDR0::S2P>())
		return "neither stage of translation is implemented (IDR0.S1P, S2P)";
	if (!(id.idr0.get<IDR0::TTF>() & 0b10))
		return "the AArch64 table format is not implemented (IDR0.TTF)";
	if (id.idr1.get<IDR1::TABLES_PRESET>() || id.idr1.get<IDR1::QUEUES_PRESET>() ||
	    id.idr1.get<IDR1::REL>())
		return "tables or queues at fixed addresses are not supported (IDR1.*_PRESET, REL)";
	if ((1u << id.idr1.get<IDR1::CMDQS>()) <= kMaxCommands)
		return "the command queue is too small: more than 64 entries are needed "
		       "(IDR1.CMDQS)";
	if (!id.idr5.get<IDR5::GRAN4K>() && !id.idr5.get<IDR5::GRAN16K>() &&
	    !id.idr5.get<IDR5::GRAN64K>())
		return "no translation granule is implemented (IDR5.GRAN*)";
	return nullptr;
}

// Updates of descriptors are atomic only where the SMMU snoops (3.15).
void read_httu(IDR0 idr0, const smmu_platform& platform, Features& f)
{
	constexpr u32 kAccessFlag = 1, kDirtyState = 2, kAccessFlagOfTables = 3;

	const u32 offered = idr0.get<IDR0::HTTU>();
	const u32 permitted = platform.has_httu ? std::min<u32>(offered, platform.httu) : offered;
	f.httu_overridden = offered >= kDirtyState && permitted < kDirtyState;
	f.access_flag = permitted >= kAccessFlag && f.coherent;
	f.dirty = permitted >= kDirtyState && f.coherent;
	f.access_flag_of_tables = permitted >= kAccessFlagOfTables && f.coherent;
}

void read_idr0(IDR0 idr0, const smmu_platform& platform, Features& f)
{
	constexpr u32 kTwoLevel = 1, kStallOptional = 0, kStallForced = 2;

	f.two_level_stream_table = idr0.get<IDR0::ST_LEVEL>() == kTwoLevel;
	f.two_level_cd_table = idr0.get<IDR0::CD2L>();
	f.stage1 = idr0.get<IDR0::S1P>();
	f.stage2 = idr0.get<IDR0::S2P>();
	f.ats = idr0.get<IDR0::ATS>();
	f.pri = idr0.get<IDR0::PRI>();
	f.sev = idr0.get<IDR0::SEV>();
	f.msi = idr0.get<IDR0::MSI>();
	f.el2 = idr0.get<IDR0::Hyp>() && f.stage1;
	f.e2h = f.el2 && platform.vhe;
	f.asid_bits = idr0.get<IDR0::ASID16>() ? 16 : 8;
	f.vmid_bits = idr0.get<IDR0::VMID16>() ? 16 : 8;

	const u32 stall_model = idr0.get<IDR0::STALL_MODEL>();
	f.stalls = stall_model == kStallForced     ? StallModel::kForced
		   : stall_model == kStallOptional ? StallModel::kOptional
						   : StallModel::kNone;

	// Coherency depends on the interconnect: firmware overrides IDR0.COHACC.
	f.coherent = platform.coherent;
	f.coherence_overridden = idr0.get<IDR0::COHACC>() != platform.coherent;
	read_httu(idr0, platform, f);
}

void read_idr1(IDR1 idr1, const smmu_platform& platform, Features& f)
{
	f.shareability = idr1.get<IDR1::ATTR_TYPES_OVR>() ? ShareabilityOverride::kIncoming
							  : ShareabilityOverride::kNone;
	f.sid_bits = capped(idr1.get<IDR1::SIDSIZE>(), 32);
	f.ssid_bits = capped(idr1.get<IDR1::SSIDSIZE>(), 20);
	f.cmdq_log2 = queue_log2(idr1.get<IDR1::CMDQS>(), platform.max_dma_shift, kCommandShift);
	f.eventq_log2 = queue_log2(idr1.get<IDR1::EVENTQS>(), platform.max_dma_shift, kEventShift);
	f.priq_log2 =
		queue_log2(idr1.get<IDR1::PRIQS>(), platform.max_dma_shift, kPageRequestShift);

	// One second-level table covers all streams: a linear table takes no more memory.
	if (f.sid_bits <= kStreamTableSplit)
		f.two_level_stream_table = false;
}

void read_idr3(IDR3 idr3, Features& f)
{
	f.range_invalidation = idr3.get<IDR3::RIL>();
	// 0b11 is reserved (6.3.4).
	constexpr u32 kMost = 2;
	const u32 bbml = idr3.get<IDR3::BBML>();
	f.bbml = bbml > kMost ? pgtable::Bbml::k0 : static_cast<pgtable::Bbml>(bbml);
}

// Each granule with its blocks.  Those of 4T need 52-bit outputs, those of 512G and 64G DS.
u64 page_sizes(IDR5 idr5, const Features& f)
{
	u64 sizes = 0;
	if (idr5.get<IDR5::GRAN4K>())
		sizes |= 4 * kKiB | 2 * kMiB | 1 * kGiB | (f.ds ? 512 * kGiB : 0);
	if (idr5.get<IDR5::GRAN16K>())
		sizes |= 16 * kKiB | 32 * kMiB | (f.ds ? 64 * kGiB : 0);
	if (idr5.get<IDR5::GRAN64K>())
		sizes |= 64 * kKiB | 512 * kMiB | (f.oas_bits == 52 ? 4 * kTiB : 0);
	return sizes;
}

void read_idr5(IDR5 idr5, Features& f)
{
	constexpr u32 kVa52 = 1, kVa56 = 2;

	const u32 vax = idr5.get<IDR5::VAX>();
	f.va52 = vax == kVa52 || vax == kVa56;
	f.ds = idr5.get<IDR5::DS>();

	const u32 oas = idr5.get<IDR5::OAS>();
	f.oas_unknown = oas >= std::size(kOasBits);
	f.oas_bits = f.oas_unknown ? 48 : kOasBits[oas];
	f.pgsize_bitmap = page_sizes(idr5, f);
}

}  // namespace

std::expected<Features, Refusal> identify(const IdRegisters& id, const smmu_platform& platform)
{
	if (const char* why = find_obstacle(id))
		return std::unexpected(Refusal{core::Errno::kNoDeviceAddress, why});

	Features features{};
	read_idr0(id.idr0, platform, features);
	read_idr1(id.idr1, platform, features);
	read_idr3(id.idr3, features);
	read_idr5(id.idr5, features);

	// An SMMU with AArch32 tables has IPAs of at least 40 bits; the IPAs of AArch64 tables have
	// OAS bits.
	features.ias_bits =
		features.oas_bits < 40 && id.idr0.get<IDR0::TTF>() == 0b11 ? 40 : features.oas_bits;

	apply_errata(id.iidr, features);
	return features;
}

}  // namespace smmu3
