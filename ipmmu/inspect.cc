// SPDX-License-Identifier: GPL-2.0-only
// Dumps for debugfs and for the report of a fault.  No register is accessed, so the IPMMU may be off.
#include "ipmmu/domain.hpp"
#include "ipmmu/instance.hpp"
#include "pgtable/dump.hpp"

namespace ipmmu {
namespace {

ipmmu_domain* to_core(Domain* domain)
{
	return domain ? domain->to_core() : nullptr;
}

}  // namespace

Domain* Root::domain_of(u32 number) const
{
	for (Domain& domain : domains_)
		if (domain.context().number == number)
			return &domain;
	return nullptr;
}

ipmmu_context_use Root::read_use(u32 number)
{
	Guard guard(lock());
	const Context* context = contexts_[number];
	if (!context)
		return {};
	Domain* domain = domain_of(number);
	return {.taken = true,
		.devices = context->masters,
		.domain = to_core(domain),
		.table_bytes = domain ? domain->memory().bytes() : 0};
}

os_scan Root::scan(u32 number, const ipmmu_domain* wanted, u64& iova, os_range& range)
{
	core::Locked held(reports());
	Domain* domain;
	{
		Guard guard(lock());
		domain = domain_of(number);
	}
	if (!domain || domain->to_core() != wanted)
		return OS_SCAN_END;
	return pgtable::scan_range(domain->tables(), iova, range);
}

}  // namespace ipmmu

using namespace ipmmu;

extern "C" {

void ipmmu_core_read_context(ipmmu_core* core, u32 context, ipmmu_context_use* out)
{
	*out = Ipmmu::from(core).root().read_use(context);
}

os_scan ipmmu_core_scan_context(ipmmu_core* core, u32 context, const ipmmu_domain* domain,
				u64* iova, os_range* range)
{
	return Ipmmu::from(core).root().scan(context, domain, *iova, *range);
}

void ipmmu_core_trace_walk(ipmmu_domain* domain, u64 iova, os_walk* out)
{
	*out = pgtable::trace(Domain::from(domain).tables(), iova);
}

}  // extern "C"
