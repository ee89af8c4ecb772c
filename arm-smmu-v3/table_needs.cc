// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/table_needs.hpp"

#include <algorithm>

#include "pgtable/config.hpp"

namespace smmu3 {
namespace {

constexpr u32 kShift16K = 14, kShift64K = 16;

// TG0 of a CD (IHI 0070 5.4).
u8 granule_code(u32 page_shift)
{
	return page_shift == kShift64K ? 1 : page_shift == kShift16K ? 2 : 0;
}

// Entries have no place for more where neither LPA2 nor 64K pages are used.
u32 output_bits(const smmu_process_tables& tables)
{
	constexpr u32 kMostWithout = 48;
	return tables.ds || tables.page_shift == kShift64K
		       ? tables.pa_bits
		       : std::min<u32>(tables.pa_bits, kMostWithout);
}

}  // namespace

smmu_pgtable widest_table(const Smmu& smmu, smmu_stage stage)
{
	const Features& features = smmu.features();
	smmu_pgtable table{};
	table.stage = stage;
	table.pgsize_bitmap = features.pgsize_bitmap;
	table.coherent_walk = features.coherent;
	table.bbml = static_cast<u8>(features.bbml);
	table.dirty = features.dirty;
	table.access_flag = features.access_flag;
	table.access_flag_of_tables = features.access_flag_of_tables;
	table.ds = features.ds;
	if (stage == SMMU_STAGE_1) {
		table.ias = std::min<u32>(features.va52 ? 52 : 48, smmu.platform().va_bits);
		table.oas = features.ias_bits;
	} else {
		table.ias = features.ias_bits;
		table.oas = features.oas_bits;
	}
	return table;
}

// An SMMU that snoops can also read tables that are cleaned to memory.  All SMMUs see the same blocks
// replaced.
const char* find_obstacle(const smmu_pgtable& table, const smmu_pgtable& widest)
{
	if (table.coherent_walk && !widest.coherent_walk)
		return "it does not snoop the CPUs' caches";
	if (table.pgsize_bitmap & ~widest.pgsize_bitmap)
		return "it does not have their page size (IDR5.GRAN*)";
	if (table.ds && !widest.ds)
		return "it does not have LPA2 (IDR5.DS)";
	if (table.ias > widest.ias)
		return "their input addresses are too wide (IDR5.VAX)";
	if (table.oas > widest.oas)
		return "their output addresses are too wide (IDR5.OAS)";
	if (table.bbml > widest.bbml)
		return "it does not bear blocks that are replaced while valid (IDR3.BBML)";
	if ((table.access_flag && !widest.access_flag) || (table.dirty && !widest.dirty) ||
	    (table.access_flag_of_tables && !widest.access_flag_of_tables))
		return "it does not record accesses and writes as they need (IDR0.HTTU)";
	return nullptr;
}

smmu_pgtable process_table(const smmu_process_tables& tables, u64 pgd, const Features& features)
{
	constexpr u8 kWriteBack = 1;
	const u32 oas = output_bits(tables);
	smmu_pgtable table{};
	table.stage = SMMU_STAGE_1;
	table.ias = tables.va_bits;
	table.oas = oas;
	table.pgsize_bitmap = u64{1} << tables.page_shift;
	table.coherent_walk = true;
	table.bbml = static_cast<u8>(tables.live_blocks ? pgtable::Bbml::k2 : pgtable::Bbml::k0);
	table.dirty = tables.dirty && features.dirty;
	table.access_flag = tables.access_flag && features.access_flag;
	table.access_flag_of_tables = tables.access_flag_of_tables;
	table.ds = tables.ds;
	table.ttb = pgd;
	table.mair = tables.mair;
	table.tsz = static_cast<u8>(64 - tables.va_bits);
	table.tg = granule_code(tables.page_shift);
	table.sh = static_cast<u8>(pgtable::kInnerShareable);
	table.orgn = table.irgn = kWriteBack;
	table.ips = pgtable::address_size(oas);
	return table;
}

}  // namespace smmu3
