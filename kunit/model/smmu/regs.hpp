// SPDX-License-Identifier: GPL-2.0-only
//
// The register file's storage, and the acknowledgements software has to wait for.
#pragma once

#include <array>

#include "kunit/model/smmu/host.hpp"

namespace model {

struct IrqCfg {
	u64 addr;
	u32 data, attr;
};

struct Queue {
	u64 base;
	u32 prod, cons;

	unsigned log2() const { return field(base, 4, 0); }
	u64 address() const { return base & ones(52) & ~ones(5); }
	u32 mask() const { return ones(log2() + 1); }
	u32 index(u32 pointer) const { return pointer & ones(log2()); }
	// Entries between the two pointers, wrap bits included.
	u32 used() const { return (prod - cons) & mask(); }
	bool full() const { return used() >= ones(log2()) + 1; }
	bool empty() const { return used() == 0; }
};

// An Enhanced Command queue.  prod and cons of the queue hold the indices only.
struct Ecmdq {
	Queue q;
	bool en, enack, err, errack;
	u8 reason;
	bool held;  // nothing is consumed (hold_ecmdq())

	bool runs() const { return en && enack && err == errack; }
	bool off() const { return !en && !enack; }
};

constexpr unsigned kMaxEcmdqs = 16;

struct Regs {
	u32 cr0, cr0ack, cr1, cr2;
	u32 gbpa, agbpa;
	u32 irq_ctrl, irq_ctrlack;
	u32 gerror, gerrorn;
	u64 strtab_base;
	u32 strtab_base_cfg;
	Queue cmdq, eventq, priq;
	std::array<Ecmdq, kMaxEcmdqs> ecmdqs;
	std::array<IrqCfg, 4> irq;  // by Irq; kCmdSync is unused

	u32 gbpa_next;  // what GBPA becomes when UPDATE clears
};

enum class Ack : u8 { kCr0, kIrqCtrl, kGbpa, kEcmdq };

constexpr u32 kForever = ~u32{0};

// An update in progress: visible after @left more reads.
struct PendingAck {
	u32 delay;  // knob: reads to make software wait
	u32 left;
	bool pending;
};

}  // namespace model
