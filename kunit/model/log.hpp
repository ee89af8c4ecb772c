// SPDX-License-Identifier: GPL-2.0-only
//
// What a test may look at afterwards: the last writes and commands, and counters.
#pragma once

#include <array>

#include "kunit/model/arch.hpp"

namespace model {

// Keeps the last N entries; total() counts all that ever came.
template <typename T, std::size_t N>
class Ring {
public:
	void push(const T& entry) { slots_[total_++ % N] = entry; }
	void clear() { total_ = 0; }
	u64 total() const { return total_; }
	std::size_t size() const { return total_ < N ? total_ : N; }
	// The oldest entry still kept is number 0.
	const T& operator[](std::size_t i) const
	{
		return slots_[(total_ < N ? i : total_ + i) % N];
	}
	const T& last(std::size_t back = 0) const { return slots_[(total_ - 1 - back) % N]; }

private:
	std::array<T, N> slots_{};
	u64 total_ = 0;
};

struct RegWrite {
	u32 offset;
	u32 width;  // bytes
	u64 value;
};

struct Command {
	u64 w[2];

	u8 op() const { return field(w[0], 7, 0); }
	bool ssv() const { return bit(w[0], 11); }
	u32 ssid() const { return field(w[0], 31, 12); }
	u32 sid() const { return field(w[0], 63, 32); }
	u16 vmid() const { return field(w[0], 47, 32); }
	u16 asid() const { return field(w[0], 63, 48); }
	bool leaf() const { return bit(w[1], 0); }
	u64 address() const { return w[1] & ~ones(12); }
};

struct Msi {
	u64 addr;
	u32 data;
	bool aborted;
};

struct EventRecord {
	u64 w[4];

	Event type() const { return static_cast<Event>(field(w[0], 7, 0)); }
	bool ssv() const { return bit(w[0], 11); }
	u32 ssid() const { return field(w[0], 31, 12); }
	u32 sid() const { return field(w[0], 63, 32); }
	u16 stag() const { return field(w[1], 15, 0); }
	bool stall() const { return bit(w[1], 31); }
	bool pnu() const { return bit(w[1], 33); }
	bool ind() const { return bit(w[1], 34); }
	bool rnw() const { return bit(w[1], 35); }
	bool s2() const { return bit(w[1], 39); }
	Class cls() const { return static_cast<Class>(field(w[1], 41, 40)); }
	u64 input() const { return w[2]; }
	u64 ipa() const { return w[3]; }
};

struct Stats {
	std::array<u64, 256> ops{};     // executed commands by opcode
	std::array<u64, 256> events{};  // events by type, lost ones included
	u64 events_lost = 0;
	u64 ste_fetches = 0, l1std_fetches = 0;
	u64 cd_fetches = 0, l1cd_fetches = 0;
	u64 descriptor_fetches = 0;  // translation table descriptors, both stages
	u64 tlb_hits = 0;
	u64 stale_config_hits = 0;  // a cached STE or CD that memory no longer holds
	u64 dma_while_off = 0;
	u64 dma_bypassed = 0;  // let through untranslated by GBPA
	u64 pri_auto_responses = 0;
	u64 reads = 0, writes = 0;
	u64 violations = 0;
	u64 sevs = 0;
	std::array<u64, 4> irqs{};  // wired, by Irq
};

}  // namespace model
