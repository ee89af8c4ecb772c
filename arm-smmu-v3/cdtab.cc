// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/cdtab.hpp"

#include <algorithm>

#include "arm-smmu-v3/features.hpp"

namespace smmu3 {

u32 CdTable::max_bits(const Features& features)
{
	return features.two_level_cd_table ? features.ssid_bits
					   : std::min<u32>(features.ssid_bits, kLeafLog2);
}

core::Result<CdTable> CdTable::create(device* dev, const Features& features, u32 ssid_bits)
{
	const bool two_level = features.two_level_cd_table && ssid_bits > kLeafLog2;
	const u32 log2 = two_level ? ssid_bits : std::min(ssid_bits, kLeafLog2);
	const auto format = two_level ? TableFormat::kTwoLevel : TableFormat::kLinear;
	return CdTable(TRY(Table::create(dev, log2, format, Cd{})));
}

CdTableRef CdTable::ref() const
{
	const bool two_level = table_.format() == TableFormat::kTwoLevel;
	return {table_.bus(), two_level ? S1Format::kTwoLevel64K : S1Format::kLinear,
		table_.log2()};
}

}  // namespace smmu3
