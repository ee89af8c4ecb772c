// SPDX-License-Identifier: GPL-2.0-only
// A board with a power switch, and with a hook and counters at every register access of the core.
#pragma once

#include "kunit/board.hpp"
#include "kunit/testos.h"

namespace test {

class PowerBoard : public Board {
public:
	// A core that is started, with SubstreamID-less client 5 attached to `space`.
	explicit PowerBoard(Case& t, const Setup& setup = {});
	~PowerBoard();

	int suspend() { return smmu_core_suspend(core); }
	int resume() { return smmu_core_resume(core); }
	// Suspended, and without power; false when it would not.
	bool down(bool retain = false);
	// Power is back, and resumed.
	int wake();
	bool cycle(bool retain = false) { return down(retain) && wake() == 0; }
	u32 state() const { return stats().power.state; }
	// Access `iova` as client: what it reaches, or ~0.
	u64 reach(u64 iova, u32 sid = kSid);

	struct Counts {
		u32 reads = 0, writes = 0;
	};
	// Accesses since the last call.
	Counts take_counts();
	// The value last written at `offset` since the last take_counts(), or ~0.
	u64 last_written(u32 offset) const;

	static constexpr u32 kSid = 5;

	// Called before each access with its number since take_counts().
	void (*on_access)(PowerBoard&, u32 number, bool write) = nullptr;

	struct Access {
		u32 offset;
		bool write;
		u64 value;
	};
	static constexpr u32 kMaxAccesses = 512;
	Access accesses[kMaxAccesses];
	u32 access_count = 0;
	Access last_access{};

private:
	static u64 read(void* ctx, u32 offset, u32 bytes);
	static void write(void* ctx, u32 offset, u32 bytes, u64 value);
	void note(u32 offset, bool is_write, u64 value);

	char* inner_;
	void* outer_;
};

// A domain, and the client attached to it.
struct Client {
	explicit Client(PowerBoard& board, u32 sid = PowerBoard::kSid);

	Space space;
	Device device;
};

// The page after `iova` in turn: 4 KiB pages at kIova and up lead to kPa and up.
constexpr u64 kIova = 0x10000, kPa = 0x4000'0000, kPage = 0x1000;

}  // namespace test
