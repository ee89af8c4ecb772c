// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/page_requests.hpp"

namespace smmu3 {
namespace {

Pasid pasid_of(const smmu_page_request& request)
{
	return request.has_ssid ? Pasid(Ssid(request.ssid)) : Pasid();
}

// A response to the group, without its code.
Command response_to(const smmu_page_request& request, bool pasids)
{
	return pri_resp(Sid(request.sid), pasids ? pasid_of(request) : Pasid(), request.group, {});
}

bool same_group(const smmu_page_request& one, const smmu_page_request& other)
{
	return one.sid == other.sid && one.group == other.group && pasid_of(one) == pasid_of(other);
}

// It expects no response (8).
bool is_stop_marker(const smmu_page_request& request)
{
	return request.has_ssid && request.last && !request.read && !request.write;
}

}  // namespace

void PageRequests::add(PriDevice& device)
{
	core::Locked locked(lock());
	devices_.prepend(device);
}

void PageRequests::remove(PriDevice& device)
{
	core::Locked locked(lock());
	drop(device);
	devices_.remove(device);
}

void PageRequests::grant(PriDevice& device, u32 credits)
{
	core::Locked locked(lock());
	device.granted_ = true;
	device.denied_ = false;
	device.credits_ = credits;
}

bool PageRequests::deny(PriDevice& device)
{
	core::Locked locked(lock());
	device.denied_ = true;
	return device.granted_;
}

void PageRequests::withdraw(PriDevice& device)
{
	core::Locked locked(lock());
	device.granted_ = false;
	drop(device);
}

void PageRequests::begin()
{
	core::Locked locked(lock());
	ended_ = false;
}

void PageRequests::end()
{
	core::Locked locked(lock());
	ended_ = true;
	lose();
}

bool PageRequests::in_use()
{
	core::Locked locked(lock());
	bool in_use = false;
	for (const PriDevice& device : devices_)
		in_use |= device.granted_;
	return in_use;
}

PriDevice* PageRequests::find(const device* owner)
{
	for (PriDevice& device : devices_)
		if (device.dev == owner)
			return &device;
	return nullptr;
}

// One after the other: a request that freed the next one would need stack for each.
void PageRequests::clear(List& list)
{
	while (list)
		list = std::move(list->next);
}

template <class Match>
PageRequests::List PageRequests::take_if(Match match)
{
	List taken;
	for (List* link = &kept_; *link;) {
		if (!match(**link)) {
			link = &(*link)->next;
			continue;
		}
		List one = std::move(*link);
		*link = std::move(one->next);
		one->from->kept_--;
		one->next = std::move(taken);
		taken = std::move(one);
	}
	return taken;
}

void PageRequests::drop(const PriDevice& from)
{
	List dropped = take_if([&](const Kept& kept) { return kept.from == &from; });
	clear(dropped);
}

void PageRequests::lose()
{
	List lost = take_if([](const Kept&) { return true; });
	clear(lost);
}

bool PageRequests::drop_after(u64 ns)
{
	const u64 now = os_now_ns();
	List dropped = take_if([&](const Kept& kept) { return now >= kept.since_ns + ns; });
	clear(dropped);
	return static_cast<bool>(kept_);
}

void PageRequests::answer(const PageRequest& record)
{
	lock().assert_held();  // by the caller
	const smmu_page_request request = decode_page_request(record);
	device* owner = streams_.owner_of(Sid(request.sid));

	if (is_stop_marker(request))
		return;
	PriDevice* from = find(owner);
	if (!from)
		refuse(owner, request);
	else if (!request.last)
		keep(*from, request);
	else
		complete(*from, request);
}

// 4.5.2: ResponseFailure where "ATS or PRI is disabled for the device".  What a response to its function
// must look like is not known: it has the PASID of the request.
void PageRequests::refuse(device* owner, const smmu_page_request& request)
{
	smmu_shim_report_page_request(dev_, owner, &request);
	if (request.last && stalls_.active())
		stalls_.respond(response_to(request, true), Answer::kFail);
}

// What is not kept is requested again after the response.  A function that is reset, of which Linux 6.12 does not tell,
// has forgotten what is kept.
void PageRequests::keep(PriDevice& from, const smmu_page_request& request)
{
	if (denies(from))
		return;
	if (from.kept_ >= from.credits_) {
		if (smmu_shim_may_log(dev_, SMMU_LINE_UNANSWERED))
			os_log(from.dev, OS_ERROR, "more than %u page requests, others are ignored",
			       from.credits_);
		return;
	}
	auto kept = core::make_box<Kept>();
	if (!kept)
		return;
	from.kept_++;
	**kept = {.from = &from,
		  .request = request,
		  .since_ns = os_now_ns(),
		  .next = std::move(kept_)};
	kept_ = std::move(*kept);
	smmu_shim_stall_waits(dev_);
}

void PageRequests::complete(PriDevice& from, smmu_page_request last)
{
	if (!offer(from, last))
		smmu_shim_report_page_request(dev_, from.dev, &last);
}

// As for a write that stalls: the page may be present and writable by now.
StalledFault::Stale PageRequests::stale_entries(const smmu_page_request& last, const Kept* earlier)
{
	if (!earlier)
		return last.write ? StalledFault::Stale::kPage : StalledFault::Stale::kNothing;
	bool write = last.write;
	for (; earlier; earlier = earlier->next.get())
		write |= earlier->request.write;
	return write ? StalledFault::Stale::kAll : StalledFault::Stale::kNothing;
}

// A device that keeps to its credits has no more.
bool PageRequests::has_all_groups(const PriDevice& from)
{
	if (stalls_.waiting(from.groups_) < from.credits_)
		return false;
	if (smmu_shim_may_log(dev_, SMMU_LINE_UNANSWERED))
		os_log(from.dev, OS_ERROR,
		       "more than %u groups of page requests, others are denied", from.credits_);
	return true;
}

// False: the group is denied.
bool PageRequests::offer(PriDevice& from, smmu_page_request& last)
{
	List earlier = take_if([&](const Kept& kept) { return same_group(kept.request, last); });
	const Command response = response_to(last, from.pasids);

	if (stalls_.active() && (denies(from) || has_all_groups(from))) {
		stalls_.respond(response, Answer::kAbort);
		clear(earlier);
		return false;
	}
	const Admission admission = stalls_.admit({
		.owner = from.dev,
		.pasid = pasid_of(last),
		.command = response,
		.stale = stale_entries(last, earlier.get()),
		.page = last.address,
		.count = &from.groups_,
	});
	if (admission.how != Admission::How::kEnded)
		smmu_shim_stall_waits(dev_);
	bool taken = admission.how == Admission::How::kHeld;
	if (admission.how == Admission::How::kReported)
		taken = resolve(from, last, earlier, admission.token);
	clear(earlier);
	return taken;
}

bool PageRequests::resolve(const PriDevice& from, smmu_page_request& last, const List& earlier,
			   u32 token)
{
	for (Kept* kept = earlier.get(); kept; kept = kept->next.get()) {
		kept->request.earlier = last.earlier;
		last.earlier = &kept->request;
	}
	if (smmu_shim_resolve_page_requests(dev_, from.dev, &last, token))
		return true;
	stalls_.answer(token, Answer::kAbort);
	last.earlier = nullptr;
	return false;
}

}  // namespace smmu3
