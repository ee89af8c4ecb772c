// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/contexts.hpp"

#include <algorithm>

namespace smmu3 {

core::Result<> Contexts::forget(Ssid ssid, Levels levels)
{
	Commands::ReadSection section;
	[[clang::uninitialized]] Commands::Batch batch(smmu_.commands(), section);
	for (Sid sid : sids_)
		TRY(batch.add(cfgi_cd(sid, ssid, levels)));
	TRY(batch.submit());
	return {};
}

core::Result<> Contexts::prepare_table(u32 ssid_bits)
{
	if (table_)
		return {};
	auto table = TRY(CdTable::create(smmu_.dev(), smmu_.features(), ssid_bits));
	table_ = TRY(core::make_box<CdTable>(std::move(table)));
	return {};
}

core::Result<> Contexts::prepare_default()
{
	if (!smmu_.features().stage1 || !CdTable::max_bits(smmu_.features()))
		return core::error(core::Errno::kInvalid);
	return prepare_table(std::max<u32>(ssid_bits_, 1));
}

// The SMMU reads no table before an STE points to it.  With kAll, CFGI_CD also invalidates the L1
// descriptor of a new leaf.
core::Result<> Contexts::prepare(Ssid ssid)
{
	TRY(prepare_table(ssid_bits_));
	if (TRY(table_->prepare(ssid)))
		(void)forget(ssid, Levels::kAll);
	return {};
}

core::Result<> Contexts::write(Ssid ssid, const Cd& cd)
{
	return table_->write(ssid, cd, [&] { return forget(ssid, Levels::kLeaf); });
}

core::Result<> Contexts::clear(Ssid ssid)
{
	if (!table_ || !table_->find(ssid))
		return {};
	return write(ssid, Cd{});
}

void Contexts::quieten(Ssid ssid, Asid asid)
{
	Cd cd;
	std::copy_n(table_->find(ssid), kEntryWords, cd.words.begin());
	if (cd.get<Cd::ASID>() == asid)
		(void)write(ssid, make_quiet_cd(cd, smmu_.features().stalls));
}

void Contexts::let_go()
{
	if (!table_ || smmu_.unanswered().settle())
		return;
	os_log(smmu_.dev(), OS_ERROR,
	       "keeping the CD table of stream ID 0x%x: the SMMU did not acknowledge an "
	       "invalidation and may still use it",
	       sids_[0].value());
	smmu_.streams().keep(std::move(table_));
}

}  // namespace smmu3
