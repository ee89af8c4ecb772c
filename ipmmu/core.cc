// SPDX-License-Identifier: GPL-2.0-only
// The C interface of the core: each function of core.h converts the handle and the error.
#include "ipmmu/core.h"

#include "core/edge.hpp"
#include "ipmmu/domain.hpp"
#include "ipmmu/instance.hpp"
#include "ipmmu/master.hpp"

using namespace ipmmu;

namespace {

const char* why(core::Errno error)
{
	switch (error) {
	case core::Errno::kBusy:
		return "a device of another group uses the same micro-TLB";
	case core::Errno::kNoSpace:
		return "every context of the IPMMU is in use";
	case core::Errno::kTimedOut:
		return "a TLB flush timed out";
	case core::Errno::kIo:
		return "the IPMMU failed to resume";
	default:
		return "unknown error";
	}
}

// Logs why an attach failed.
int report_attach(const Master& master, const core::Result<>& attached)
{
	if (!attached)
		os_log(master.dev(), OS_ERROR, "failed to attach: %s", why(attached.error()));
	return core::to_errno(attached);
}

// The message of the in-tree driver.
void log_context(const Master& master, const Context& context)
{
	os_log(master.dev(), OS_INFO, "%s IPMMU context %u",
	       master.shares_context() ? "Reusing" : "Using", context.number);
}

}  // namespace

extern "C" {

bool ipmmu_core_soc_has_leaves(u32 soc)
{
	const Soc* found = find_soc(soc);
	return found && found->layout.leaves;
}

int ipmmu_core_create(device* dev, const ipmmu_platform* platform, ipmmu_core** out)
{
	return core::hand_over(Ipmmu::create(dev, *platform), out);
}

void ipmmu_core_destroy(ipmmu_core* core)
{
	core::take_back<Ipmmu>(core);
}

const ipmmu_info* ipmmu_core_info(ipmmu_core* core)
{
	return &Ipmmu::from(core).info();
}

u32 ipmmu_core_domains(ipmmu_core* core)
{
	Root& root = Ipmmu::from(core).root();
	Guard guard(root.lock());
	return root.domains();
}

bool ipmmu_core_flush_is_unread(ipmmu_core* core)
{
	Root& root = Ipmmu::from(core).root();
	Guard guard(root.lock());
	return root.must_look();
}

int ipmmu_core_start(ipmmu_core* core)
{
	return core::to_errno(Ipmmu::from(core).start());
}

void ipmmu_core_stop(ipmmu_core* core)
{
	Ipmmu::from(core).stop();
}

void ipmmu_core_block(ipmmu_core* core)
{
	Ipmmu::from(core).block();
}

int ipmmu_core_suspend(ipmmu_core* core)
{
	return core::to_errno(Ipmmu::from(core).suspend());
}

int ipmmu_core_resume(ipmmu_core* core)
{
	return core::to_errno(Ipmmu::from(core).resume());
}

bool ipmmu_core_failed(ipmmu_core* core)
{
	return Ipmmu::from(core).failed();
}

bool ipmmu_core_handle_faults(ipmmu_core* core)
{
	return Ipmmu::from(core).root().handle_faults();
}

int ipmmu_core_master_create(ipmmu_core* core, device* dev, const u32* utlbs, u32 count,
			     ipmmu_master** out)
{
	return core::hand_over(Master::create(Ipmmu::from(core), dev, std::span(utlbs, count)),
			       out);
}

void ipmmu_core_master_destroy(ipmmu_master* master)
{
	core::take_back<Master>(master);
}

bool ipmmu_core_masters_share(ipmmu_master* master, ipmmu_master* other)
{
	return Master::from(master).shares_with(Master::from(other));
}

int ipmmu_core_attach(ipmmu_master* master, ipmmu_domain* domain, const void* group)
{
	Master& from = Master::from(master);
	Domain& to = Domain::from(domain);
	if (!to.belongs_to(from.root()))
		return -static_cast<int>(core::Errno::kInvalid);
	const auto attached = from.attach(to.context(), group);
	if (attached)
		log_context(from, to.context());
	return report_attach(from, attached);
}

int ipmmu_core_attach_identity(ipmmu_master* master, const void* group)
{
	Master& from = Master::from(master);
	return report_attach(from, from.attach_identity(group));
}

int ipmmu_core_attach_blocked(ipmmu_master* master, const void* group)
{
	Master& from = Master::from(master);
	return report_attach(from, from.attach_blocked(group));
}

int ipmmu_core_domain_create(ipmmu_core* core, void* shim, ipmmu_domain** out)
{
	Ipmmu& ipmmu = Ipmmu::from(core);
	auto created = Domain::create(ipmmu.root(), shim);
	if (!created && created.error() != core::Errno::kNoMemory)
		os_log(ipmmu.dev(), OS_ERROR, "failed to allocate a domain: %s",
		       why(created.error()));
	return core::hand_over(std::move(created), out);
}

void ipmmu_core_domain_destroy(ipmmu_domain* domain)
{
	core::take_back<Domain>(domain);
}

void ipmmu_core_flush(ipmmu_domain* domain)
{
	Domain::from(domain).flush();
}

}  // extern "C"
