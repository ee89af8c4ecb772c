// SPDX-License-Identifier: GPL-2.0-only
// Dumps for debugfs and for the report of an event: what the SMMU reads from memory.  No register is
// accessed, so the SMMU may be off.
#include "arm-smmu-v3/core_inspect.h"

#include "arm-smmu-v3/domain.hpp"
#include "arm-smmu-v3/master.hpp"

using namespace smmu3;

namespace {

EntryWords read_words(const u64* live, u64 (&out)[kEntryWords])
{
	EntryWords words;
	for (size_t i = 0; i < kEntryWords; i++)
		out[i] = words[i] = core::load_relaxed(live[i]);
	return words;
}

const char* name_of(const Ste& ste)
{
	if (!ste.get<Ste::V>())
		return "invalid";
	switch (ste.get<Ste::Config>()) {
	case SteConfig::kBypass:
		return "bypass";
	case SteConfig::kStage1:
		return "stage 1";
	case SteConfig::kStage2:
		return "stage 2";
	case SteConfig::kAbort:
		break;
	}
	return "abort";
}

bool has_config(const Ste& ste, SteConfig config)
{
	return ste.get<Ste::V>() && ste.get<Ste::Config>() == config;
}

void describe_stage2(const Ste& ste, smmu_stream& out)
{
	out.tag_name = "VMID";
	out.tag = ste.get<Ste::S2VMID>().value();
	out.input_bits = 64 - static_cast<u32>(ste.get<Ste::S2T0SZ>());
	out.ttb = ste.get<Ste::S2TTB>();
}

void describe_stage1(const u64* live, smmu_stream& out)
{
	Cd cd;
	cd.words = read_words(live, out.cd);
	out.has_cd = true;
	out.tag_name = "ASID";
	out.tag = cd.get<Cd::ASID>().value();
	out.input_bits = 64 - static_cast<u32>(cd.get<Cd::T0SZ>());
	out.ttb = cd.get<Cd::TTB0>();
}

}  // namespace

extern "C" {

void smmu_core_read_stream(smmu_master* master, u32 sid, smmu_domain* domain, smmu_stream* out)
{
	const Master& from = Master::from(master);
	*out = {};
	Ste ste;
	ste.words = read_words(from.ste(Sid(sid)), out->ste);
	out->config = name_of(ste);
	if (has_config(ste, SteConfig::kStage2))
		describe_stage2(ste, *out);
	// The attach to a stage 1 domain has made the CD table, which lasts as long as the master.
	else if (has_config(ste, SteConfig::kStage1) && domain && !Domain::from(domain).is_stage2())
		describe_stage1(from.cd(), *out);
}

os_scan smmu_core_scan_range(smmu_domain* domain, u64* iova, os_range* range)
{
	return Domain::from(domain).scan_range(*iova, *range);
}

void smmu_core_trace_walk(smmu_domain* domain, u64 iova, os_walk* out)
{
	*out = Domain::from(domain).trace_walk(iova);
}

u64 smmu_core_domain_table_bytes(smmu_domain* domain)
{
	return Domain::from(domain).table_bytes();
}

}  // extern "C"
