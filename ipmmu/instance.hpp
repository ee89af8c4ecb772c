// SPDX-License-Identifier: GPL-2.0-only
// One IPMMU: its registers, its micro-TLBs, and the devices connected to them.
#pragma once

#include <array>
#include <span>

#include "ipmmu/root.hpp"

namespace ipmmu {

// A port of the IPMMU, to which one or more devices are connected.
struct Utlb {
	Context* context = nullptr;   // nullptr: transactions pass untranslated
	u32 users = 0;                // devices that want the context
	const void* group = nullptr;  // theirs
	bool locked = false;          // the root has failed: nothing passes
};

class Ipmmu {
public:
	// Allocate; writes no register.  Sleeps.  kNoDevice, kInvalid, kNoMemory.
	static Result<core::Box<Ipmmu>> create(device* dev, const ipmmu_platform& platform);

	Ipmmu(device* dev, void* base, Root& root, core::Box<Root> owned);
	~Ipmmu();
	Ipmmu(const Ipmmu&) = delete;
	Ipmmu& operator=(const Ipmmu&) = delete;

	// SAFETY: the shim got the pointer from to_core() and gives it back until it destroys the object.
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
	Result<> suspend();
	Result<> resume();
	bool active() const { return power_ == IPMMU_POWER_ACTIVE; }
	// Trace what has become of the power since `begin`.
	void tell(u64 begin);

	// ---- the rest with the root's lock held ----

	Mmio& mmio() { return mmio_; }
	Utlb& utlb(u32 n) { return utlbs_[n]; }
	bool uses(const Context& context) const
	{
		return context.number < users_.size() && users_[context.number];
	}

	// Keep `context` in force here, for a micro-TLB or for a moment.  kTimedOut: it is not.
	Result<> hold(Context& context);
	void release(Context& context);
	// Let micro-TLB `n` use what it is told; a context must be held by the caller.
	void point(u32 n, Context* context);
	// The root has failed: let nothing through that was translated, now and after every resume.  The
	// context of the lock is enabled in between.
	void prepare_lock();
	void lock();
	// Write IMCTR of a leaf with the bits that leaves have.
	void write_leaf_imctr(const Context& context, bool enable);

	// ---- masters ----

	void join(Master& master);
	void leave(Master& master);
	Master* masters() const { return masters_; }
	Ipmmu* next() const { return next_; }

private:
	friend class Root;  // the list of members

	void write_utlb(u32 n);
	void write_utlbs();
	void turn_utlbs_off();
	void read_control();
	void write_control();
	void turn_contexts_off();
	void turn_stale_contexts_off();
	void write_contexts();
	Result<> flush_contexts();
	void stay_locked();

	device* const dev_;
	Mmio mmio_;
	Root& root_;
	core::Box<Root> owned_;
	ipmmu_info info_{};
	ipmmu_power_state power_ = IPMMU_POWER_OFF;
	ipmmu_power_state told_ = IPMMU_POWER_OFF;
	IMSCTLR imsctlr_;
	IMSAUXCTLR imsauxctlr_;  // of a root
	std::array<Utlb, kMaxUtlbs> utlbs_{};
	std::array<u32, kMaxContexts> users_{};  // who holds each context here
	Master* masters_ = nullptr;
	Ipmmu* next_ = nullptr;
};

inline void Ipmmu::write_leaf_imctr(const Context& context, bool enable)
{
	IMCTR value = IMCTR{}.with<IMCTR::FLUSH>(true);
	if (enable)
		value = IMCTR::from_raw(context.imctr.raw() & IMCTR::kCommon)
				.with<IMCTR::FLUSH>(true);
	mmio_.write_relaxed(layout().context(context.number), value);
}

inline bool Root::has_power() const
{
	return own().active();
}

}  // namespace ipmmu
