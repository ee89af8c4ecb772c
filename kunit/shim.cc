// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/shim.hpp"

#include "kunit/testos.h"

extern "C" {
// The real ones, under the names they have in UML.
[[gnu::weak]] int linux_smmu_shim_pgtable_alloc(void* shim, device* dev, smmu_pgtable* pgtable);
[[gnu::weak]] void linux_smmu_shim_pgtable_free(void* shim);
[[gnu::weak]] void linux_smmu_shim_drain_later(device* dev);
[[gnu::weak]] bool linux_smmu_shim_may_log(device* dev, smmu_line line);
[[gnu::weak]] void linux_smmu_shim_report_event(device* dev, device* client,
						const smmu_event* event);
[[gnu::weak]] void linux_smmu_shim_report_shared_stream(device* dev, device* wanted, device* owner,
							u32 sid);
[[gnu::weak]] void linux_smmu_shim_report_page_request(device* dev, device* client,
						       const smmu_page_request* request);
[[gnu::weak]] void linux_smmu_shim_trace_power(device* dev, smmu_power_state from,
					       smmu_power_state to);
[[gnu::weak]] void linux_smmu_shim_trace_drain(device* dev, u32 position, u64 duration_ns,
					       int result);
[[gnu::weak]] void linux_smmu_shim_trace_rollback(device* dev, int result);
[[gnu::weak]] void linux_smmu_shim_trace_elided(device* dev);
[[gnu::weak]] bool smmu_shim_traces_elisions = false;
}

namespace test {
namespace {

constinit Shim* shims = nullptr;
constinit Reports* reports = nullptr;

}  // namespace

Shim::Shim()
	: next_(shims)
{
	shims = this;
}

Shim::~Shim()
{
	Shim** at = &shims;
	while (*at != this)
		at = &(*at)->next_;
	*at = next_;
}

Shim* Shim::find(const void* shim)
{
	for (Shim* one = shims; one; one = one->next_)
		if (one == shim)
			return one;
	return nullptr;
}

Reports::Reports()
{
	reports = this;
}

Reports::~Reports()
{
	reports = nullptr;
}

}  // namespace test

int smmu_shim_pgtable_alloc(void* shim, device* dev, smmu_pgtable* pgtable)
{
	test::Shim* ours = test::Shim::find(shim);
	if (!ours)
		return linux_smmu_shim_pgtable_alloc(shim, dev, pgtable);
	ours->asked = *pgtable;
	const int ret = ours->table.create(dev, *pgtable);
	ours->answered = *pgtable;
	return ret;
}

void smmu_shim_pgtable_free(void* shim)
{
	if (test::Shim* ours = test::Shim::find(shim))
		ours->table.destroy();
	else
		linux_smmu_shim_pgtable_free(shim);
}

void smmu_shim_drain_later(device* dev)
{
	if (test::reports)
		test::reports->late_drains++;
	else if (linux_smmu_shim_drain_later)
		linux_smmu_shim_drain_later(dev);
}

bool smmu_shim_may_log(device* dev, smmu_line line)
{
	if (!test::reports)
		return !linux_smmu_shim_may_log || linux_smmu_shim_may_log(dev, line);
	test::reports->lines[line]++;
	test::reports->lines_of_the_preemptible += test_preemptible();
	return !test::reports->muted;
}

void smmu_shim_report_event(device* dev, device* client, const smmu_event* event)
{
	if (!test::reports) {
		if (linux_smmu_shim_report_event)
			linux_smmu_shim_report_event(dev, client, event);
		return;
	}
	test::reports->events++;
	test::reports->last_event = *event;
	test::reports->last_client = client;
}

void smmu_shim_report_shared_stream(device* dev, device* wanted, device* owner, u32 sid)
{
	if (!test::reports) {
		if (linux_smmu_shim_report_shared_stream)
			linux_smmu_shim_report_shared_stream(dev, wanted, owner, sid);
		return;
	}
	test::reports->shared_streams++;
	test::reports->last_client = wanted;
	test::reports->last_owner = owner;
	test::reports->last_shared_sid = sid;
}

void smmu_shim_report_page_request(device* dev, device* client, const smmu_page_request* request)
{
	if (!test::reports) {
		if (linux_smmu_shim_report_page_request)
			linux_smmu_shim_report_page_request(dev, client, request);
		return;
	}
	test::reports->page_requests++;
	test::reports->last_page_request = *request;
	test::reports->last_client = client;
}

void smmu_shim_trace_power(device* dev, smmu_power_state from, smmu_power_state to)
{
	if (linux_smmu_shim_trace_power)
		linux_smmu_shim_trace_power(dev, from, to);
	if (test::reports && test::reports->transitions < test::Reports::kMaxTransitions)
		test::reports->states[test::reports->transitions++] = to;
}

void smmu_shim_trace_drain(device* dev, u32 position, u64 duration_ns, int result)
{
	if (linux_smmu_shim_trace_drain)
		linux_smmu_shim_trace_drain(dev, position, duration_ns, result);
	if (test::reports)
		test::reports->last_drain = result;
}

void smmu_shim_trace_rollback(device* dev, int result)
{
	if (linux_smmu_shim_trace_rollback)
		linux_smmu_shim_trace_rollback(dev, result);
	if (test::reports)
		test::reports->rollbacks++;
}

void smmu_shim_trace_elided(device* dev)
{
	if (linux_smmu_shim_trace_elided)
		linux_smmu_shim_trace_elided(dev);
}
