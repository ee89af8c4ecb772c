// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/strtab.hpp"

#include <algorithm>

#include "arm-smmu-v3/features.hpp"

namespace smmu3 {
namespace {

void fill_with_abort(Ste* stes, u64 count)
{
	for (u64 i = 0; i < count; i++)
		stes[i] = make_abort_ste();
}

}  // namespace

core::Result<StreamTable> StreamTable::create(device* dev, const Features& features)
{
	StreamTable table;
	table.dev_ = dev;
	table.two_level_ = features.two_level_stream_table;
	table.log2_streams_ = features.sid_bits;
	if (table.two_level_)
		table.log2_streams_ = std::min<u32>(features.sid_bits, kMaxL1Log2 + kSplit);
	table.streams_ = u64{1} << table.log2_streams_;

	if (!table.two_level_) {
		table.root_ = TRY(core::Dma::allocate(dev, table.streams_ * sizeof(Ste)));
		fill_with_abort(table.root_.as<Ste>(), table.streams_);
		return table;
	}
	// Zeroed descriptors: Span 0, every stream invalid.
	table.root_ =
		TRY(core::Dma::allocate(dev, table.l1_entries() * sizeof(L1StreamDescriptor)));
	table.l2_ = TRY(core::Array<core::Dma>::allocate(table.l1_entries()));
	return table;
}

core::Result<bool> StreamTable::prepare(u32 sid)
{
	if (find(sid))
		return false;

	constexpr u32 kEntries = 1u << kSplit;
	core::Dma table = TRY(core::Dma::allocate(dev_, kEntries * sizeof(Ste)));
	fill_with_abort(table.as<Ste>(), kEntries);

	const auto descriptor = L1StreamDescriptor{}
					.with<L1StreamDescriptor::Span>(kSplit + 1)
					.with<L1StreamDescriptor::L2Ptr>(table.bus());
	core::dma_wmb();  // ORDER: the STEs before the descriptor that leads to them
	__atomic_store_n(&root_.as<u64>()[sid >> kSplit], descriptor.words[0], __ATOMIC_RELAXED);
	l2_[sid >> kSplit] = std::move(table);
	return true;
}

u64* StreamTable::find(u32 sid) const
{
	if (!covers(sid))
		return nullptr;
	if (!two_level_)
		return &root_.as<u64>()[u64{sid} * kEntryWords];
	const core::Dma& table = l2_[sid >> kSplit];
	if (!table)
		return nullptr;
	return &table.as<u64>()[(sid & ((1u << kSplit) - 1)) * kEntryWords];
}

STRTAB_BASE StreamTable::base() const
{
	return STRTAB_BASE{}.with<STRTAB_BASE::RA>(true).with<STRTAB_BASE::ADDR>(root_.bus());
}

STRTAB_BASE_CFG StreamTable::base_cfg() const
{
	auto cfg = STRTAB_BASE_CFG{}.with<STRTAB_BASE_CFG::LOG2SIZE>(log2_streams_);
	if (two_level_)
		cfg.set<STRTAB_BASE_CFG::FMT>(StreamTableFormat::kTwoLevel)
			.set<STRTAB_BASE_CFG::SPLIT>(kSplit);
	return cfg;
}

}  // namespace smmu3
