// SPDX-License-Identifier: GPL-2.0-only
// What a root and its leaves share: the contexts, one lock for all their registers, and the empty
// table.
#pragma once

#include <array>

#include "core/list.hpp"
#include "core/owner.hpp"
#include "core/spinlock.hpp"
#include "ipmmu/context.hpp"

namespace ipmmu {

using core::Result;
using Guard = core::SpinLock::Guard;

// The locks of a root in the annotations.  The analysis compares expressions and can't see that
// ipmmu.root() and master.root() are the same object; no function uses two roots.  Declared only,
// never defined.
extern core::SpinLock the_roots_lock;
extern core::Mutex the_roots_reports;

class Domain;
class Ipmmu;
class Master;

class Root {
public:
	// Sleeps.  kNoMemory.
	static Result<core::Box<Root>> create(device* dev, const Soc& soc, u32 stage);

	Root(device* dev, const Soc& soc, u32 stage, core::Mutex reports, core::Dma empty_table);
	// Orphans the domains that are left: they no longer translate.
	~Root();
	Root(const Root&) = delete;
	Root& operator=(const Root&) = delete;

	device* dev() const { return dev_; }
	const Soc& soc() const { return soc_; }
	const Layout& layout() const { return soc_.layout; }
	u32 stage() const { return stage_; }
	u32 usable_contexts() const { return layout().contexts - layout().first_context; }
	// One context is reserved for blocked devices.  A root with one context uses it for one or
	// the other.
	u32 usable_domains() const { return usable_contexts() > 1 ? usable_contexts() - 1 : 1; }

	// Protects the registers and the state of the root, its leaves, their masters and the
	// domains.
	core::SpinLock& lock() RETURN_CAPABILITY(the_roots_lock) { return lock_; }
	// Keeps domains and masters alive while their faults are reported; taken before lock().
	const core::Mutex& reports() const RETURN_CAPABILITY(the_roots_reports) { return reports_; }

	// ---- the IPMMUs; the root's own is the first ----

	void join(Ipmmu& member);
	void leave(Ipmmu& member);
	bool has_power() const REQUIRES(the_roots_lock);
	bool leaf_has_power() const REQUIRES(the_roots_lock);
	// Whether an active IPMMU uses the context.
	bool in_use(const Context& context) const REQUIRES(the_roots_lock)
	{
		return live_ & context.bit();
	}
	// Called after the live() of a member has changed.
	void update_live() REQUIRES(the_roots_lock);

	// ---- contexts ----

	// Allocates a context number and writes the registers; the first flush enables the context.
	// kNoSpace, kTimedOut, kIo: no number is allocated.
	Result<> take(Context& context) REQUIRES(the_roots_lock);
	// The contexts taken by domains, and those that wait for a flush: all but the one for blocked devices.
	u32 domains() const REQUIRES(the_roots_lock);
	// Disables `context` and frees its number.  kTimedOut: the IPMMU may still read its page table, and the
	// number is free when the flush has ended.
	Result<> give(Context& context) REQUIRES(the_roots_lock);
	Context* context(u32 number) const REQUIRES(the_roots_lock) { return contexts_[number]; }
	// The context for blocked devices; the first of them takes it.
	Context& empty_context() REQUIRES(the_roots_lock) { return empty_; }

	// Looks whether flushes that did not end in time have ended: their contexts are free then.  Does
	// nothing without power.
	void forget_flushed() REQUIRES(the_roots_lock);
	// Whether such a flush may have ended, which can't be read without power.
	bool must_look() const REQUIRES(the_roots_lock) { return flushing_ && !has_power(); }

