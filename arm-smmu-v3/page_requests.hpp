// SPDX-License-Identifier: GPL-2.0-only
// Page requests of devices with PRI.  The requests of a group are kept until its last one, which ends in a response.  A
// group is offered to the domain that its device, or the PASID, is attached to, as a stalled transaction is.
//
//   Success           the fault is resolved, or its domain is not reported yet: the device tries again
//   Invalid Request   it is not resolved, or the device has no grant: others that have its PRI may be granted
//   Response Failure  the device has no PRI, which requests no more pages
#pragma once

#include "arm-smmu-v3/page_request.hpp"
#include "arm-smmu-v3/stalls.hpp"
#include "arm-smmu-v3/streams.hpp"
#include "core/list.hpp"

namespace smmu3 {

// A device that may have PRI.
struct PriDevice {
	explicit PriDevice(device* the_dev)
		: dev(the_dev)
	{
	}

	device* const dev;
	bool pasids = false;  // "PRG Response PASID Required"

private:
	friend class PageRequests;
	friend core::ListNode<PriDevice>;
	bool granted_ = false, denied_ = false;
	u32 credits_ = 0;
	u32 kept_ = 0;  // of its requests
	GroupCount groups_;
	core::ListNode<PriDevice> node_;  // of PageRequests
};

class PageRequests {
public:
	PageRequests(device* dev, Streams& streams, Stalls& stalls)
		: dev_(dev),
		  streams_(streams),
		  stalls_(stalls)
	{
	}
	~PageRequests() { clear(kept_); }
	PageRequests(const PageRequests&) = delete;
	PageRequests& operator=(const PageRequests&) = delete;

	// ---- devices; sleep ----

	// Between both, the device has PRI.
	void add(PriDevice& device);
	void remove(PriDevice& device);

	// From grant() to deny(), requests of the device are offered to its domains.  Until withdraw(),
	// what it has requested before is kept.  `credits`: how many it may have outstanding.
	void grant(PriDevice& device, u32 credits);
	// False: it has no grant.
	bool deny(PriDevice& device);
	void withdraw(PriDevice& device);

	// ---- power; sleep ----

	// The SMMU is about to translate.
	void begin();
	// It is about to stop: requests are denied without memory.
	void end();
	// Whether any device has a grant.
	bool in_use();

	// ---- records; owners_lock() of the streams is held ----

	void answer(const PageRequest& record);
	// Last requests have been lost, after all that answer() has got.  The SMMU has responded to
	// them (8.1).
	void lose();
	// Drops those whose last one has not come for `ns`.  True: others are kept.
	bool drop_after(u64 ns);

private:
	struct Kept {
		PriDevice* from;
		smmu_page_request request;
		u64 since_ns;
		core::Box<Kept> next;
	};
	using List = core::Box<Kept>;

	const core::Mutex& lock() const RETURN_CAPABILITY(streams_.owners_lock())
	{
		return streams_.owners_lock();
	}
	PriDevice* find(const device* owner);
	void drop(const PriDevice& from);
	bool denies(const PriDevice& from) const
	{
		return ended_ || !from.granted_ || from.denied_;
	}
	bool has_all_groups(const PriDevice& from);
	void refuse(device* owner, const smmu_page_request& request);
	void keep(PriDevice& from, const smmu_page_request& request);
	void complete(PriDevice& from, smmu_page_request last);
	static StalledFault::Stale stale_entries(const smmu_page_request& last,
						 const Kept* earlier);
	bool offer(PriDevice& from, smmu_page_request& last);
	bool resolve(const PriDevice& from, smmu_page_request& last, const List& earlier,
		     u32 token);
	template <class Match>
	List take_if(Match match);
	static void clear(List& list);

	// All under the lock.
	device* const dev_;
	Streams& streams_;
	Stalls& stalls_;
	core::List<PriDevice> devices_;
	List kept_;
	bool ended_ = false;
};

}  // namespace smmu3
