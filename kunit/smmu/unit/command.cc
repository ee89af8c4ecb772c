// SPDX-License-Identifier: GPL-2.0-only
// Every command as two raw doublewords (IHI 0070, chapter 4).
#include "arm-smmu-v3/command.hpp"

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

struct Words {
	u64 low, high;
};

void expect_words(test::Case& t, const Command& command, Words expected)
{
	EXPECT_EQ(t, command.words[0], expected.low);
	EXPECT_EQ(t, command.words[1], expected.high);
}

template <class Field>
void expect_place(test::Case& t, Words expected)
{
	Command command;
	command.words[Field::kWord] = Field::kMask;
	expect_words(t, command, expected);
}

void opcodes_are_the_manuals(test::Case& t)
{
	const struct {
		Opcode op;
		u64 number;
	} table[] = {
		{Opcode::kCfgiSte, 0x03},      {Opcode::kCfgiSteRange, 0x04},
		{Opcode::kCfgiCd, 0x05},       {Opcode::kTlbiNhAsid, 0x11},
		{Opcode::kTlbiNhVa, 0x12},     {Opcode::kTlbiEl2All, 0x20},
		{Opcode::kTlbiEl2Asid, 0x21},  {Opcode::kTlbiEl2Va, 0x22},
		{Opcode::kTlbiS12VmAll, 0x28}, {Opcode::kTlbiS2Ipa, 0x2a},
		{Opcode::kTlbiNsnhAll, 0x30},  {Opcode::kPriResp, 0x41},
		{Opcode::kResume, 0x44},       {Opcode::kSync, 0x46},
	};
	for (const auto& entry : table)
		expect_words(t, Command::of(entry.op), {entry.number, 0});
}

void fields_lie_where_the_manual_draws_them(test::Case& t)
{
	expect_place<Command::Op>(t, {0xff, 0});
	expect_place<Command::SSV>(t, {0x800, 0});
	expect_place<Command::SubstreamID>(t, {0xfffff000, 0});
	expect_place<Command::StreamID>(t, {0xffffffff00000000, 0});
	expect_place<Command::Leaf>(t, {0, 1});
	expect_place<Command::Range>(t, {0, 0x1f});
	expect_place<Command::NUM>(t, {0x1f000, 0});
	expect_place<Command::SCALE>(t, {0x1f00000, 0});
	expect_place<Command::VMID>(t, {0x0000ffff00000000, 0});
	expect_place<Command::ASID>(t, {0xffff000000000000, 0});
	expect_place<Command::TG>(t, {0, 0xc00});
	expect_place<Command::InputAddress>(t, {0, 0xfffffffffffff000});
	expect_place<Command::PRGIndex>(t, {0, 0x1ff});
	expect_place<Command::PriResp>(t, {0, 0x3000});
	expect_place<Command::Resp>(t, {0x3000, 0});
	expect_place<Command::STAG>(t, {0, 0xffff});
	expect_place<Command::CS>(t, {0x3000, 0});
	expect_place<Command::MSH>(t, {0xc00000, 0});
	expect_place<Command::MSIAttr>(t, {0xf000000, 0});
	expect_place<Command::MSIData>(t, {0xffffffff00000000, 0});
	expect_place<Command::MSIAddress>(t, {0, 0x000ffffffffffffc});
}

void configuration_is_forgotten_by_stream(test::Case& t)
{
	expect_words(t, cfgi_ste(Sid(0x89abcdef), Levels::kLeaf), {0x89abcdef00000003, 1});
	expect_words(t, cfgi_ste(Sid(0), Levels::kAll), {0x03, 0});
	expect_words(t, cfgi_all(), {0x04, 0x1f});
}

// CMD_CFGI_CD has no SSV (4.3.3), and a bit where there is no field may be CERROR_ILL (4.1.5).
void a_cd_is_named_by_its_substream_alone(test::Case& t)
{
	expect_words(t, cfgi_cd(Sid(0x12), Ssid(0), Levels::kLeaf), {0x0000001200000005, 1});
	expect_words(t, cfgi_cd(Sid(0x12), Ssid(0xfffff), Levels::kAll), {0x00000012fffff005, 0});
}

void translations_are_forgotten_by_tag(test::Case& t)
{
	expect_words(t, tlbi_nh_asid(Vmid(0), Asid(0xffff)), {0xffff000000000011, 0});
	expect_words(t, tlbi_nh_asid(Vmid(0x1234), Asid(0x5678)), {0x5678123400000011, 0});
	expect_words(t, tlbi_el2_asid(Asid(0x0102)), {0x0102000000000021, 0});
	expect_words(t, tlbi_s12_vmall(Vmid(0xbeef)), {0x0000beef00000028, 0});
}

void page_requests_are_answered_by_group(test::Case& t)
{
	expect_words(t, pri_resp(Sid(0x55), std::nullopt, 0x1ff, PriResponse::kFailure),
		     {0x0000005500000041, 0x1ff});
	expect_words(t, pri_resp(Sid(0x55), Ssid(0xabcde), 7, PriResponse::kSuccess),
		     {0x00000055abcde841, 0x2007});
	expect_words(t, pri_resp(Sid(1), Ssid(0), 0, PriResponse::kInvalid),
		     {0x0000000100000841, 0x1000});
}

// Ac is bit 12, Ab bit 13 (4.7.1).
void stalls_end_in_three_ways(test::Case& t)
{
	expect_words(t, resume_stalled(Sid(0x77), 0xffff, ResumeResponse::kTerminate),
		     {0x0000007700000044, 0xffff});
	expect_words(t, resume_stalled(Sid(0x77), 3, ResumeResponse::kRetry),
		     {0x0000007700001044, 3});
	expect_words(t, resume_stalled(Sid(0x77), 3, ResumeResponse::kAbort),
		     {0x0000007700002044, 3});
}

void a_sync_completes_in_silence_by_event_or_by_message(test::Case& t)
{
	expect_words(t, sync(SyncSignal::kNone), {0x46, 0});
	expect_words(t, sync(SyncSignal::kSev), {0x2046, 0});
	// CS 1, Inner Shareable, Write-Back: to an address without its two lowest bits.
	expect_words(t, sync_msi(0x000ffffffffffffc, 0xcafef00d),
		     {0xcafef00d0fc01046, 0x000ffffffffffffc});
	expect_words(t, sync_msi(0x1000, 0), {0x000000000fc01046, 0x1000});
}

}  // namespace

TEST_SUITE(command, TEST_CASE(opcodes_are_the_manuals),
	   TEST_CASE(fields_lie_where_the_manual_draws_them),
	   TEST_CASE(configuration_is_forgotten_by_stream),
	   TEST_CASE(a_cd_is_named_by_its_substream_alone),
	   TEST_CASE(translations_are_forgotten_by_tag),
	   TEST_CASE(page_requests_are_answered_by_group), TEST_CASE(stalls_end_in_three_ways),
	   TEST_CASE(a_sync_completes_in_silence_by_event_or_by_message));
