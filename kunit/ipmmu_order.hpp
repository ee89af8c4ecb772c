// SPDX-License-Identifier: GPL-2.0-only
// Orders of register accesses, as tables: who, which register, what, and the rule that wants it there.
//
//	const IpmmuStep detach[] = {
//		{kWrite, kLeaf, IMUCTR, 3, 0, "..."},
//	};
//	EXPECT(t, IpmmuOrder(board).next(detach).done());
#pragma once

#include <array>
#include <span>

#include "kunit/ipmmu_board.hpp"

namespace test {

// By the manual's name, and apart from the driver's.
struct IpmmuRegister {
	const char* name;
	enum Bank { kContext, kUtlb, kControl } bank;
	u32 offset;
};

// Contexts or micro-TLBs, one or several in a row.
struct IpmmuWhich {
	constexpr IpmmuWhich(u32 n)
		: first(n),
		  last(n)
	{
	}
	constexpr IpmmuWhich(u32 first, u32 last)
		: first(first),
		  last(last)
	{
	}
	u32 first, last;
};

struct IpmmuStep {
	// kPoll: read until the bits of `value` are 0, once or more.  kGiveUp: read while they are not.
	enum Op { kWrite, kRead, kPoll, kGiveUp } op;
	u32 unit;
	IpmmuRegister reg;
	IpmmuWhich which;
	u32 value;  // that is written
	const char* why;
};

// What a board's units have been asked since clear_trace(), taken step by step.
class IpmmuOrder {
public:
	explicit IpmmuOrder(IpmmuBoard& board)
		: board_(board)
	{
	}

	// The first step that differs fails the case.
	IpmmuOrder& next(std::span<const IpmmuStep> steps);
	// Whether all steps were right and nothing else came after them.
	bool done();

private:
	bool take(const IpmmuStep& step);
	bool take_one(const IpmmuStep& step, u32 offset);
	void fail(const IpmmuStep& step, u32 offset);

	IpmmuBoard& board_;
	u32 at_ = 0;
	bool wrong_ = false;
};

namespace ipmmu_order {

using enum IpmmuStep::Op;
using enum IpmmuRegister::Bank;

constexpr u32 kRoot = 0, kLeaf = 1, kOtherLeaf = 2;

constexpr IpmmuRegister IMCTR{"IMCTR", kContext, 0x00}, IMTTBCR{"IMTTBCR", kContext, 0x08},
	IMBUSCR{"IMBUSCR", kContext, 0x0c}, IMTTLBR0{"IMTTLBR0", kContext, 0x10},
	IMTTUBR0{"IMTTUBR0", kContext, 0x14}, IMSTR{"IMSTR", kContext, 0x20},
	IMMAIR0{"IMMAIR0", kContext, 0x28}, IMELAR{"IMELAR", kContext, 0x30},
	IMEUAR{"IMEUAR", kContext, 0x34};
constexpr IpmmuRegister IMUCTR{"IMUCTR", kUtlb, 0x0}, IMUASID{"IMUASID", kUtlb, 0x8};
constexpr IpmmuRegister IMSCTLR{"IMSCTLR", kControl, 0x500},
	IMSAUXCTLR{"IMSAUXCTLR", kControl, 0x504};

// IMCTR: MMUEN and INTEN; FLUSH; VA64.
constexpr u32 kOn = 1 | 1u << 2, kFlush = 1u << 1, kVa64 = 1u << 29;
constexpr u32 kOff = 0;
// IMUCTR: MMUEN and FLUSH, with the context in TTSEL.
constexpr u32 utlb_on(u32 context)
{
	return context << 4 | 3;
}
constexpr u32 kUseSecgrp = 1u << 28, kS2pte = 1u << 3;
// IMTTBCR: EAE, SL0; on Gen2 also SH0, ORGN0, IRGN0; in stage 2 EAE, PMB, SL0, TSZ0.
constexpr u32 kStage1Gen3 = 1u << 31 | 2u << 6;
constexpr u32 kStage1Gen2 = 1u << 31 | 3u << 12 | 1u << 10 | 1u << 8 | 1u << 4;
constexpr u32 kStage2 = 1u << 31 | 1u << 30 | 1u << 6 | 24;

// Why, where several tables have the same step.
constexpr const char* kBeforeEnable = "the table, before the context is on";
constexpr const char* kNoOldFault = "no fault of before, before INTEN";
constexpr const char* kStaleGone = "on, and what it knew of another table goes";
constexpr const char* kWaited = "FLUSH is waited for";
constexpr const char* kArrived = "it has arrived before another unit is written";
constexpr const char* kLeafFirst = "the leaf before the root: only the root's FLUSH is waited for";
constexpr const char* kAsidFirst = "in force with MMUEN, so before it";
constexpr const char* kUtlbLast = "its context is on by now";

// What a table says of itself, of context `n` of the root.
constexpr std::array<IpmmuStep, 5> stage1_table(u32 n, const ipmmu_pgtable& table)
{
	return {{
		{kWrite, kRoot, IMTTLBR0, n, static_cast<u32>(table.ttb), kBeforeEnable},
		{kWrite, kRoot, IMTTUBR0, n, static_cast<u32>(table.ttb >> 32), kBeforeEnable},
		{kWrite, kRoot, IMTTBCR, n, kStage1Gen3, kBeforeEnable},
		{kWrite, kRoot, IMMAIR0, n, table.mair, kBeforeEnable},
		{kWrite, kRoot, IMSTR, n, 0, kNoOldFault},
	}};
}

// Stage 2 descriptors have their attributes in themselves: no IMMAIR0.
constexpr std::array<IpmmuStep, 4> stage2_table(u32 n, const ipmmu_pgtable& table)
{
	return {{
		{kWrite, kRoot, IMTTLBR0, n, static_cast<u32>(table.ttb), kBeforeEnable},
		{kWrite, kRoot, IMTTUBR0, n, static_cast<u32>(table.ttb >> 32), kBeforeEnable},
		{kWrite, kRoot, IMTTBCR, n, kStage2, kBeforeEnable},
		{kWrite, kRoot, IMSTR, n, 0, kNoOldFault},
	}};
}

// `bus`: IMBUSCR, whose other bits are the firmware's.
constexpr std::array<IpmmuStep, 6> gen2_table(const ipmmu_pgtable& table, u32 bus)
{
	return {{
		{kWrite, kRoot, IMTTLBR0, 0, static_cast<u32>(table.ttb), kBeforeEnable},
		{kWrite, kRoot, IMTTUBR0, 0, static_cast<u32>(table.ttb >> 32), kBeforeEnable},
		{kWrite, kRoot, IMTTBCR, 0, kStage1Gen2, kBeforeEnable},
		{kWrite, kRoot, IMMAIR0, 0, table.mair, kBeforeEnable},
		{kWrite, kRoot, IMBUSCR, 0, bus, "no DVM, no BUSSEL, before the context is on"},
		{kWrite, kRoot, IMSTR, 0, 0, kNoOldFault},
	}};
}

}  // namespace ipmmu_order

}  // namespace test
