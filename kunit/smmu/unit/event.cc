// SPDX-License-Identifier: GPL-2.0-only
// Event records (IHI 0070 7.3): what each of them carries, and what is left alone in those that don't.
#include "arm-smmu-v3/event.hpp"

#include <string_view>

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

// Fields an event has in the manual.
enum Has : u32 {
	kSsv = 1,  // SubstreamID with SSV; without it there always is one
	kAddr = 2,
	kRw = 4,  // RnW, InD, PnU
	kFetch = 8,
	kClassS2 = 16,
	kIpa = 32,  // and S2
	kStall = 64,
};

struct Kind {
	u64 id;
	const char* name;
	u32 has;
};

constexpr Kind kKinds[] = {
	{0x01, "F_UUT", kSsv | kAddr | kRw},
	{0x02, "C_BAD_STREAMID", kSsv},
	{0x03, "F_STE_FETCH", kSsv | kFetch},
	{0x04, "C_BAD_STE", kSsv},
	{0x05, "F_BAD_ATS_TREQ", kSsv | kAddr},
	{0x06, "F_STREAM_DISABLED", kSsv},
	{0x07, "F_TRANSL_FORBIDDEN", kSsv | kAddr | kRw},
	{0x08, "C_BAD_SUBSTREAMID", 0},
	{0x09, "F_CD_FETCH", kSsv | kFetch},
	{0x0a, "C_BAD_CD", kSsv},
	{0x0b, "F_WALK_EABT", kSsv | kAddr | kRw | kFetch | kClassS2},
	{0x10, "F_TRANSLATION", kSsv | kAddr | kRw | kClassS2 | kIpa | kStall},
	{0x11, "F_ADDR_SIZE", kSsv | kAddr | kRw | kClassS2 | kIpa | kStall},
	{0x12, "F_ACCESS", kSsv | kAddr | kRw | kClassS2 | kIpa | kStall},
	{0x13, "F_PERMISSION", kSsv | kAddr | kRw | kClassS2 | kIpa | kStall},
	{0x20, "F_TLB_CONFLICT", kSsv | kAddr | kRw | kIpa},
	{0x21, "F_CFG_CONFLICT", kSsv},
	{0x24, "E_PAGE_REQUEST", kSsv | kAddr},
	{0x25, "F_VMS_FETCH", kSsv | kFetch},
};

smmu_event decode(u64 w0, u64 w1 = 0, u64 w2 = 0, u64 w3 = 0)
{
	Event event;
	event.words = {w0, w1, w2, w3};
	return decode_event(event);
}

// A record with every bit set but the event number's.
smmu_event decode_full(u64 id)
{
	return decode(0xffffffffffffff00 | id, ~0ull, ~0ull, ~0ull);
}

void check_presence(test::Case& t, const Kind& kind)
{
	const smmu_event full = decode_full(kind.id);
	const smmu_event empty = decode(kind.id);

	EXPECT_EQ(t, full.id, kind.id);
	EXPECT(t, std::string_view(full.name) == kind.name);
	EXPECT(t, full.has_ssid);
	EXPECT_EQ(t, empty.has_ssid, !(kind.has & kSsv));
	EXPECT_EQ(t, full.has_address, (kind.has & kAddr) != 0);
	EXPECT_EQ(t, full.has_access, (kind.has & kRw) != 0);
	EXPECT_EQ(t, full.has_fetch_address, (kind.has & kFetch) != 0);
	EXPECT_EQ(t, full.has_ipa, (kind.has & kIpa) != 0);
	EXPECT_EQ(t, full.class_name != nullptr, (kind.has & kClassS2) != 0);
	EXPECT_EQ(t, full.stage2, (kind.has & (kClassS2 | kIpa)) != 0);
	EXPECT_EQ(t, full.stall, (kind.has & kStall) != 0);
	EXPECT(t, !full.has_ste);  // only the driver knows it
	EXPECT(t, !empty.has_ipa && !empty.stage2 && !empty.stall);
}

void check_values(test::Case& t, const Kind& kind)
{
	const smmu_event full = decode_full(kind.id);

	EXPECT_EQ(t, full.sid, 0xffffffff);
	EXPECT_EQ(t, full.ssid, 0xfffff);
	EXPECT_EQ(t, full.address, kind.has & kAddr ? ~0ull : 0);
	EXPECT_EQ(t, full.read, (kind.has & kRw) != 0);
	EXPECT_EQ(t, full.instruction, (kind.has & kRw) != 0);
	EXPECT_EQ(t, full.privileged, (kind.has & kRw) != 0);
	EXPECT_EQ(t, full.ipa, kind.has & kIpa ? 0x000ffffffffff000 : 0);
	EXPECT_EQ(t, full.fetch_address, kind.has & kFetch ? 0x000ffffffffffff8 : 0);
	EXPECT_EQ(t, full.stag, kind.has & kStall ? 0xffff : 0);
}

