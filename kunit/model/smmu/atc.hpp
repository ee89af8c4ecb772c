// SPDX-License-Identifier: GPL-2.0-only
//
// A PCIe function with an Address Translation Cache.  It requests translations, keeps them until an
// invalidation names them, and issues Translated transactions.
#pragma once

#include <array>
#include <optional>

#include "kunit/model/smmu/dma.hpp"

namespace model {

// The status of a Translation Completion (IHI 0070 3.9.1.2).
enum class AtsStatus : u8 { kSuccess, kUnsupported, kAbort };

// A Translation Completion.  Success without a permission denies the access.
struct AtsCompletion {
	AtsStatus status = AtsStatus::kAbort;
	bool read = false, write = false;
	u64 pa = 0;
	u8 shift = 12;
};

// CMD_ATC_INV as it reaches the function.
struct AtcScope {
	std::optional<u32> pasid;
	bool global;  // with a PASID: the entries of every PASID
	u64 first, last;
};

class Atc {
public:
	explicit Atc(u32 sid)
		: sid_(sid)
	{
	}

	u32 sid() const { return sid_; }
	bool enabled() const { return enabled_; }
	// The Enable bit of the ATS Control register.  From clear to set, the ATC is emptied (PCIe,
	// implicit invalidation events).
	void enable();
	void disable() { enabled_ = false; }
	// A reset, or a loss of power.
	void reset();

	// A function that answers no Invalidate Request.
	void ignore_invalidations(bool on) { ignores_ = on; }
	// Entries are kept in spite of the completion that the function sends.
	void lie(bool on) { lies_ = on; }

	struct Entry {
		bool used;
		std::optional<u32> pasid;
		u64 iova, pa;
		u8 shift;
		bool read, write;
	};
	const Entry* find(std::optional<u32> pasid, u64 iova) const;
	// In place of an entry for the same page.
	void insert(std::optional<u32> pasid, u64 iova, const AtsCompletion& completion);
	// False: no answer within the time that PCIe allows.
	bool invalidate(const AtcScope& scope);
	unsigned size() const;
	u64 invalidations() const { return invalidations_; }

private:
	static constexpr unsigned kSlots = 64;

	u32 sid_;
	bool enabled_ = false, ignores_ = false, lies_ = false;
	std::array<Entry, kSlots> slots_{};
	unsigned next_ = 0;
	u64 invalidations_ = 0;
};

}  // namespace model
