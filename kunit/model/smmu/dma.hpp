// SPDX-License-Identifier: GPL-2.0-only
//
// A transaction as it arrives, and what became of it.
#pragma once

#include "kunit/model/smmu/cd.hpp"
#include "kunit/model/log.hpp"
#include "kunit/model/smmu/tlb.hpp"

namespace model {

struct Access {
	bool write = false;
	bool priv = false;
	bool instr = false;
};

enum class Outcome : u8 {
	kTranslated,
	kBypassed,
	kAborted,  // the device sees an error
	kRazWi,    // reads zeroes, writes vanish
	kStalled,  // waits for CMD_RESUME
};

struct Dma {
	Outcome outcome = Outcome::kAborted;
	u64 pa = 0;
	u8 page_shift = 0;          // log2 of the bytes around pa under the same translation
	Event event = Event::NONE;  // the fault met, recorded or not
	bool recorded = false;
	u16 stag = 0;

	bool ok() const { return outcome == Outcome::kTranslated || outcome == Outcome::kBypassed; }
};

// A transaction on its way, after STE overrides.
struct Txn {
	u32 sid, ssid;  // without ssv, ssid is 0: the index of the one CD there is
	bool ssv;
	u64 iova;
	Access acc;
};

struct Fault {
	Event id = Event::NONE;
	bool s2 = false;
	Class cls = Class::IN;
	u64 ipa = 0;
	u64 fetch = 0;  // address of the access that aborted
};

// Everything the configuration says about a stream and a substream.
struct Stream {
	Ste ste;
	Cd cd;
	bool s1, s2;
	Tag tag;
};

// One set of translation tables.
struct Regime {
	bool stage2;
	Tag tag;
	u64 ttb;
	unsigned ia_bits, gran, out_bits;
	int start;
	bool ds;  // 52-bit addresses with 4K and 16K
	bool ha, hd, affd, had, wxn, uwxn, pan;
};

// Where a walk ended.
struct Leaf {
	u64 desc, desc_pa, out;
	u8 shift, inherited;
	signed char level;
};

enum class StallState : u8 { kNone, kWaiting, kRetry, kAbort, kRazWi };

// A transaction that waits, and its STAG is the index of the slot.
struct StallSlot {
	StallState state;
	bool unreported;  // no event yet: the queue was not writable, or STALL_MAX others have none answered
	Txn txn;
};

}  // namespace model
