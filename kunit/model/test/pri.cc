// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's PRI: functions with credits and groups, and who answers them.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kPpar = u64{1} << 18;  // STE, in double-word 1
constexpr u32 kSid = 5, kPasid = 3;

struct Fixture {
	explicit Fixture(Machine& machine, bool pasids = false, const Ids& ids = kRichIds)
		: m(machine),
		  pri(kSid, pasids)
	{
		m.start(ids);
		m.stage1_stream(kSid, 7);
		m.smmu.connect(pri);
		pri.enable(4);
	}

	bool request(u32 group, bool last = true, std::optional<u32> pasid = {})
	{
		return m.smmu.page_request(pri, pasid, 0x1000 * group, group, last);
	}
	// CMD_PRI_RESP: 0 failure, 1 invalid, 2 success.
	void answer(u32 group, u64 code, std::optional<u32> pasid = {})
	{
		m.put(0x41 | u64{kSid} << 32 | (pasid ? 1u << 11 | u64{*pasid} << 12 : 0),
		      group | code << 12);
	}
	// Without room for more, and then one more.
	void overflow()
	{
		for (u32 i = 0; i < 17; i++)
			m.smmu.page_request(20, std::nullopt, 0, i, true, {});
	}

	Machine& m;
	Pri pri;
};

void requests_take_credits_until_the_response(test::Case& t)
{
	Fixture f(machine());

	EXPECT(t, f.request(1, false));
	EXPECT(t, f.request(1, false));
	EXPECT(t, f.request(2));
	EXPECT(t, f.request(1));
	EXPECT(t, !f.request(3));
	EXPECT_EQ(t, f.pri.waiting(), 2);
	f.answer(1, 2);
	EXPECT_EQ(t, f.pri.response(1), PrgCode::kSuccess);
	EXPECT(t, !f.pri.waits(1) && f.pri.waits(2));
	f.answer(2, 1);
	EXPECT_EQ(t, f.pri.response(2), PrgCode::kInvalid);
	EXPECT(t, f.request(3));
	f.pri.disable();
	EXPECT(t, !f.pri.stopped() && !f.request(4));
	f.answer(3, 2);
	EXPECT(t, f.pri.stopped());
	EXPECT_EQ(t, f.m.violations, 0);
}

void responses_to_nothing_are_violations(test::Case& t)
{
	Fixture f(machine());

	f.answer(1, 2);
	EXPECT_EQ(t, f.m.violations, 1);
	EXPECT(t, f.request(1, false));
	f.answer(1, 2);
	EXPECT_EQ(t, f.m.violations, 2);
	EXPECT(t, f.request(1));
	f.answer(1, 2, kPasid);
	EXPECT_EQ(t, f.m.violations, 3);
	f.answer(1, 2);
	f.answer(1, 2);
	f.answer(100, 2);
	EXPECT_EQ(t, f.m.violations, 5);
	EXPECT_EQ(t, f.pri.responses(PrgCode::kSuccess), 1);
}

void response_has_the_pasid_that_the_function_wants(test::Case& t)
{
	for (bool pasids : {false, true}) {
		Fixture f(machine(), pasids);

		EXPECT(t, f.request(1, true, kPasid));
		f.answer(1, 2, pasids ? std::optional(kPasid) : std::nullopt);
		EXPECT_EQ(t, f.m.violations, 0);
		EXPECT(t, f.request(1, true, kPasid));
		f.answer(1, 2, pasids ? std::optional(kPasid + 1) : std::optional(kPasid));
		EXPECT_EQ(t, f.m.violations, 1);
	}
}

void failure_stops_the_function_until_it_is_reset(test::Case& t)
{
	Fixture f(machine());

	EXPECT(t, f.request(1));
	f.answer(1, 0);
	EXPECT(t, f.pri.failed() && !f.request(2));
	f.pri.disable();
	f.pri.enable(4);
	EXPECT(t, !f.request(2));
	f.pri.disable();
	f.pri.reset();
	f.pri.enable(4);
	EXPECT(t, f.request(2));
	EXPECT_EQ(t, f.m.violations, 0);
}

void vf_shares_the_capability_of_its_pf(test::Case& t)
{
	Fixture f(machine());
	Pri vf(20, f.pri);
	const auto request = [&](u32 group) {
		return f.m.smmu.page_request(vf, {}, 0, group, true);
	};

	f.m.smmu.connect(vf);
	EXPECT(t, vf.enabled() && request(1));
	for (u32 group = 1; group <= 3; group++)
		EXPECT(t, f.request(group));
	EXPECT(t, !f.request(4) && !request(2));
	// Groups are of each function.
	f.answer(1, 2);
	EXPECT(t, vf.waits(1) && !f.pri.waits(1));
	f.answer(2, 0);
	EXPECT(t, vf.failed() && !request(2));
	EXPECT_EQ(t, f.m.violations, 0);
	f.m.smmu.disconnect(vf);
}

