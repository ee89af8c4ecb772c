// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/config_cache.hpp"

namespace model {

const Cached* ConfigCache::find(Structure kind, u32 sid, u32 index) const
{
	for (const Cached& c : cache_.entries())
		if (c.kind == kind && c.sid == sid && c.index == index)
			return &c;
	return nullptr;
}

void ConfigCache::drop_streams(u32 sid, unsigned range, bool leaf, unsigned split)
{
	const u64 first = (u64{sid} >> range) << range;
	const u64 last = first + ones(range);

	cache_.drop_if([&](const Cached& c) {
		const bool l1std = c.kind == Structure::kL1std;
		// An L1STD is kept under its index: the StreamID above the split.
		const unsigned shift = l1std ? split : 0;
		return !(l1std && leaf) && c.sid >= first >> shift && c.sid <= last >> shift;
	});
}

void ConfigCache::drop_cd(u32 sid, u32 ssid, bool leaf, unsigned split)
{
	cache_.drop_if([&](const Cached& c) {
		if (c.sid != sid)
			return false;
		if (c.kind == Structure::kL1cd)
			return !leaf && c.index == ssid >> split;
		return c.kind == Structure::kCd && c.index == ssid;
	});
}

void ConfigCache::drop_cds(u32 sid)
{
	cache_.drop_if([&](const Cached& c) {
		return c.sid == sid && (c.kind == Structure::kCd || c.kind == Structure::kL1cd);
	});
}

}  // namespace model