	// Writes the registers of a context except IMCTR.
	void write(Context& context) REQUIRES(the_roots_lock);
	// Enables a context in every active IPMMU that uses it, invalidates its TLB entries there,
	// and waits. kTimedOut.
	Result<> flush(const Context& context) REQUIRES(the_roots_lock);
	// As flush(), for resume: waits longer and retries.
	Result<> flush_patiently(const Context& context) REQUIRES(the_roots_lock);
	// Quarantines every micro-TLB that is translated: it uses a context with the empty table.
	// Registers are then accessed only to repeat this after a resume.  Active members change to
	// `state`: IPMMU_POWER_FAILED if the restore of `member` has failed.
	void quarantine_all(const Ipmmu& member, ipmmu_power_state state, u64 begin)
		REQUIRES(the_roots_lock);
	bool failed() const REQUIRES(the_roots_lock) { return failed_; }
	// The context of quarantined micro-TLBs: write_quarantine() disables it and writes its
	// registers, enable_quarantine() enables it, both in the root.
	void write_quarantine() REQUIRES(the_roots_lock);
	void enable_quarantine() REQUIRES(the_roots_lock);
	const Context& quarantine_context() const REQUIRES(the_roots_lock) { return quarantine_; }

	// ---- faults.cc ----

	bool handle_faults();
	// The one device attached to `context`, or nullptr.
	device* only_client(const Context& context) const REQUIRES(the_roots_lock);

	// ---- inspect.cc ----

	ipmmu_context_use read_use(u32 number);
	// A part of what a context maps, if it is that of `wanted`; as pgtable::next_range().  Sleeps.
	os_scan scan(u32 number, const ipmmu_domain* wanted, u64& iova, os_range& range);

	// ---- domains, which ~Root() orphans ----

	void adopt(Domain& domain) REQUIRES(the_roots_lock);
	void disown(Domain& domain) REQUIRES(the_roots_lock, the_roots_reports);

private:
	Ipmmu& own() const REQUIRES(the_roots_lock) { return members_.front(); }
	const core::List<Ipmmu>& members() const REQUIRES(the_roots_lock) { return members_; }
	core::List<Ipmmu>::Range leaves() const REQUIRES(the_roots_lock);
	void describe_empty(Context& context);
	Result<> check_flush(const Context& context) REQUIRES(the_roots_lock);
	u32 find_free(const Context& context) REQUIRES(the_roots_lock);
	u32 find_flushing() const REQUIRES(the_roots_lock);
	bool is_free(u32 number) const REQUIRES(the_roots_lock)
	{
		return !contexts_[number] && !(flushing_ & 1u << number);
	}
	void begin_flush(const Context& context) REQUIRES(the_roots_lock);
	Result<> disable(const Context& context) REQUIRES(the_roots_lock);
	u32 find_spare(const Ipmmu& failed) const REQUIRES(the_roots_lock);
	bool is_used_elsewhere(u32 number, const Ipmmu& failed) const REQUIRES(the_roots_lock);
	void make_empty(Context& context) REQUIRES(the_roots_lock);
	Domain* domain_of(u32 number) const REQUIRES(the_roots_lock);
	bool read_fault(Context& context, ipmmu_fault& fault) REQUIRES(the_roots_lock);
	bool report_fault(u32 number) REQUIRES(the_roots_reports);

	device* const dev_;
	const Soc& soc_;
	const u32 stage_;
	core::SpinLock lock_;
	core::Mutex reports_;
	core::Dma empty_table_;
	Context empty_ GUARDED_BY(the_roots_lock);
	Context quarantine_ GUARDED_BY(the_roots_lock);  // for quarantined micro-TLBs
	std::array<Context*, kMaxContexts> contexts_ GUARDED_BY(the_roots_lock){};
	core::List<Ipmmu> members_ GUARDED_BY(the_roots_lock);
	core::List<Domain> domains_ GUARDED_BY(the_roots_lock);
	u32 live_ GUARDED_BY(the_roots_lock) = 0;  // bit n: in_use() of context n
	// Bit n: the flush that disables context n has not ended.  The context was a domain's.
	u32 flushing_ GUARDED_BY(the_roots_lock) = 0;
	bool failed_ GUARDED_BY(the_roots_lock) = false;
	bool flush_works_ GUARDED_BY(the_roots_lock) = false;
};

}  // namespace ipmmu
