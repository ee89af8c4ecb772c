// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/ipmmu_shim.hpp"

extern "C" {
// The real ones, under the names they have in UML.
[[gnu::weak]] int linux_ipmmu_shim_pgtable_alloc(void* shim, device* dev, ipmmu_pgtable* pgtable);
[[gnu::weak]] void linux_ipmmu_shim_pgtable_free(void* shim);
[[gnu::weak]] void linux_ipmmu_shim_report_fault(device* dev, device* client, void* shim,
						 const ipmmu_fault* fault);
[[gnu::weak]] void linux_ipmmu_shim_report_stuck(device* dev, u32 context);
[[gnu::weak]] void linux_ipmmu_shim_trace_power(device* dev, ipmmu_power_state from,
						ipmmu_power_state to, u64 duration_ns);
[[gnu::weak]] void linux_ipmmu_shim_trace_restore_failed(device* dev, u32 context);
}

namespace test {
namespace {

constinit IpmmuShim* shims = nullptr;
constinit IpmmuReports* reports = nullptr;

}  // namespace

IpmmuShim::IpmmuShim()
	: next_(shims)
{
	shims = this;
}

IpmmuShim::~IpmmuShim()
{
	IpmmuShim** at = &shims;
	while (*at != this)
		at = &(*at)->next_;
	*at = next_;
}

IpmmuShim* IpmmuShim::find(const void* shim)
{
	for (IpmmuShim* one = shims; one; one = one->next_)
		if (one == shim)
			return one;
	return nullptr;
}

IpmmuReports::IpmmuReports()
{
	reports = this;
}

IpmmuReports::~IpmmuReports()
{
	reports = nullptr;
}

}  // namespace test

// Long descriptors of 32-bit inputs are VMSAv8-64's from level 1; so are stage 2's of 40 bits.
int ipmmu_shim_pgtable_alloc(void* shim, device* dev, ipmmu_pgtable* pgtable)
{
	test::IpmmuShim* ours = test::IpmmuShim::find(shim);
	if (!ours)
		return linux_ipmmu_shim_pgtable_alloc(shim, dev, pgtable);
	smmu_pgtable table{};
	table.stage = pgtable->stage == IPMMU_STAGE_1 ? SMMU_STAGE_1 : SMMU_STAGE_2;
	table.ias = pgtable->ias;
	table.oas = pgtable->oas;
	table.pgsize_bitmap = pgtable->pgsize_bitmap;
	if (const int ret = ours->table.create(dev, table))
		return ret;
	pgtable->ttb = table.ttb;
	pgtable->mair = static_cast<u32>(table.mair);
	pgtable->sl = table.sl;
	ours->answered = *pgtable;
	return 0;
}

void ipmmu_shim_pgtable_free(void* shim)
{
	if (test::IpmmuShim* ours = test::IpmmuShim::find(shim))
		ours->table.destroy();
	else
		linux_ipmmu_shim_pgtable_free(shim);
}

void ipmmu_shim_report_fault(device* dev, device* client, void* shim, const ipmmu_fault* fault)
{
	if (!test::reports) {
		if (linux_ipmmu_shim_report_fault)
			linux_ipmmu_shim_report_fault(dev, client, shim, fault);
		return;
	}
	test::reports->faults++;
	test::reports->last_fault = *fault;
	test::reports->last_client = client;
	test::reports->last_shim = shim;
	if (test::reports->on_fault)
		test::reports->on_fault(test::reports->ctx);
}

void ipmmu_shim_report_stuck(device* dev, u32 context)
{
	if (test::reports)
		__atomic_fetch_add(&test::reports->stuck, 1, __ATOMIC_RELAXED);
	else if (linux_ipmmu_shim_report_stuck)
		linux_ipmmu_shim_report_stuck(dev, context);
}

void ipmmu_shim_trace_power(device* dev, ipmmu_power_state from, ipmmu_power_state to,
			    u64 duration_ns)
{
	if (linux_ipmmu_shim_trace_power)
		linux_ipmmu_shim_trace_power(dev, from, to, duration_ns);
	if (test::reports)
		test::reports->changes.push({from, to, duration_ns});
}

void ipmmu_shim_trace_restore_failed(device* dev, u32 context)
{
	if (linux_ipmmu_shim_trace_restore_failed)
		linux_ipmmu_shim_trace_restore_failed(dev, context);
	if (!test::reports)
		return;
	test::reports->restores_failed++;
	test::reports->failed_context = context;
}
