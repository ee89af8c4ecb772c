// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/cdtab.hpp"

#include <algorithm>

#include "arm-smmu-v3/features.hpp"

namespace smmu3 {
namespace {

constexpr u32 kLeafEntries = 1u << CdTable::kLeafLog2;

constexpr u32 leaf_count(u32 log2_entries)
{
	return 1u << (log2_entries - CdTable::kLeafLog2);
}

}  // namespace

core::Result<CdTable> CdTable::create(device* dev, const Features& features, u32 ssid_bits)
{
	CdTable table;
	table.dev_ = dev;
	table.two_level_ = features.two_level_cd_table && ssid_bits > kLeafLog2;
	table.log2_entries_ = table.two_level_ ? ssid_bits : std::min(ssid_bits, kLeafLog2);

	if (!table.two_level_) {
		const size_t bytes = (size_t{1} << table.log2_entries_) * sizeof(Cd);
		table.root_ = TRY(core::Dma::allocate(dev, bytes));
		return table;
	}
	const u32 leaves = leaf_count(table.log2_entries_);
	table.root_ = TRY(core::Dma::allocate(dev, leaves * sizeof(L1ContextDescriptor)));
	table.leaves_ = TRY(core::Array<core::Dma>::allocate(leaves));
	return table;
}

core::Result<bool> CdTable::prepare(u32 ssid)
{
	if (find(ssid))
		return false;

	core::Dma leaf = TRY(core::Dma::allocate(dev_, kLeafEntries * sizeof(Cd)));
	const auto descriptor = L1ContextDescriptor{}
					.with<L1ContextDescriptor::V>(true)
					.with<L1ContextDescriptor::L2Ptr>(leaf.bus());
	core::dma_wmb();  // ORDER: the zeroed CDs before the descriptor that leads to them
	__atomic_store_n(&root_.as<u64>()[ssid >> kLeafLog2], descriptor.words[0],
			 __ATOMIC_RELAXED);
	leaves_[ssid >> kLeafLog2] = std::move(leaf);
	return true;
}

u64* CdTable::find(u32 ssid) const
{
	if (!covers(ssid))
		return nullptr;
	if (!two_level_)
		return &root_.as<u64>()[u64{ssid} * kEntryWords];
	const core::Dma& leaf = leaves_[ssid >> kLeafLog2];
	if (!leaf)
		return nullptr;
	return &leaf.as<u64>()[(ssid & (kLeafEntries - 1)) * kEntryWords];
}

CdTableRef CdTable::ref() const
{
	return {root_.bus(), two_level_ ? S1Format::kTwoLevel64K : S1Format::kLinear,
		log2_entries_};
}

}  // namespace smmu3
