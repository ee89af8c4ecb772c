// SPDX-License-Identifier: GPL-2.0-only
// One IPMMU: its registers, its micro-TLBs and the devices connected to them.
#pragma once

#include <array>
#include <span>

#include "ipmmu/root.hpp"

namespace ipmmu {

// A micro-TLB; one or more devices are connected to it.
struct Utlb {
	Context* context = nullptr;   // nullptr: transactions pass untranslated
	u32 users = 0;                // devices attached to the context
	const void* group = nullptr;  // of the users
	bool quarantined = false;     // uses the quarantine context instead
	bool written = false;         // its registers are up to date
};

class Ipmmu {
public:
	// Accesses no register.  Sleeps.  kNoDevice, kInvalid, kIo, kNoMemory.
	static Result<core::Box<Ipmmu>> create(device* dev, const ipmmu_platform& platform);

	Ipmmu(device* dev, void* base, Root& root, core::Box<Root> owned);
	~Ipmmu();
	Ipmmu(const Ipmmu&) = delete;
	Ipmmu& operator=(const Ipmmu&) = delete;

	// SAFETY: the pointer comes from to_core() and the shim uses it until it destroys the
	// object.
	static Ipmmu& from(ipmmu_core* core) { return *reinterpret_cast<Ipmmu*>(core); }
	ipmmu_core* to_core() { return reinterpret_cast<ipmmu_core*>(this); }

	device* dev() const { return dev_; }
	Root& root() const { return root_; }
	const Layout& layout() const { return root_.layout(); }
	const ipmmu_info& info() const { return info_; }
	bool is_root() const { return info_.is_root; }

	// ---- power.cc ----

	Result<> start();
	void stop();
	// See ipmmu_core_block().
	void block();
	Result<> suspend();
	Result<> resume();
	bool failed() const;
	bool active() const REQUIRES(the_roots_lock) { return power_ == IPMMU_POWER_ACTIVE; }
	// Traces a change of the power state that began at `begin`.
	void trace_power(u64 begin) REQUIRES(the_roots_lock);

	// ---- registers, micro-TLBs, contexts ----

	Mmio& mmio() REQUIRES(the_roots_lock) { return mmio_; }
	Utlb& utlb(u32 n) REQUIRES(the_roots_lock) { return utlbs_[n]; }
	bool uses(const Context& context) const REQUIRES(the_roots_lock)
	{
		return in_use_ & context.bit();
	}
	// Bit n: uses() of context n; 0 while not active.
	u32 live() const REQUIRES(the_roots_lock) { return live_; }
	// For a context that can't be disabled while suspended: resume() disables it.
	void leave_on(const Context& context) REQUIRES(the_roots_lock) { stale_ |= context.bit(); }

	// Takes over and initialises the registers before the first device is attached.
	void claim() REQUIRES(the_roots_lock);
	// Keeps `context` enabled here until release().  kTimedOut: it is not held.
	Result<> hold(Context& context) REQUIRES(the_roots_lock);
	void release(Context& context) REQUIRES(the_roots_lock);
	// Lets micro-TLB `n` use `context`, which the caller holds; nullptr: pass untranslated.
	void point(u32 n, Context* context) REQUIRES(the_roots_lock);
	// Quarantine every micro-TLB that is translated, now and after every resume.  Between the
	// two calls the root enables the quarantine context.
	void prepare_quarantine() REQUIRES(the_roots_lock);
	void quarantine(ipmmu_power_state state) REQUIRES(the_roots_lock);

	// ---- masters ----

	void join(Master& master);
	void leave(Master& master) REQUIRES(the_roots_reports);
	const core::List<Master>& masters() const REQUIRES(the_roots_lock) { return masters_; }

private:
	friend core::ListNode<Ipmmu>;

	const Context* context_of(u32 n) const REQUIRES(the_roots_lock);
	bool keeps_utlbs() const REQUIRES(the_roots_lock);
	void write_utlb(u32 n) REQUIRES(the_roots_lock);
	void write_utlbs() REQUIRES(the_roots_lock);
	void turn_utlbs_off() REQUIRES(the_roots_lock);
	void set_power(ipmmu_power_state power) REQUIRES(the_roots_lock);
	void update_live() REQUIRES(the_roots_lock);
	void read_control() REQUIRES(the_roots_lock);
	void write_control() REQUIRES(the_roots_lock);
	void turn_contexts_off() REQUIRES(the_roots_lock);
	void disable(ContextBank bank) REQUIRES(the_roots_lock);
	const Context* sentinel() const REQUIRES(the_roots_lock);
	bool keeps_registers() const REQUIRES(the_roots_lock);
	void forget_written() REQUIRES(the_roots_lock);
	void write_contexts() REQUIRES(the_roots_lock);
	Result<> flush_contexts() REQUIRES(the_roots_lock);
	void turn_stale_contexts_off() REQUIRES(the_roots_lock);
	Result<> restore() REQUIRES(the_roots_lock);
	void keep_quarantined() REQUIRES(the_roots_lock);

	device* const dev_;
	Mmio mmio_ GUARDED_BY(the_roots_lock);
	Root& root_;
	core::Box<Root> owned_;
	ipmmu_info info_{};
	ipmmu_power_state power_ GUARDED_BY(the_roots_lock) = IPMMU_POWER_OFF;
	ipmmu_power_state traced_ GUARDED_BY(the_roots_lock) = IPMMU_POWER_OFF;
	// Registers may be accessed.  Before the first device behind a leaf is attached, the bus of
	// the leaf may have no clock or be in use by firmware.
	bool claimed_ GUARDED_BY(the_roots_lock) = false;
	bool control_known_ GUARDED_BY(the_roots_lock) = false;
	IMSCTLR imsctlr_ GUARDED_BY(the_roots_lock);
	IMSAUXCTLR imsauxctlr_ GUARDED_BY(the_roots_lock);  // of a root
	std::array<Utlb, kMaxUtlbs> utlbs_ GUARDED_BY(the_roots_lock){};
	// Holders of each context: hold() and micro-TLBs.
	std::array<u32, kMaxContexts> users_ GUARDED_BY(the_roots_lock){};
	u32 in_use_ GUARDED_BY(the_roots_lock) = 0;  // bit n: users_[n] is not 0
	u32 live_ GUARDED_BY(the_roots_lock) = 0;
	// Bit n: IMCTR of context n may be enabled and must be disabled.
	u32 stale_ GUARDED_BY(the_roots_lock) = ~0u;
	core::List<Master> masters_ GUARDED_BY(the_roots_lock);
	core::ListNode<Ipmmu> node_;
};

}  // namespace ipmmu
