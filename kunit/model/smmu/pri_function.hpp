// SPDX-License-Identifier: GPL-2.0-only
//
// The Page Request Interface of a PCIe function (PCIe 10.4, IHI 0070 8).  It has a credit for each request
// that it may have outstanding, and a group of requests ends with the one response to its last.
#pragma once

#include <array>
#include <optional>

#include "kunit/model/arch.hpp"

namespace model {

// The codes of a PRG Response Message (IHI 0070 8.3).
enum class PrgCode : u8 { kNone, kSuccess, kInvalid, kFailure };

class Pri {
public:
	static constexpr unsigned kGroups = 64;  // PRG indices that it uses

	// @pasids: "PRG Response PASID Required".
	explicit Pri(u32 sid, bool pasids = false)
		: sid_(sid),
		  pasids_(pasids)
	{
	}
	// A VF, which has the capability of @pf.
	Pri(u32 sid, Pri& pf)
		: sid_(sid),
		  pasids_(pf.pasids_),
		  shared_(pf.shared_)
	{
	}
	Pri(const Pri&) = delete;
	Pri& operator=(const Pri&) = delete;

	u32 sid() const { return sid_; }

	// ---- its capability ----

	// Both while it is disabled: forgets what it has requested; grants it @credits.
	void reset();
	void enable(u32 credits);
	// It requests nothing more.
	void disable() { shared_.enabled = false; }
	bool enabled() const { return shared_.enabled; }
	// Disabled, and all that it has requested is answered.
	bool stopped() const { return !shared_.enabled && !shared_.used; }
	// It has got a Response Failure, and requests nothing until it is reset.
	bool failed() const { return shared_.failed; }
	u32 credits() const { return shared_.credits; }

	// ---- groups ----

	// Whether it waits for a response, and the last one that it has got.
	bool waits(u32 group) const { return groups_[group].requests; }
	PrgCode response(u32 group) const { return groups_[group].response; }
	unsigned waiting() const;
	// How often it has got @code.
	u32 responses(PrgCode code) const { return responses_[static_cast<u8>(code)]; }

	// ---- for the SMMU ----

	// A request leaves; false: it has no credit, is not enabled or has failed.
	bool request(u32 group, std::optional<u32> pasid, bool last);
	// What is wrong with a response, or nullptr.  @automatic: the SMMU's own, which may end a group
	// before its last request.
	const char* respond(u32 group, std::optional<u32> pasid, PrgCode code, bool automatic);

private:
	struct Group {
		u32 requests;
		bool complete;
		std::optional<u32> pasid;
		PrgCode response;
	};

	// The capability, which a PF shares with its VFs.
	struct Shared {
		bool enabled = false, failed = false;
		u32 credits = 0, used = 0;
	};

	const u32 sid_;
	const bool pasids_;
	Shared own_;
	Shared& shared_ = own_;
	std::array<Group, kGroups> groups_{};
	std::array<u32, 4> responses_{};
};

}  // namespace model
