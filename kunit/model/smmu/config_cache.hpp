// SPDX-License-Identifier: GPL-2.0-only
//
// The configuration cache: everything fetched on the way to a CD, kept until a CFGI names it.
// Nothing is dropped for any other reason, so a missing CFGI shows every time.
#pragma once

#include <array>

#include "kunit/model/smmu/retained.hpp"

namespace model {

enum class Structure : u8 { kNone, kL1std, kSte, kL1cd, kCd };

struct Cached {
	Structure kind;
	u32 sid;
	u32 index;  // SubstreamID of a CD; of an L1CD the number in its table
	u64 pa;     // where it was read
	std::array<u64, 8> w;
};

class ConfigCache {
public:
	const Cached* find(Structure kind, u32 sid, u32 index = 0) const;
	void insert(const Cached& entry) { cache_.insert(entry); }
	void clear() { cache_.clear(); }
	// CMD_CFGI_STE(_RANGE): the streams whose bits above @range match @sid's; 2^range of them.
	// @leaf keeps the L1STD. CDs go with their stream in any case.
	void drop_streams(u32 sid, unsigned range, bool leaf, unsigned split);
	void drop_cd(u32 sid, u32 ssid, bool leaf, unsigned split);
	void drop_cds(u32 sid);
	unsigned size() const { return cache_.size(); }

private:
	Retained<Cached, 512> cache_;
};

}  // namespace model
