// SPDX-License-Identifier: GPL-2.0-only
// The core driving the device model: registers, interrupts and memory joined as on a board.
//
//	Board board(t);
//	board.up();
//	Space space(board);
//	Device device(board, {5});
//	device.attach(space);
//	EXPECT_EQ(t, board.dma(5, iova).pa, pa);
//
// Whatever the core does that the architecture forbids fails the case when the board goes.
#pragma once

#include <initializer_list>
#include <optional>

#include "arm-smmu-v3/core.h"
#include "kunit/model/world.hpp"
#include "kunit/shim.hpp"
#include "kunit/test.hpp"

namespace test {

struct Setup {
	model::Ids ids = model::kRichIds;
	model::Options options{};
	smmu_platform platform{
		.page0 = nullptr,  // the board's
		.page1 = nullptr,
		.options = 0,
		.httu = 0,
		.va_bits = 48,
		.page_shift = 12,
		.max_dma_shift = 22,
		.coherent = true,
		.vhe = false,
		.crash_kernel = false,
	};
	// Around each entry into the model, for boards with threads.
	void (*lock)() = nullptr;
	void (*unlock)() = nullptr;

	Setup& option(u32 options_or)
	{
		platform.options |= options_or;
		return *this;
	}
};

// The common variations.
Setup register_setup();  // CMD_SYNC's completion shows in CONS
Setup event_setup();     // the same, and SEV
Setup with_idr0(Setup setup, u32 clear, u32 set);

class Board {
public:
	explicit Board(Case& t, const Setup& setup = {});
	~Board();
	Board(const Board&) = delete;
	Board& operator=(const Board&) = delete;

	// Make and start the core; both must succeed.
	void up();
	int create() { return smmu_core_create(test_device_of(), &platform, &core); }
	int start() { return smmu_core_start(core); }
	void stop(smmu_exit_policy policy = SMMU_EXIT_ABORT) { smmu_core_stop(core, policy); }
	void destroy();

	// One transaction; then the event and PRI queues are drained if their interrupt came.
	model::Dma dma(u32 sid, u64 iova, bool write = false);
	model::Dma dma(u32 sid, u64 iova, model::Access access, std::optional<u32> ssid);
	bool blocked(u32 sid, u64 iova) { return !dma(sid, iova).ok(); }

	// Interrupts that are pending: GERROR at once, the threaded ones when the caller may sleep.
	void deliver_gerror();
	void drain();

	// Replace commands of opcode `op` on their way to the SMMU by a CMD_SYNC that says nothing.
	void swallow(model::Op op) { swallowed_op = static_cast<u32>(op); }

	// What the core wrote, from entry `first` of the model's log.
	bool wrote(u32 offset, u64 value) const;
	u64 ops(model::Op op) const { return smmu.stats().ops[static_cast<u8>(op)]; }
	smmu_stats stats() const;

	Case& t;
	model::Smmuv3& smmu;
	smmu_platform platform;
	smmu_core* core = nullptr;
	Reports reports;

	// ---- what a test may change ----

	// The SMMU consumes one command at each look at CMDQ_CONS.
	bool step_on_poll = false;
	// Called before that, and after each write of a register.
	void (*boundary)(void*) = nullptr;
	void* boundary_context = nullptr;
	// Called before each read of a register.
	void (*before_read)(Board&, u32 offset) = nullptr;
	u64 ns_per_poll = 0;         // moves the fake clock at each look at CMDQ_CONS
	bool deliver = true;         // GERROR's interrupt reaches the core
	bool lose_messages = false;  // no MSI arrives anywhere
	u32 swallowed_op = 0;
	u32 swallowed = 0;  // how many were
	u32 expected_violations = 0;

	u32 violations = 0;
	const char* last_violation = nullptr;
	u32 pending = 0;  // interrupts not delivered, by model::Irq
	u64 cons_reads = 0;

private:
	static device* test_device_of();
	static u64 read(void* ctx, u32 offset, u32 bytes);
	static void write(void* ctx, u32 offset, u32 bytes, u64 value);
	void poll();
	void filter_commands(u32 prod);

	model::Host host_{};
	Setup setup_;
	void* registers_ = nullptr;
};

// A domain and its page table.
class Space {
public:
	explicit Space(Board& board, smmu_stage stage = SMMU_STAGE_1);
	~Space() { destroy(); }
	Space(const Space&) = delete;
	Space& operator=(const Space&) = delete;

	int create(smmu_stage stage)
	{
		return smmu_core_domain_create(board.core, stage, &shim, &domain);
	}
	void destroy();

	bool map(u64 iova, u64 pa, u64 size) { return shim.table.map(iova, pa, size); }
	// Take one entry out and flush as the IOMMU core would.
	bool unmap(u64 iova, u64 size);
	u64 page() const { return shim.answered.pgsize_bitmap & -shim.answered.pgsize_bitmap; }

	Board& board;
	Shim shim;
	smmu_domain* domain = nullptr;
};

// A master.
class Device {
public:
	Device(Board& board, std::initializer_list<u32> sids, u32 ssid_bits = 0);
	~Device() { destroy(); }
	Device(const Device&) = delete;
	Device& operator=(const Device&) = delete;

	int attach(Space& space) { return smmu_core_attach(master, space.domain); }
	int attach_identity() { return smmu_core_attach_identity(master); }
	int attach_blocked() { return smmu_core_attach_blocked(master); }
	void destroy();
	// What reports name it by.
	device* handle() { return reinterpret_cast<device*>(this); }

	smmu_master* master = nullptr;
	int error = 0;
};

}  // namespace test
