// SPDX-License-Identifier: GPL-2.0-only
//
// The SMMU's own accesses to memory: little-endian, single-copy atomic by double-word, abortable.
#pragma once

#include <array>

#include "kunit/model/smmu/host.hpp"

namespace model {

class Memory {
public:
	void bind(const Host& host) { host_ = &host; }

	// False is an external abort; @out is then untouched.
	bool read64(u64 pa, u64& out) const;
	bool read(u64 pa, u64* out, unsigned words) const;
	bool write(u64 pa, const u64* words, unsigned count) const;
	bool write32(u64 pa, u32 value) const;
	// Update of a descriptor by the walker; false if it changed meanwhile or aborted.
	bool exchange(u64 pa, u64 from, u64 to) const;

	// Accesses that touch [first, last] abort from now on.
	bool abort_range(u64 first, u64 last);
	void clear_aborts() { aborts_ = 0; }

private:
	struct Range {
		u64 first, last;
	};

	void* at(u64 pa, u64 size) const;

	const Host* host_ = nullptr;
	std::array<Range, 8> ranges_{};
	unsigned aborts_ = 0;
};

}  // namespace model
