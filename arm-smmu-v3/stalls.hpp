// SPDX-License-Identifier: GPL-2.0-only
// Stalled transactions (IHI 0070 3.12.2), and groups of page requests (8).  Each that is reported is answered once: by its
// token, when the fault of its domain is resolved or not, here by an abort, or, if stalled, by the SMMU when SMMUEN is
// cleared.  Those of a source that is not reported yet wait, and then try again: the next record of each is reported.
#pragma once

#include <optional>

#include "arm-smmu-v3/core_inspect.h"
#include "arm-smmu-v3/tlb.hpp"
#include "core/list.hpp"
#include "core/owner.hpp"
#include "core/spinlock.hpp"

namespace smmu3 {

class Commands;

// What a fault is answered with.
enum class Answer : u8 {
	kRetry,
	kAbort,  // of a group: Invalid Request
	kFail,  // of a group alone: Response Failure, after which the function requests no more pages
};

// How many groups of a device wait.
class GroupCount {
	friend class Stalls;
	u32 waiting_ = 0;  // under the lock of Stalls
};

// A transaction that has stalled, or a group of page requests.
struct StalledFault {
	// What the TLB may have of pages that must become writable.
	enum class Stale : u8 { kNothing, kPage, kAll };

	const device* owner;
	Pasid pasid;
	Command command;  // CMD_RESUME or CMD_PRI_RESP, without the response
	Stale stale;
	u64 page;                     // kPage: an address in it
	GroupCount* count = nullptr;  // of a group
};

// The transactions of a device without a PASID, or with one.
struct StallSource {
	StallSource(device* the_dev, Pasid the_pasid)
		: dev(the_dev),
		  pasid(the_pasid)
	{
	}

	device* const dev;
	const Pasid pasid;

	// Whether the faults of its domain are resolved.  For the one who attaches the device.
	bool resolved() const { return state_ != State::kIgnored; }

private:
	friend class Stalls;
	friend core::ListNode<StallSource>;
	enum class State : u8 { kIgnored, kHeld, kReported };

	// Under the lock of Stalls.
	State state_ = State::kIgnored;
	TlbTag tag_{};                      // of its domain
	core::ListNode<StallSource> node_;  // of Stalls, unless it is ignored
};

// What becomes of a transaction that has stalled, or of a group.
struct Admission {
	enum class How : u8 {
		kEnded,     // aborted, or ended with SMMUEN
		kHeld,      // until its source is reported
		kReported,  // Stalls::answer() must be called with the token
	};
	How how = How::kEnded;
	u32 token = 0;
};

class Stalls {
public:
	explicit Stalls(Commands& commands)
		: commands_(commands)
	{
	}
	~Stalls() { end(); }
	Stalls(const Stalls&) = delete;
	Stalls& operator=(const Stalls&) = delete;

	// ---- power ----

	// The SMMU is about to translate.
	void begin();
	// SMMUEN is 0: the SMMU has terminated what was stalled, and uses the tags for others once
	// it is 1 again (6.3.9.6).  Sleeps.
	void end();
	// Whether it translates.
	bool active();

	// ---- sources ----

	// From resolve() to ignore(), admit() admits transactions of the source.  Since the last
	// resolve() it holds them until report(), which has those try again.  report() sleeps.
	void resolve(StallSource& source, const TlbTag& tag);
	void report(StallSource& source);
	void ignore(StallSource& source);
	// Aborts those that were reported, and with the source ignored also those that are held.
	// Sleeps.
	void abort(const StallSource& source);
	// Aborts the groups that were admitted, of a device or of all.  When this returns, the SMMU has
	// executed the responses to all that were answered before, too.  Sleeps.
	void abort_groups(const device* owner = nullptr);

	// ---- transactions and groups; sleep ----

	Admission admit(const StalledFault& fault);
	Admission admit(const device* owner, const smmu_event& event);
	u32 waiting(const GroupCount& count);
	// Does nothing if the transaction or group has ended.  Before another try of a write that was
	// not permitted, what the TLB has of its page is invalidated.
	void answer(u32 token, Answer answer);
	// Aborts those that have waited for `ns`.
	struct Expired {
		u32 count = 0;
		Sid first{0};
		bool others_wait = false;
	};
	Expired abort_after(u64 ns);
	// Enters a command that ends one.
	void respond(const Command& command, Answer answer);
	// Aborts whatever is stalled of a stream that aborts, reported or not.
	void terminate(Sid sid);

	void add_to(smmu_stats& stats) const;

private:
	struct Stall {
		const StallSource* source;
		Command command;  // that ends it, without the response
		u32 token;
		bool held;
		u64 since_ns;
		std::optional<Command> forget;  // before another try
		GroupCount* count;              // or nullptr
		core::Box<Stall> next;
	};
	using List = core::Box<Stall>;

	const StallSource* find_source(const StalledFault& fault) const REQUIRES(lock_);
	Admission append(List stall, const StallSource& source, const StalledFault& fault)
		REQUIRES(lock_);
	void forget_translation(u32 token);
	static void clear(List& list);
	template <class Match>
	List take_if(Match match) REQUIRES(lock_);
	template <class Match>
	void end_if(Answer answer, Match match);

	Commands& commands_;
	core::SpinLock lock_;
	bool active_ GUARDED_BY(lock_) = false;
	core::List<StallSource> sources_ GUARDED_BY(lock_);  // those that are resolved
	List pending_ GUARDED_BY(lock_);                     // in the order of their records
	List* tail_ GUARDED_BY(lock_) = &pending_;           // of pending_
	u32 next_token_ GUARDED_BY(lock_) = 0;
	u64 admitted_ = 0, groups_ = 0, expired_ = 0;  // statistics, not atomic
};

}  // namespace smmu3
