// SPDX-License-Identifier: GPL-2.0-only
//
// The TLB and the walk cache. Entries stay until a TLBI names them: the retention an SMMU is
// allowed, made certain, so that a missing invalidation is a failed test and not luck.
#pragma once

#include "kunit/model/smmu/retained.hpp"
#include "kunit/model/smmu/ste.hpp"

namespace model {

// Leaf1 is what a transaction of a stage 1 stream hits: VA to PA, stage 2 folded in, which is why
// CMD_TLBI_S2_IPA need not touch it (section 4.4.3). Table1 and Table2 are the walk cache.
enum class Kind : u8 { kNone, kLeaf1, kLeaf2, kTable1, kTable2 };

// What an entry permits, by privileged and unprivileged reads, writes and instruction fetches.
namespace perm {
enum : u8 { kPR = 1, kPW = 2, kPX = 4, kUR = 8, kUW = 16, kUX = 32, kAll = 63 };
}

// Whose translations these are.
struct Tag {
	World world;
	u16 asid, vmid;
};

struct TlbEntry {
	u64 ia;   // first input address covered
	u64 pa;   // output; of a table: where the next level lies (an IPA when nested)
	u64 ipa;  // nested leaf: stage 1's output for @ia
	Tag tag;
	Kind kind;
	u8 shift;           // log2 of the bytes covered
	signed char level;  // from -1
	u8 gran;
	bool global;
	bool clean;  // writable once the dirty state has been updated
	u8 perms1, perms2;
	u8 inherited;  // of a table: bits 63:59 of the descriptors on the way
};

struct TlbScope {
	bool stage1, stage2;
	bool any_world;
	World world;
	bool by_vmid, by_asid, by_address;
	bool spare_global;  // by ASID alone: global entries stay
	bool leaf;          // tables stay
	u16 vmid, vmid_mask, asid;
	u64 first, last;
	u8 gran;   // 0: any
	u8 level;  // 0: any
};

class Tlb {
public:
	TlbEntry* find(Kind kind, const Tag& tag, u64 ia, unsigned* matches = nullptr);
	// The deepest table on the way to @ia.
	const TlbEntry* find_table(Kind kind, const Tag& tag, u64 ia, unsigned gran) const;
	void insert(const TlbEntry& entry) { cache_.insert(entry); }
	void drop(const TlbScope& scope);
	void clear() { cache_.clear(); }
	unsigned size() const { return cache_.size(); }

private:
	Retained<TlbEntry, 2048> cache_;
};

}  // namespace model
