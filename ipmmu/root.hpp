// SPDX-License-Identifier: GPL-2.0-only
// What a root and its leaves share: the contexts, one lock for all their registers, and a table that
// translates nothing.
#pragma once

#include <array>

#include "core/list.hpp"
#include "core/owner.hpp"
#include "core/spinlock.hpp"
#include "ipmmu/context.hpp"

namespace ipmmu {

using core::Result;
using Guard = core::SpinLock::Guard;

// The locks of a root in the annotations.  The analysis compares expressions and does not know that
// ipmmu.root() and master.root() are the same object; no function uses two roots.  Defined nowhere.
extern core::SpinLock the_roots_lock;
extern core::Mutex the_roots_reports;

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
	// One is for blocked devices, but of one it may be either.
	u32 usable_domains() const { return usable_contexts() > 1 ? usable_contexts() - 1 : 1; }

	// Protects the registers and the state of the root, its leaves, their masters and the domains.
	core::SpinLock& lock() RETURN_CAPABILITY(the_roots_lock) { return lock_; }
	// Keeps domains and masters while their faults are reported; taken before lock().
	const core::Mutex& reports() const RETURN_CAPABILITY(the_roots_reports) { return reports_; }

	// ---- the IPMMUs; the root's own is the first ----

	void join(Ipmmu& member);
	void leave(Ipmmu& member);
	bool has_power() const REQUIRES(the_roots_lock);
	bool leaf_has_power() const REQUIRES(the_roots_lock);
	// Some IPMMU that is awake uses the context.
	bool in_use(const Context& context) const REQUIRES(the_roots_lock)
	{
		return live_ & context.bit();
	}
	// A member has changed what it uses, or its power.
	void update_live() REQUIRES(the_roots_lock);

	// ---- contexts ----

	// Give `context` a number and its registers their values; it is enabled by the first flush.
	// kNoSpace, kTimedOut: it has none.
	Result<> take(Context& context) REQUIRES(the_roots_lock);
	// Contexts that are taken, less that of blocked devices.
	u32 domains() const REQUIRES(the_roots_lock);
	// The other way.
	void give(Context& context) REQUIRES(the_roots_lock);
	Context* context(u32 number) const REQUIRES(the_roots_lock) { return contexts_[number]; }
	// The one for blocked devices; take()n by the first of them.
	Context& nothing() REQUIRES(the_roots_lock) { return nothing_; }

	// Write the registers of a context, IMCTR not.
	void write(Context& context) REQUIRES(the_roots_lock);
	// Enable a context in every IPMMU that uses it and is awake, make them forget what they know of it, and
	// wait.  kTimedOut.
	Result<> flush(const Context& context) REQUIRES(the_roots_lock);
	// The same while an IPMMU comes back to power: waits longer, and tries again.
	Result<> flush_patiently(const Context& context) REQUIRES(the_roots_lock);
	// Let every micro-TLB that is translated use a context that translates nothing.  From then on no
	// register is touched but to do this again.  Members with power get `state`, since `begin`:
	// IPMMU_POWER_FAILED when a restore of `member` has failed, and nothing is certain any more.
	void lock_all(const Ipmmu& member, ipmmu_power_state state, u64 begin)
		REQUIRES(the_roots_lock);
	bool failed() const REQUIRES(the_roots_lock) { return failed_; }
	// The context that micro-TLBs are locked to: what it is, then that it is on, in the root's registers.
	void write_lock() REQUIRES(the_roots_lock);
	void enable_lock() REQUIRES(the_roots_lock);
	const Context& locked() const REQUIRES(the_roots_lock) { return locked_; }

	// ---- faults.cc ----

	bool handle_faults();
	// The one device attached to `context`, or nullptr.
	device* only_client(const Context& context) const REQUIRES(the_roots_lock);

	// ---- domains, for the day the root goes ----

	void adopt(Domain& domain) REQUIRES(the_roots_lock);
	void disown(Domain& domain) REQUIRES(the_roots_lock, the_roots_reports);

private:
	Ipmmu& own() const REQUIRES(the_roots_lock) { return members_.front(); }
	const core::List<Ipmmu>& members() const REQUIRES(the_roots_lock) { return members_; }
	core::List<Ipmmu>::Range leaves() const REQUIRES(the_roots_lock);
	void describe_nothing(Context& context);
	Result<> check_flush(const Context& context) REQUIRES(the_roots_lock);
	u32 find_free(const Context& context) const REQUIRES(the_roots_lock);
	void begin_flush(const Context& context) REQUIRES(the_roots_lock);
	Result<> disable(const Context& context) REQUIRES(the_roots_lock);
	u32 find_spare(const Ipmmu& failed) const REQUIRES(the_roots_lock);
	bool works_elsewhere(u32 number, const Ipmmu& failed) const REQUIRES(the_roots_lock);
	void empty(Context& context) REQUIRES(the_roots_lock);
	bool read_fault(Context& context, ipmmu_fault& fault) REQUIRES(the_roots_lock);
	bool report_fault(u32 number) REQUIRES(the_roots_reports);

	device* const dev_;
	const Soc& soc_;
	const u32 stage_;
	core::SpinLock lock_;
	core::Mutex reports_;
	core::Dma nothing_table_;
	Context nothing_ GUARDED_BY(the_roots_lock);
	Context locked_ GUARDED_BY(the_roots_lock);  // the same, for a root that has failed
	std::array<Context*, kMaxContexts> contexts_ GUARDED_BY(the_roots_lock){};
	core::List<Ipmmu> members_ GUARDED_BY(the_roots_lock);
	core::List<Domain> domains_ GUARDED_BY(the_roots_lock);
	u32 live_ GUARDED_BY(the_roots_lock) = 0;  // bit n: in_use() of context n
	bool failed_ GUARDED_BY(the_roots_lock) = false;
	bool flush_works_ GUARDED_BY(the_roots_lock) = false;
};

}  // namespace ipmmu
