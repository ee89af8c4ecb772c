// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/config_cache.hpp"

namespace model {

const Cached* ConfigCache::find(Structure kind, u32 sid, u32 index) const
{
	for (unsigned i = 0; i < high_; i++) {
		const Cached& c = slots_[i];
		if (c.kind == kind && c.sid == sid && c.index == index)
			return &c;
	}
	return nullptr;
}

void ConfigCache::insert(const Cached& entry)
{
	for (unsigned i = 0; i < high_; i++) {
		if (slots_[i].kind == Structure::kNone) {
			slots_[i] = entry;
			return;
		}
	}
	if (high_ < kSlots) {
		slots_[high_++] = entry;
		return;
	}
	evictions_++;
	slots_[next_] = entry;
	next_ = (next_ + 1) % kSlots;
}

void ConfigCache::clear()
{
	for (unsigned i = 0; i < high_; i++)
		slots_[i].kind = Structure::kNone;
	high_ = next_ = 0;
}

void ConfigCache::drop_streams(u32 sid, unsigned range, bool leaf, unsigned split)
{
	const u64 first = (u64{sid} >> range) << range;
	const u64 last = first + ones(range);

	for (unsigned i = 0; i < high_; i++) {
		Cached& c = slots_[i];
		// An L1STD is kept under its index: the StreamID above the split.
		const unsigned shift = c.kind == Structure::kL1std ? split : 0;
		if (c.kind == Structure::kL1std && leaf)
			continue;
		if (c.sid >= first >> shift && c.sid <= last >> shift)
			c.kind = Structure::kNone;
	}
}

void ConfigCache::drop_cd(u32 sid, u32 ssid, bool leaf, unsigned split)
{
	for (unsigned i = 0; i < high_; i++) {
		Cached& c = slots_[i];
		if (c.sid != sid)
			continue;
		if (c.kind == Structure::kCd && c.index == ssid)
			c.kind = Structure::kNone;
		if (c.kind == Structure::kL1cd && !leaf && c.index == ssid >> split)
			c.kind = Structure::kNone;
	}
}

void ConfigCache::drop_cds(u32 sid)
{
	for (unsigned i = 0; i < high_; i++) {
		Cached& c = slots_[i];
		if (c.sid == sid && (c.kind == Structure::kCd || c.kind == Structure::kL1cd))
			c.kind = Structure::kNone;
	}
}

unsigned ConfigCache::size() const
{
	unsigned n = 0;

	for (unsigned i = 0; i < high_; i++)
		n += slots_[i].kind != Structure::kNone;
	return n;
}

}  // namespace model
