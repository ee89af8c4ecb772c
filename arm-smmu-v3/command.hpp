// SPDX-License-Identifier: GPL-2.0-only
// Commands (IHI 0070, chapter 4): 16 bytes each, fields numbered as in the manual.
#pragma once

#include <optional>

#include "arm-smmu-v3/ids.hpp"
#include "core/bits.hpp"

namespace smmu3 {

enum class Opcode : u64 {
	kCfgiSte = 0x03,
	kCfgiSteRange = 0x04,
	kCfgiCd = 0x05,
	kTlbiNhAsid = 0x11,
	kTlbiNhVa = 0x12,
	kTlbiEl2All = 0x20,
	kTlbiEl2Asid = 0x21,
	kTlbiEl2Va = 0x22,
	kTlbiS12VmAll = 0x28,
	kTlbiS2Ipa = 0x2a,
	kTlbiNsnhAll = 0x30,
	kAtcInv = 0x40,
	kPriResp = 0x41,
	kResume = 0x44,
	kStallTerm = 0x45,
	kSync = 0x46,
};

enum class SyncSignal : u64 { kNone = 0, kIrq = 1, kSev = 2 };
enum class PriResponse : u64 { kFailure = 0, kInvalid = 1, kSuccess = 2 };
enum class ResumeResponse : u64 { kTerminate = 0, kRetry = 1, kAbort = 2 };

// The levels of a table that an invalidation covers (the Leaf field).
enum class Levels : u64 { kAll = 0, kLeaf = 1 };

struct Command : core::Bits<Command, u64, 2> {
	using Op = Field<7, 0, Opcode>;

	// Fields of several commands.
	using SSV = Bit<11>;
	using SubstreamID = Field<31, 12, Ssid>;
	using StreamID = Field<63, 32, Sid>;
	using Leaf = Field<64, 64, Levels>;

	// CMD_CFGI_STE_RANGE, 4.3.2
	using Range = Field<68, 64>;

	// CMD_TLBI_*, 4.4
	using NUM = Field<16, 12>;
	using SCALE = Field<24, 20>;
	using VMID = Field<47, 32, Vmid>;
	using ASID = Field<63, 48, Asid>;
	using TTL = Field<73, 72>;
	using TG = Field<75, 74>;
	using InputAddress = Address<127, 76>;

	// CMD_ATC_INV, 4.5.1
	using AtcSize = Field<69, 64>;

	// CMD_PRI_RESP, 4.5.2
	using PRGIndex = Field<72, 64>;
	using PriResp = Field<77, 76, PriResponse>;

	// CMD_RESUME, 4.7.1
	using Resp = Field<13, 12, ResumeResponse>;
	using STAG = Field<79, 64>;

	// CMD_SYNC, 4.7.3
	using CS = Field<13, 12, SyncSignal>;
	using MSH = Field<23, 22>;
	using MSIAttr = Field<27, 24>;
	using MSIData = Field<63, 32>;
	using MSIAddress = Address<115, 66>;

	static constexpr Command of(Opcode op) { return Command{}.with<Op>(op); }
};
static_assert(sizeof(Command) == 16);

// The fields of both, which have none in common.
constexpr Command operator|(Command left, const Command& right)
{
	for (size_t i = 0; i < left.words.size(); i++)
		left.words[i] |= right.words[i];
	return left;
}

// 4.3.1: invalidates the cached STE, and with kAll the L1 descriptor, too.
constexpr Command cfgi_ste(Sid sid, Levels levels)
{
	return Command::of(Opcode::kCfgiSte)
		.with<Command::StreamID>(sid)
		.with<Command::Leaf>(levels);
}

// 4.3.6: CFGI_STE_RANGE over all streams invalidates all cached configuration.
constexpr Command cfgi_all()
{
	return Command::of(Opcode::kCfgiSteRange).with<Command::Range>(31);
}

// 4.3.3: invalidates the cached CD, and with kAll the L1 descriptor, too.
constexpr Command cfgi_cd(Sid sid, Ssid ssid, Levels levels)
{
	return Command::of(Opcode::kCfgiCd)
		.with<Command::StreamID>(sid)
		.with<Command::SubstreamID>(ssid)
		.with<Command::Leaf>(levels);
}

// 4.4.2
constexpr Command tlbi_nh_asid(Vmid vmid, Asid asid)
{
	return Command::of(Opcode::kTlbiNhAsid).with<Command::VMID>(vmid).with<Command::ASID>(asid);
}

constexpr Command tlbi_el2_asid(Asid asid)
{
	return Command::of(Opcode::kTlbiEl2Asid).with<Command::ASID>(asid);
}

constexpr Command tlbi_s12_vmall(Vmid vmid)
{
	return Command::of(Opcode::kTlbiS12VmAll).with<Command::VMID>(vmid);
}

// 4.5.2: responds to a page request group.
constexpr Command pri_resp(Sid sid, std::optional<Ssid> ssid, u16 group, PriResponse response)
{
	return Command::of(Opcode::kPriResp)
		.with<Command::StreamID>(sid)
		.with<Command::SSV>(ssid.has_value())
		.with<Command::SubstreamID>(ssid.value_or(Ssid{}))
		.with<Command::PRGIndex>(group)
		.with<Command::PriResp>(response);
}

// 4.7.1: ends a stalled transaction.
constexpr Command resume_stalled(Sid sid, u16 stag, ResumeResponse response)
{
	return Command::of(Opcode::kResume)
		.with<Command::StreamID>(sid)
		.with<Command::STAG>(stag)
		.with<Command::Resp>(response);
}

// 4.7.2: aborts all stalled transactions of a stream, whose STE must abort.
constexpr Command stall_term(Sid sid)
{
	return Command::of(Opcode::kStallTerm).with<Command::StreamID>(sid);
}

// 4.7.3: completes when every earlier command has completed.
constexpr Command sync(SyncSignal signal)
{
	return Command::of(Opcode::kSync).with<Command::CS>(signal);
}

// Also writes `data` to `address`, in Inner Shareable Write-Back memory.
constexpr Command sync_msi(u64 address, u32 data)
{
	constexpr u64 kInnerShareable = 3, kWriteBack = 0xf;
	return sync(SyncSignal::kIrq)
		.with<Command::MSH>(kInnerShareable)
		.with<Command::MSIAttr>(kWriteBack)
		.with<Command::MSIData>(data)
		.with<Command::MSIAddress>(address);
}

}  // namespace smmu3
