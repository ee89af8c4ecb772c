// SPDX-License-Identifier: GPL-2.0-only
//
// An IPMMU: a root with contexts and a TLB, leaves with micro-TLBs and a TLB of their own, or both in
// one.  As strict as hardware may be: translations stay until they are flushed, also over a loss of
// power; after it IMCTR and IMUCTR are 0, which Linux's driver relies on, and the other registers hold garbage;
// and what the drivers' facts say must be so is checked.
#pragma once

#include <array>

#include "core/spinlock.hpp"
#include "kunit/model/arch.hpp"
#include "kunit/model/log.hpp"

namespace model {

enum class IpmmuGeneration { kGen2, kGen3, kGen4 };

struct IpmmuHost {
	void* ctx;
	void* (*phys)(void* ctx, u64 pa, u64 size);
	// The fault interrupt; called with the lock released.
	void (*irq)(void* ctx);
	// Software did what must not be; @a and @b say where.
	void (*violation)(void* ctx, const char* what, u64 a, u64 b);
};

// An access to a register, in the order of all units.
struct IpmmuAccess {
	u8 unit;
	bool write;
	u32 offset;
	u32 value;

	constexpr bool operator==(const IpmmuAccess&) const = default;
};

class Ipmmu;

// What several units share: the order of things, and counters.
struct IpmmuTrace {
	Ring<IpmmuAccess, 2048> accesses;
	u64 reads = 0, writes = 0, violations = 0, faults = 0, bypassed = 0, walks = 0,
	    tlb_hits = 0;
	u64 out_of_order = 0;             // writes that came before what they need
	const char* why_wrong = nullptr;  // the last of them
	u64 drop_write = 0;               // ignore this one, counted from 1, once
	u32 drop_bits = 0;                // not all of it, these bits alone
	bool dropped = false;
	u64 swap_write = 0;  // exchange this one with the next, counted from 1, once
	IpmmuAccess late{};  // it, until then
	Ipmmu* late_unit = nullptr;
	core::SpinLock lock;
};

struct IpmmuDma {
	enum What { kTranslated, kBypassed, kFault } what;
	u64 pa;

	bool ok() const { return what == kTranslated; }
};

class Ipmmu {
public:
	static constexpr u32 kContexts = 16, kUtlbs = 64, kBytes = 0x20000;

	// @root: of a leaf; nullptr for a root.
	void configure(u8 unit, const IpmmuHost& host, IpmmuTrace& trace,
		       IpmmuGeneration generation, Ipmmu* root, u64 seed = 1);

	u32 read32(u32 offset);
	void write32(u32 offset, u32 value);
	// As a master connected to micro-TLB @utlb.
	IpmmuDma access(u32 utlb, u64 iova, bool write);

	void power_off();
	// @lost: registers hold what a reset leaves.
	void power_on(bool lost = true);
	bool powered() const { return powered_; }
	// As a former kernel left it: every register holds anything, and micro-TLBs are on.
	void disturb() { scramble(); }
	// Some context's FLUSH has not ended.
	bool flushing();

	// ---- what hardware does badly ----

	void hold_flush(bool hold) { held_ = hold; }
	// FLUSH reads 1 this many times.
	void slow_flush(u32 reads) { latency_ = reads; }
	// So many writes of FLUSH are lost: it stays 1 until it is written again.
	void lose_flushes(u32 count) { lost_flushes_ = count; }
	// Writes are acknowledged on the way, and arrive in order when the unit is read.
	void post_writes(bool post) { posts_ = post; }
	// As when time passes without a register access.
	void finish_flushes();
	// IMSTR gets these bits as if the table walk had failed so.
	void inject_fault(u32 context, u32 bits, u64 iova);
	// Page tables must have NS set, as in hardware.
	void check_ns(bool check) { check_ns_ = check; }

	// ---- for the memory behind it ----

	struct Context {
		u32 imctr, imttbcr, imbuscr, imttlbr0, imttubr0, imstr, immair0, imelar, imeuar;
	};
	struct Utlb {
		u32 imuctr, imuasid;
	};
	const Context& context(u32 n) const { return contexts_[n]; }
	const Utlb& utlb(u32 n) const { return utlbs_[n]; }
	u32 imsctlr() const { return imsctlr_; }
	u32 imsauxctlr() const { return imsauxctlr_; }
	u32 contexts() const;
	u32 utlbs() const;
	u32 context_offset(u32 n) const;
	u32 utlb_offset(u32 n) const;
	u32 control_offset() const { return gen4() ? 0x1000 : 0; }

private:
	struct Entry {
		bool valid;
		u8 utlb, context;  // utlb: of a micro-TLB's own entries
		u64 iova, size, pa;
		bool readable, writable;
	};
	struct Walk {
		bool ok;
		u32 imstr;
		Entry entry;
	};

	bool gen2() const { return generation_ == IpmmuGeneration::kGen2; }
	bool gen4() const { return generation_ == IpmmuGeneration::kGen4; }
	bool is_root() const { return root_ == this; }
	void violation(const char* what, u64 a, u64 b = 0);
	u32 garbage();
	void scramble();

	u32* find(u32 offset, u32& context);
	u32 load(u32 offset);
	void store(u32 offset, u32 value);
	void arrive();
	void check_order(const u32* at, u32 context, u32 value);
	void check_utlb_order(u32 n, u32 imuctr);
	void out_of_order(const char* why);
	void write_context(u32 n, u32 reg, u32 value);
	u32 read_imctr(u32 n);
	void forget(u32 context);
	void catch_up(u32 context);
	void forget_utlb(u32 n);

	IpmmuDma translate(u32 n, u64 iova, bool write, bool& irq);
	bool usable(u32 utlb, u32 context);
	Walk find_translation(u32 n, u32 context, u64 iova);
	Entry* lookup(u32 utlb, u32 context, u64 iova);
	void remember(Entry entry, u8 utlb);
	Walk walk(u32 context, u64 iova);
	Walk walk_stage1(const Context& context, u64 iova);
	Walk walk_stage2(const Context& context, u64 iova);
	Walk descend(u64 table, u32 level, u32 top_bits, u64 iova, bool stage2, u32 mair);
	Walk leaf(u64 descriptor, u64 iova, u64 size, bool stage2, u32 mair);
	IpmmuDma fault(u32 context, u32 bits, u64 iova, bool& irq);

	u8 unit_ = 0;
	const IpmmuHost* host_ = nullptr;
	IpmmuTrace* trace_ = nullptr;
	IpmmuGeneration generation_ = IpmmuGeneration::kGen3;
	Ipmmu* root_ = nullptr;
	bool powered_ = false, held_ = false, check_ns_ = false, posts_ = false;
	u32 latency_ = 0, lost_flushes_ = 0;
	struct Posted {
		u32 offset, value;
	};
	std::array<Posted, 256> posted_{};
	u32 posted_count_ = 0;
	u64 random_ = 1;
	std::array<Context, kContexts> contexts_{};
	std::array<Utlb, kUtlbs> utlbs_{};
	std::array<u32, kContexts>
		flushing_{};  // of a root: reads until done, plus one; 0: not flushing
	std::array<u64, kContexts> begun_{};    // of a root: the latest flush
	std::array<u64, kContexts> flushed_{};  // of a root: the latest that has ended
	std::array<u64, kContexts>
		due_{};  // of a leaf: forget with this one of its root's; 0: nothing to
	u32 imsctlr_ = 0, imsauxctlr_ = 0;
	std::array<Entry, 64> tlb_{};
	u32 next_entry_ = 0;
};

}  // namespace model
