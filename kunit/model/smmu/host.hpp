// SPDX-License-Identifier: GPL-2.0-only
//
// What surrounds the model: memory, interrupt wires, a lock, and where broken rules are reported.
#pragma once

#include "kunit/model/arch.hpp"

namespace model {

enum class Irq : u8 { kEventq, kPriq, kCmdSync, kGerror };

// Only phys() is required. irq() and sev() are called with the lock released, so that a handler
// may read registers; violation() and msi() are called with it held and must not come back.
struct Host {
	void* ctx;
	// Where @size bytes at @pa live, or nullptr for an external abort.
	void* (*phys)(void* ctx, u64 pa, u64 size);
	void (*irq)(void* ctx, Irq which);
	// True: taken. False (or no function): the model writes the word to memory.
	bool (*msi)(void* ctx, u64 addr, u32 data);
	void (*sev)(void* ctx);
	void (*lock)(void* ctx);
	void (*unlock)(void* ctx);
	// Software did what the architecture forbids; @a and @b say where.
	void (*violation)(void* ctx, const char* what, u64 a, u64 b);
};

// Identification registers, as read.
struct Ids {
	u32 idr0, idr1, idr2, idr3, idr4, idr5, iidr, aidr;
	u32 idr6 = 0;

	bool s1p() const { return bit(idr0, 1); }
	bool s2p() const { return bit(idr0, 0); }
	bool hyp() const { return bit(idr0, 9); }
	bool ats() const { return bit(idr0, 10); }
	bool ns1ats() const { return bit(idr0, 11); }
	bool aarch32() const { return bit(idr0, 2); }
	bool asid16() const { return bit(idr0, 12); }
	bool msi() const { return bit(idr0, 13); }
	bool sev() const { return bit(idr0, 14); }
	bool pri() const { return bit(idr0, 16); }
	bool vmid16() const { return bit(idr0, 18); }
	bool cd2l() const { return bit(idr0, 19); }
	unsigned httu() const { return field(idr0, 7, 6); }
	unsigned stall_model() const { return field(idr0, 25, 24); }
	bool term_model() const { return bit(idr0, 26); }
	bool two_level_strtab() const { return field(idr0, 28, 27) == 1; }
	unsigned sid_bits() const { return field(idr1, 5, 0); }
	unsigned ssid_bits() const { return field(idr1, 10, 6); }
	unsigned priq_log2() const { return field(idr1, 15, 11); }
	unsigned eventq_log2() const { return field(idr1, 20, 16); }
	unsigned cmdq_log2() const { return field(idr1, 25, 21); }
	bool ecmdq() const { return bit(idr1, 31); }
	unsigned ecmdq_pages() const { return ecmdq() ? 1u << field(idr6, 27, 24) : 0; }
	unsigned ecmdqs_per_page() const { return 1u << field(idr6, 19, 16); }
	unsigned ecmdqs() const { return ecmdq_pages() * ecmdqs_per_page(); }
	bool perms_ovr() const { return bit(idr1, 26); }
	bool pps() const { return bit(idr3, 5); }
	bool stt() const { return bit(idr3, 9); }
	bool ril() const { return bit(idr3, 10); }
	unsigned bbml() const { return field(idr3, 12, 11); }
	unsigned oas_bits() const { return address_bits(field(idr5, 2, 0)); }
	// Input address size, section 3.4.
	unsigned ias_bits() const { return aarch32() && oas_bits() < 40 ? 40 : oas_bits(); }
	// The largest TxSZ: small translation tables need STT.
	unsigned max_tsz(unsigned gran) const { return !stt() ? 39 : gran == 16 ? 47 : 48; }
	bool granule(unsigned shift) const { return bit(idr5, 4 + (shift - 12) / 2); }
	bool va52() const { return field(idr5, 11, 10) == 1 || field(idr5, 11, 10) == 2; }
	// 52-bit addresses with 4K and 16K; 64K has them without.
	bool ds() const { return bit(idr5, 7); }
};

// Choices an implementation has. All false is the strictest SMMU the manual allows.
struct Options {
	bool page1_in_page0 = false;     // page 1's registers answer at page 0 (no second page)
	bool gbpa_resets_abort = false;  // GBPA.ABORT out of reset; otherwise bypass
	bool deferred = false;  // commands wait for step(); otherwise PROD's write consumes them
	bool cache_valid_only = false;  // do not keep invalid STEs, CDs and level-1 descriptors
	bool keeps_caches = false;  // TLB and configuration cache outlive power loss, as they may
	u64 seed = 0;               // of the garbage registers hold after power loss
};

}  // namespace model