void every_event_has_its_name_and_fields(test::Case& t)
{
	for (const Kind& kind : kKinds) {
		check_presence(t, kind);
		check_values(t, kind);
	}
}

void all_other_numbers_are_unknown_and_carry_a_stream(test::Case& t)
{
	for (u64 id = 0; id < 256; id++) {
		bool known = false;
		for (const Kind& kind : kKinds)
			known |= kind.id == id;
		if (known)
			continue;
		const smmu_event event = decode_full(id);
		EXPECT_EQ(t, event.id, id);
		EXPECT(t, std::string_view(event.name) == "UNKNOWN");
		EXPECT_EQ(t, event.sid, 0xffffffff);
		EXPECT(t,
		       !event.has_address && !event.has_access && !event.has_ipa && !event.stall);
		EXPECT(t, !event.has_fetch_address && !event.class_name);
	}
}

void a_record_is_kept_as_it_came(test::Case& t)
{
	const smmu_event event = decode(0x1122334455667710, 0x99aabbccddeeff00, 3, 4);
	EXPECT_EQ(t, event.raw[0], 0x1122334455667710);
	EXPECT_EQ(t, event.raw[1], 0x99aabbccddeeff00);
	EXPECT_EQ(t, event.raw[2], 3);
	EXPECT_EQ(t, event.raw[3], 4);
}

// One bit at a time, in F_TRANSLATION: nothing else moves.
void each_bit_says_one_thing(test::Case& t)
{
	EXPECT_EQ(t, decode(0x89abcdef00000010).sid, 0x89abcdef);
	EXPECT(t, decode(0x810).has_ssid);
	EXPECT_EQ(t, decode(0xabcde810).ssid, 0xabcde);
	EXPECT_EQ(t, decode(0x10, 0xbeef).stag, 0xbeef);
	EXPECT(t, decode(0x10, 1ull << 31).stall);
	EXPECT(t, decode(0x10, 1ull << 33).privileged);
	EXPECT(t, decode(0x10, 1ull << 34).instruction);
	EXPECT(t, decode(0x10, 1ull << 35).read);
	EXPECT(t, decode(0x10, 1ull << 39).stage2);
	const smmu_event others =
		decode(0x10, ~(1ull << 31 | 1ull << 33 | 1ull << 34 | 1ull << 35 | 1ull << 39));
	EXPECT(t, !others.stall && !others.privileged && !others.instruction && !others.read &&
			  !others.stage2);
	EXPECT_EQ(t, decode(0x10, 0, 0x8000000012345678).address, 0x8000000012345678);
}

void classes_are_named(test::Case& t)
{
	const char* const names[] = {"CD", "TTD", "IN", "reserved"};
	for (u64 number = 0; number < 4; number++)
		for (u64 id : {0x0b, 0x10, 0x11, 0x12, 0x13})
			EXPECT(t, std::string_view(decode(id, number << 40).class_name) ==
					  names[number]);
}

void an_ipa_is_there_at_stage_2_only(test::Case& t)
{
	const u64 ipa = 0x0000123456789000;
	EXPECT(t, !decode(0x10, 0, 0, ipa).has_ipa);
	EXPECT_EQ(t, decode(0x10, 0, 0, ipa).ipa, 0);
	EXPECT(t, decode(0x10, 1ull << 39, 0, ipa | 0xfff).has_ipa);
	EXPECT_EQ(t, decode(0x10, 1ull << 39, 0, ipa | 0xfff).ipa, ipa);
	EXPECT_EQ(t, decode(0x0b, 1ull << 39, 0, ipa | 0xff8).fetch_address, ipa | 0xff8);
	EXPECT(t, !decode(0x0b, 1ull << 39, 0, ipa).has_ipa);
}

}  // namespace

TEST_SUITE(event, TEST_CASE(every_event_has_its_name_and_fields),
	   TEST_CASE(all_other_numbers_are_unknown_and_carry_a_stream),
	   TEST_CASE(a_record_is_kept_as_it_came), TEST_CASE(each_bit_says_one_thing),
	   TEST_CASE(classes_are_named), TEST_CASE(an_ipa_is_there_at_stage_2_only));