void overflow_succeeds_for_the_last_of_a_group(test::Case& t)
{
	Fixture f(machine());

	EXPECT(t, f.request(1, false));
	f.overflow();
	EXPECT(t, !f.request(1, false));
	EXPECT(t, f.pri.waits(1));
	EXPECT(t, !f.request(1));
	EXPECT_EQ(t, f.pri.response(1), PrgCode::kSuccess);
	EXPECT_EQ(t, f.pri.waiting(), 0);
	// Nothing is recorded until the overflow is acknowledged.
	f.m.smmu.write32(0x100cc, 16 & 31);
	EXPECT(t, !f.request(1));
	f.m.smmu.write32(0x100cc, 1u << 31 | 16);
	EXPECT(t, f.request(1));
	EXPECT_EQ(t, f.m.violations, 0);
}

void overflow_has_the_pasid_of_ppar(test::Case& t)
{
	for (bool ppar : {false, true}) {
		Fixture f(machine(), ppar);

		f.m.word(f.m.ste(kSid) + 8) |= ppar ? kPpar : 0;
		f.m.put(0x03 | u64{kSid} << 32, 1);
		f.overflow();
		EXPECT(t, !f.request(1, true, kPasid));
		EXPECT_EQ(t, f.pri.responses(PrgCode::kSuccess), 1);
		EXPECT_EQ(t, f.m.violations, 0);
	}
	Ids ids = kRichIds;
	ids.idr3 |= 1u << 5;  // PPS
	Fixture f(machine(), true, ids);
	f.overflow();
	EXPECT(t, !f.request(1, true, kPasid));
	EXPECT_EQ(t, f.pri.responses(PrgCode::kSuccess), 1);
	EXPECT_EQ(t, f.m.violations, 0);
}

void queue_that_is_off_fails_every_request(test::Case& t)
{
	for (u32 cr0 : {0x1du, 0x1cu}) {  // without PRIQEN, and without SMMUEN
		Fixture f(machine());

		f.m.smmu.write32(0x20, cr0);
		EXPECT(t, !f.request(1, false));
		EXPECT_EQ(t, f.pri.responses(PrgCode::kFailure), 1);
		EXPECT(t, f.pri.failed());
		EXPECT_EQ(t, f.m.violations, 0);
	}
}

void response_reaches_none_while_translation_is_off(test::Case& t)
{
	Fixture f(machine());

	EXPECT(t, f.request(1));
	f.m.smmu.write32(0x20, 0x1e);
	f.answer(1, 2);
	EXPECT(t, f.pri.waits(1));
	f.m.smmu.write32(0x20, 0x1f);
	f.answer(1, 2);
	EXPECT(t, !f.pri.waits(1));
	EXPECT_EQ(t, f.m.violations, 0);
}

void stop_marker_gets_no_response(test::Case& t)
{
	Fixture f(machine(), true);

	EXPECT(t, f.m.smmu.stop_marker(kSid, kPasid));
	f.overflow();
	EXPECT(t, !f.m.smmu.stop_marker(kSid, kPasid));
	f.m.smmu.write32(0x20, 0x1d);
	EXPECT(t, !f.m.smmu.stop_marker(kSid, kPasid));
	EXPECT_EQ(t, f.pri.responses(PrgCode::kFailure) + f.pri.responses(PrgCode::kSuccess), 0);
	EXPECT_EQ(t, f.m.violations, 0);
}

}  // namespace

TEST_SUITE(model_pri, TEST_CASE(requests_take_credits_until_the_response),
	   TEST_CASE(responses_to_nothing_are_violations),
	   TEST_CASE(response_has_the_pasid_that_the_function_wants),
	   TEST_CASE(failure_stops_the_function_until_it_is_reset),
	   TEST_CASE(vf_shares_the_capability_of_its_pf),
	   TEST_CASE(overflow_succeeds_for_the_last_of_a_group),
	   TEST_CASE(overflow_has_the_pasid_of_ppar),
	   TEST_CASE(queue_that_is_off_fails_every_request),
	   TEST_CASE(response_reaches_none_while_translation_is_off),
	   TEST_CASE(stop_marker_gets_no_response));
