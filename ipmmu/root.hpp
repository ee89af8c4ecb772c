// SPDX-License-Identifier: GPL-2.0-only
// What a root and its leaves share: the contexts, one lock for all their registers, and a table that
// translates nothing.
#pragma once

#include <array>

#include "core/owner.hpp"
#include "core/spinlock.hpp"
#include "ipmmu/context.hpp"

namespace ipmmu {

using core::Result;
using Guard = core::SpinLock::Guard;

class Domain;
class Ipmmu;
class Master;

class Root {
public:
	// Sleeps.  kNoMemory.
	static Result<core::Box<Root>> create(device* dev, const Soc& soc, u32 stage);

	Root(device* dev, const Soc& soc, u32 stage, core::Mutex reports, core::Dma nothing_table);
	// Domains that are left are told that they translate nothing any more.
	~Root();
	Root(const Root&) = delete;
	Root& operator=(const Root&) = delete;

	device* dev() const { return dev_; }
	const Soc& soc() const { return soc_; }
	const Layout& layout() const { return soc_.layout; }
	u32 stage() const { return stage_; }
	u32 usable_contexts() const { return layout().contexts - layout().first_context; }

	// Registers, and everything below, are used by whoever holds it.
	core::SpinLock& lock() { return lock_; }
	// Keeps domains and masters while their faults are reported; taken before lock().
	const core::Mutex& reports() const { return reports_; }

	// ---- the IPMMUs; the root's own is the first ----

	void join(Ipmmu& member);
	void leave(Ipmmu& member);
	bool has_power() const;
	bool leaf_has_power() const;

	// ---- contexts ----

	// Give `context` a number and its registers their values.  kNoSpace, kTimedOut: it has none.
	Result<> take(Context& context);
	// The other way.
	void give(Context& context);
	Context* context(u32 number) const { return contexts_[number]; }
	// The one for blocked devices; take()n by the first of them.
	Context& nothing() { return nothing_; }

	// Write the registers of a context, IMCTR not.
	void write(Context& context);
	// Make every IPMMU that uses it forget what it knows of a context, and wait.  kTimedOut.
	Result<> flush(Context& context);
	// A restore of `member`, begun at `begin`, has failed; nothing is certain any more: let every
	// micro-TLB that is translated use a context that translates nothing.  From then on no register is
	// touched but to do this again.
	void fail(const Ipmmu& member, u64 begin);
	bool failed() const { return failed_; }
	// The context that micro-TLBs are locked to: what it is, then that it is on, in the root's registers.
	void write_lock();
	void enable_lock();
	Context& locked() { return locked_; }

	// ---- faults.cc ----

	bool handle_faults();
	// The one device attached to `context`, or nullptr.
	device* only_client(const Context& context) const;

	// ---- domains, for the day the root goes ----

	void adopt(Domain& domain);
	void disown(Domain& domain);

private:
	Ipmmu& own() const { return *members_; }
	void describe_nothing(Context& context);
	u32 find_spare(const Ipmmu& failed) const;
	bool works_elsewhere(u32 number, const Ipmmu& failed) const;
	void empty(Context& context);
	bool read_fault(Context& context, ipmmu_fault& fault);
	bool report_fault(u32 number);

	device* const dev_;
	const Soc& soc_;
	const u32 stage_;
	core::SpinLock lock_;
	core::Mutex reports_;
	core::Dma nothing_table_;
	Context nothing_;
	Context locked_;  // the same, for a root that has failed
	std::array<Context*, kMaxContexts> contexts_{};
	Ipmmu* members_ = nullptr;
	Domain* domains_ = nullptr;
	bool failed_ = false;
};

}  // namespace ipmmu
