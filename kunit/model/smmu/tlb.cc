// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/tlb.hpp"

namespace model {

namespace {

bool is_stage2(Kind kind)
{
	return kind == Kind::kLeaf2 || kind == Kind::kTable2;
}

bool is_table(Kind kind)
{
	return kind == Kind::kTable1 || kind == Kind::kTable2;
}

bool same_tag(const TlbEntry& e, const Tag& tag)
{
	if (e.tag.world != tag.world)
		return false;
	if (tag.world == World::kEl1 && e.tag.vmid != tag.vmid)
		return false;
	if (is_stage2(e.kind) || tag.world == World::kEl2 || e.global)
		return true;
	return e.tag.asid == tag.asid;
}

bool covers(const TlbEntry& e, u64 ia)
{
	return (e.ia ^ ia) >> e.shift == 0;
}

bool in_scope_address(const TlbEntry& e, const TlbScope& s)
{
	if (e.ia > s.last || e.ia + ones(e.shift) < s.first)
		return false;
	if (s.gran && e.gran != s.gran)
		return false;
	// TTL is the leaf's level; tables go down to the one above it.
	if (is_table(e.kind))
		return !s.level || e.level < s.level;
	return !s.level || e.level == s.level;
}

bool in_scope(const TlbEntry& e, const TlbScope& s)
{
	if (e.kind == Kind::kNone || !(is_stage2(e.kind) ? s.stage2 : s.stage1))
		return false;
	if (!s.any_world && e.tag.world != s.world)
		return false;
	if (s.by_vmid && ((e.tag.vmid ^ s.vmid) & ~s.vmid_mask & 0xffff))
		return false;
	if (s.by_asid && !is_stage2(e.kind)) {
		if (e.global ? s.spare_global : e.tag.asid != s.asid)
			return false;
	}
	if (s.leaf && is_table(e.kind))
		return false;
	return !s.by_address || in_scope_address(e, s);
}

}  // namespace

TlbEntry* Tlb::find(Kind kind, const Tag& tag, u64 ia, unsigned* matches)
{
	TlbEntry* hit = nullptr;
	unsigned n = 0;

	for (TlbEntry& e : cache_.entries()) {
		if (e.kind != kind || !covers(e, ia) || !same_tag(e, tag))
			continue;
		if (!hit)
			hit = &e;
		n++;
	}
	if (matches)
		*matches = n;
	return hit;
}

const TlbEntry* Tlb::find_table(Kind kind, const Tag& tag, u64 ia, unsigned gran) const
{
	const TlbEntry* best = nullptr;

	for (const TlbEntry& e : cache_.entries()) {
		if (e.kind != kind || e.gran != gran || !covers(e, ia) || !same_tag(e, tag))
			continue;
		if (!best || e.shift < best->shift)
			best = &e;
	}
	return best;
}

void Tlb::drop(const TlbScope& scope)
{
	cache_.drop_if([&](const TlbEntry& e) { return in_scope(e, scope); });
}

}  // namespace model
