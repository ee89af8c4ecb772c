// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/strtab.hpp"

#include <algorithm>

#include "arm-smmu-v3/features.hpp"

namespace smmu3 {

core::Result<StreamTable> StreamTable::create(device* dev, const Features& features)
{
	const bool two_level = features.two_level_stream_table;
	const u32 log2 = two_level ? std::min<u32>(features.sid_bits, kMaxL1Log2 + kSplit)
				   : features.sid_bits;
	const auto format = two_level ? TableFormat::kTwoLevel : TableFormat::kLinear;
	return StreamTable(TRY(Table::create(dev, log2, format, make_abort_ste())));
}

STRTAB_BASE StreamTable::base() const
{
	return STRTAB_BASE{}.with<STRTAB_BASE::RA>(true).with<STRTAB_BASE::ADDR>(table_.bus());
}

STRTAB_BASE_CFG StreamTable::base_cfg() const
{
	auto cfg = STRTAB_BASE_CFG{}
			   .with<STRTAB_BASE_CFG::LOG2SIZE>(table_.log2())
			   .with<STRTAB_BASE_CFG::FMT>(table_.format());
	if (table_.format() == TableFormat::kTwoLevel)
		cfg.set<STRTAB_BASE_CFG::SPLIT>(kSplit);
	return cfg;
}

}  // namespace smmu3
