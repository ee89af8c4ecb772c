// SPDX-License-Identifier: GPL-2.0-only
// The C edge of the core: each function of core.h and core_inspect.h finds its object and translates the error.
#include "arm-smmu-v3/core_inspect.h"

#include "arm-smmu-v3/domain.hpp"
#include "arm-smmu-v3/master.hpp"
#include "arm-smmu-v3/smmu.hpp"
#include "core/edge.hpp"

using namespace smmu3;

extern "C" {

int smmu_core_create(device* dev, const smmu_platform* platform, smmu_core** out)
{
	return core::hand_over(Smmu::create(dev, *platform), out);
}

void smmu_core_destroy(smmu_core* core)
{
	if (core && Smmu::from(core).unanswered().stuck())
		os_log(Smmu::from(core).dev(), OS_ERROR,
		       "leaking queues and tables: CR0 = 0 was not acknowledged");
	else if (core && Smmu::from(core).held())
		os_log(Smmu::from(core).dev(), OS_WARNING,
		       "leaking queues and tables: a domain of its devices still exists");
	else
		core::take_back<Smmu>(core);
}

const smmu_info* smmu_core_info(smmu_core* core)
{
	return &Smmu::from(core).info();
}

int smmu_core_reserve_bypass(smmu_core* core, const u32* sids, u32 count)
{
	for (u32 sid : std::span(sids, count))
		if (auto done = Smmu::from(core).streams().reserve_bypass(Sid(sid)); !done)
			return core::to_errno(done);
	return 0;
}

bool smmu_core_has_reserved(smmu_core* core)
{
	return Smmu::from(core).streams().has_reserved();
}

int smmu_core_start(smmu_core* core)
{
	return core::to_errno(Smmu::from(core).start());
}

void smmu_core_stop(smmu_core* core, smmu_exit_policy policy)
{
	Smmu::from(core).stop(policy);
}

int smmu_core_suspend(smmu_core* core)
{
	return core::to_errno(Smmu::from(core).suspend());
}

int smmu_core_resume(smmu_core* core)
{
	return core::to_errno(Smmu::from(core).resume());
}

bool smmu_core_failed(smmu_core* core)
{
	return Smmu::from(core).failed();
}

void smmu_core_set_msi(smmu_core* core, smmu_vector vector, u64 address, u32 data)
{
	Smmu::from(core).set_msi(vector, address, data);
}

bool smmu_core_handle_gerror(smmu_core* core)
{
	return Smmu::from(core).errors().handle_gerror();
}

void smmu_core_drain_evtq(smmu_core* core)
{
	Smmu::from(core).records().drain_events();
}

void smmu_core_drain_priq(smmu_core* core)
{
	Smmu::from(core).records().drain_page_requests();
}

void smmu_core_answer_stall(smmu_core* core, u32 token, smmu_stall_answer answer)
{
	static_assert(Answer{SMMU_STALL_RETRY} == Answer::kRetry &&
		      Answer{SMMU_STALL_ABORT} == Answer::kAbort);
	Smmu::from(core).stalls().answer(token, Answer{static_cast<u8>(answer)});
}

bool smmu_core_abort_stalls(smmu_core* core, u64 ns)
{
	return Smmu::from(core).records().abort_stalls(ns);
}

void smmu_core_read_stats(smmu_core* core, smmu_stats* out)
{
	*out = Smmu::from(core).stats();
}

int smmu_core_master_create(smmu_core* core, device* dev, const u32* sids, u32 count, u32 ssid_bits,
			    smmu_master** out)
{
	return core::hand_over(
		Master::create(Smmu::from(core), dev, std::span(sids, count), ssid_bits), out);
}

void smmu_core_master_keep_direct(smmu_master* master)
{
	Master::from(master).keep_direct();
}

void smmu_core_master_allow_stalls(smmu_master* master)
{
	Master::from(master).allow_stalls();
}

void smmu_core_master_allow_page_requests(smmu_master* master, bool pasids)
{
	Master::from(master).allow_page_requests(pasids);
}

void smmu_core_master_report_stalls(smmu_master* master)
{
	Master::from(master).report_stalls();
}

void smmu_core_master_destroy(smmu_master* master)
{
	core::take_back<Master>(master);
}

int smmu_core_attach(smmu_master* master, smmu_domain* domain)
{
	return core::to_errno(Master::from(master).attach(Domain::from(domain)));
}

int smmu_core_attach_identity(smmu_master* master)
{
	return core::to_errno(Master::from(master).attach_identity());
}

int smmu_core_attach_blocked(smmu_master* master)
{
	return core::to_errno(Master::from(master).attach_blocked());
}

int smmu_core_attach_pasid(smmu_master* master, u32 pasid, smmu_domain* domain)
{
	return core::to_errno(Master::from(master).attach_pasid(Ssid(pasid), Domain::from(domain)));
}

void smmu_core_detach_pasid(smmu_master* master, u32 pasid)
{
	Master::from(master).detach_pasid(Ssid(pasid));
}

int smmu_core_bypass_with_ats(smmu_master* master)
{
	return core::to_errno(Master::from(master).bypass_with_ats());
}

bool smmu_core_bypasses_with_ats(smmu_master* master)
{
	return Master::from(master).bypasses_with_ats();
}

bool smmu_core_in_domain_besides(smmu_master* master, u32 pasid)
{
	return Master::from(master).is_in_domain_besides(Ssid(pasid));
}

int smmu_core_grant_ats(smmu_master* master)
{
	return core::to_errno(Master::from(master).grant_ats());
}

void smmu_core_withdraw_ats(smmu_master* master)
{
	Master::from(master).withdraw_ats();
}

bool smmu_core_resolves_faults(smmu_master* master)
{
	return Master::from(master).resolves_faults();
}

int smmu_core_grant_pri(smmu_master* master, u32 credits)
{
	return core::to_errno(Master::from(master).grant_pri(credits));
}

void smmu_core_withdraw_pri(smmu_master* master)
{
	Master::from(master).withdraw_pri();
}

bool smmu_core_is_quarantined(smmu_master* master)
{
	return Master::from(master).quarantined();
}

int smmu_core_domain_create(smmu_core* core, smmu_stage stage, bool dirty, smmu_domain** out)
{
	return core::hand_over(Domain::create(Smmu::from(core), stage, dirty), out);
}

const char* smmu_core_process_obstacle(smmu_core* core, const smmu_process_tables* tables)
{
	return Domain::obstacle(Smmu::from(core), *tables);
}

int smmu_core_domain_create_process(smmu_core* core, const smmu_process_tables* tables, u64 pgd,
				    smmu_domain** out)
{
	return core::hand_over(Domain::create(Smmu::from(core), *tables, pgd), out);
}

void smmu_core_flush_range(smmu_domain* domain, u64 iova, u64 bytes)
{
	if (bytes)
		Domain::from(domain).flush_all_levels(iova, bytes);
}

void smmu_core_domain_quieten(smmu_domain* domain)
{
	Domain::from(domain).quieten();
}

const smmu_pgtable* smmu_core_domain_pgtable(smmu_domain* domain)
{
	return &Domain::from(domain).table();
}

void smmu_core_domain_resolve_faults(smmu_domain* domain, bool resolves)
{
	Domain::from(domain).resolve_faults(resolves);
}

void smmu_core_domain_destroy(smmu_domain* domain)
{
	core::take_back<Domain>(domain);
}

void smmu_core_flush_domain(smmu_domain* domain)
{
	Domain::from(domain).flush();
}

}  // extern "C"
