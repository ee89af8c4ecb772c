// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's ATS: functions with an ATC.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u64 kFull = u64{1} << 28;  // STE.EATS, in double-word 1
constexpr u64 kReadOnly = kPage1 | 1u << 7;
constexpr u32 kChecking = 0x1f;  // CR0: everything, and ATSCHK

// A stage 1 stream with EATS, one page mapped, and its function.
struct Fixture {
	explicit Fixture(Machine& machine, u32 sid = 5)
		: m(machine),
		  atc(sid)
	{
		m.start();
		m.smmu.write32(0x20, kChecking);
		root = m.stage1_stream(sid, 7);
		m.map(root, 0x1000, 0x80001000 | kPage1);
		eats(kFull);
		m.smmu.connect(atc);
		atc.enable();
	}

	void eats(u64 value)
	{
		m.word(m.ste(atc.sid()) + 8) = value;
		m.put(0x03 | u64{atc.sid()} << 32, 1);
		m.sync();
	}
	void unmap(u64 iova)
	{
		m.slot(root, iova, 0, 3) = 0;
		m.put(0x12 | u64{7} << 48, iova | 1);
		m.sync();
	}
	void invalidate(u64 iova, unsigned size, u64 extra = 0)
	{
		m.put(0x40 | u64{atc.sid()} << 32 | extra, iova | size);
		m.sync();
	}
	Dma access(u64 iova, bool write = false)
	{
		return m.smmu.ats_access(atc, std::nullopt, iova, {.write = write});
	}
	AtsCompletion request(u64 iova, bool write = false)
	{
		return m.smmu.translation_request(atc.sid(), std::nullopt, iova, {.write = write});
	}

	Machine& m;
	Atc atc;
	u64 root = 0;
};

void atc_keeps_an_unmapped_page_until_invalidated(test::Case& t)
{
	Fixture f(machine());

	EXPECT_EQ(t, f.access(0x1234).pa, 0x80001234);
	f.unmap(0x1000);
	EXPECT(t, f.m.read(5, 0x1000).outcome == Outcome::kAborted);
	EXPECT(t, f.access(0x1000).ok());
	f.invalidate(0x1000, 0);
	EXPECT(t, !f.access(0x1000).ok());
	EXPECT_EQ(t, f.m.violations, 0);
}

// The span is 4096 << Size bytes, aligned to itself; 52 names everything.
void invalidation_covers_its_span(test::Case& t)
{
	Fixture f(machine());
	const auto fill = [&] {
		for (u64 page = 0; page < 4; page++) {
			f.m.map(f.root, page << 12, (0x80000000 + (page << 12)) | kPage1);
			EXPECT(t, f.access(page << 12).ok());
		}
	};

	fill();
	f.invalidate(0x3000, 1);
	EXPECT_EQ(t, f.atc.size(), 2);
	EXPECT(t, f.atc.find(std::nullopt, 0x1000));
	EXPECT(t, !f.atc.find(std::nullopt, 0x2000));
	fill();
	f.invalidate(0, 0);
	EXPECT_EQ(t, f.atc.size(), 3);
	f.invalidate(0x123456789000, 52);
	EXPECT_EQ(t, f.atc.size(), 0);
	f.m.put(0x40 | u64{5} << 32, 53);
	EXPECT_EQ(t, f.m.active_gerror(), 1);
}

void invalidation_names_one_function(test::Case& t)
{
	Fixture f(machine());
	Atc other(6);

	f.m.smmu.connect(other);
	EXPECT(t, f.access(0x1000).ok());
	f.m.put(0x40 | u64{6} << 32, 52);
	f.m.sync();
	EXPECT_EQ(t, f.atc.size(), 1);
	EXPECT_EQ(t, other.invalidations(), 1);
	f.m.smmu.disconnect(f.atc);
	f.invalidate(0, 52);
	EXPECT_EQ(t, f.atc.size(), 1);
}

void pasid_of_an_invalidation_is_obeyed(test::Case& t)
{
	Fixture f(machine());
	constexpr u64 kSsv = 1u << 11, kGlobal = 1u << 9;
	const AtsCompletion granted{AtsStatus::kSuccess, true, true, 0x80001000, 12};
	const auto fill = [&] {
		f.atc.insert(std::nullopt, 0x1000, granted);
		f.atc.insert(1, 0x1000, granted);
		f.atc.insert(2, 0x1000, granted);
	};

	fill();
	f.invalidate(0x1000, 0, kSsv | 2u << 12);
	EXPECT_EQ(t, f.atc.size(), 2);
	EXPECT(t, !f.atc.find(2, 0x1000));
	f.invalidate(0x1000, 0, kSsv | 2u << 12 | kGlobal);
	EXPECT_EQ(t, f.atc.size(), 0);
	fill();
	f.invalidate(0x1000, 0);  // without a PASID: all of them
	EXPECT_EQ(t, f.atc.size(), 0);
}

// 3.9.1.2
void requests_are_answered_by_configuration(test::Case& t)
{
	Fixture f(machine());
	const auto bad_request = [&] {
		const auto e = f.m.event();
		return e && e->type() == Event::F_BAD_ATS_TREQ && e->sid() == 5;
	};

	EXPECT(t, f.request(0x1000).status == AtsStatus::kSuccess);
	const AtsCompletion unmapped = f.request(0x9000);
	EXPECT(t, unmapped.status == AtsStatus::kSuccess);
	EXPECT(t, !unmapped.read && !unmapped.write);
	EXPECT(t, !f.m.event());

	f.eats(0);
	EXPECT(t, f.request(0x1000).status == AtsStatus::kUnsupported);
	EXPECT(t, bad_request());
	f.m.word(f.m.ste(5)) = 1 | 4u << 1;  // bypass: EATS is ignored
	f.eats(kFull);
	EXPECT(t, f.request(0x1000).status == AtsStatus::kUnsupported);
	EXPECT(t, bad_request());
	f.m.word(f.m.ste(5)) = 1;
	f.eats(kFull);
	EXPECT(t, f.request(0x1000).status == AtsStatus::kUnsupported);
	EXPECT(t, !f.m.event());
	f.m.word(f.m.ste(5)) = 0;
	f.eats(kFull);
	EXPECT(t, f.request(0x1000).status == AtsStatus::kAbort);
	EXPECT(t, !f.m.event());
	f.m.smmu.write32(0x20, 0x1e);
	EXPECT(t, f.request(0x1000).status == AtsStatus::kUnsupported);
	EXPECT(t, bad_request());
}

void permissions_are_those_of_the_page(test::Case& t)
{
	Fixture f(machine());

	f.m.map(f.root, 0x2000, 0x80002000 | kReadOnly);
	const AtsCompletion both = f.request(0x1000, true), one = f.request(0x2000, true);
	EXPECT(t, both.read && both.write);
	EXPECT(t, one.read && !one.write);
	EXPECT(t, f.access(0x2000).ok());
	EXPECT(t, !f.access(0x2000, true).ok());
	EXPECT(t, f.access(0x1000).ok());  // read only so far: another request follows
	EXPECT(t, f.access(0x1000, true).ok());
}

// Requests are served from the TLB, and fill it.
void request_uses_the_tlb(test::Case& t)
{
	Fixture f(machine());

	EXPECT(t, f.m.read(5, 0x1000).ok());
	f.m.slot(f.root, 0x1000, 0, 3) = 0;
	EXPECT(t, f.request(0x1000).read);
	f.unmap(0x1000);
	EXPECT(t, !f.request(0x1000).read);
}

void translated_traffic_needs_eats(test::Case& t)
{
	Fixture f(machine());

	EXPECT(t, f.access(0x1000).ok());
	f.eats(0);
	EXPECT(t, f.access(0x1000).event == Event::F_TRANSL_FORBIDDEN);
	f.eats(kFull);
	EXPECT(t, f.access(0x1000).ok());
	f.atc.disable();
	EXPECT(t, !f.access(0x1000).ok());
	EXPECT_EQ(t, f.atc.size(), 1);
	f.atc.enable();  // from clear to set
	EXPECT_EQ(t, f.atc.size(), 0);
}

void atc_outlives_the_smmu(test::Case& t)
{
	Fixture f(machine());

	EXPECT(t, f.access(0x1000).ok());
	f.m.smmu.write32(0x20, 0x1e);
	EXPECT(t, f.access(0x1000).event == Event::F_TRANSL_FORBIDDEN);
	f.invalidate(0, 52);  // ignored: SMMUEN is 0
	EXPECT_EQ(t, f.atc.size(), 1);
	f.m.smmu.power_off();
	EXPECT(t, !f.access(0x1000).ok());
	f.m.smmu.power_on();
	EXPECT_EQ(t, f.atc.size(), 1);
	f.m.prod = 0;
	f.m.enable();
	f.m.smmu.write32(0x20, kChecking);
	EXPECT(t, f.access(0x1000).ok());  // stale, had it been unmapped
	f.invalidate(0, 52);
	EXPECT_EQ(t, f.atc.size(), 0);
	f.atc.reset();
	EXPECT(t, !f.access(0x1000).ok());
}

void unanswered_invalidation_fails_the_sync(test::Case& t)
{
	Fixture f(machine());

	EXPECT(t, f.access(0x1000).ok());
	f.atc.ignore_invalidations(true);
	f.m.put(0x40 | u64{5} << 32, 52);
	EXPECT_EQ(t, f.m.active_gerror(), 0);
	const u32 at = f.m.prod;
	f.m.sync();
	EXPECT_EQ(t, f.m.smmu.read32(0x9c) >> 24 & 0x7f, 3);
	EXPECT_EQ(t, f.m.smmu.read32(0x9c) & 31, at);
	f.m.smmu.write32(0x64, f.m.smmu.read32(0x60));
	EXPECT_EQ(t, f.m.smmu.read32(0x9c) & 31, f.m.prod);
	EXPECT_EQ(t, f.atc.size(), 1);
	f.atc.ignore_invalidations(false);
	f.atc.lie(true);
	f.invalidate(0, 52);
	EXPECT_EQ(t, f.m.active_gerror(), 0);
	EXPECT_EQ(t, f.atc.size(), 1);
}

}  // namespace

TEST_SUITE(model_ats, TEST_CASE(atc_keeps_an_unmapped_page_until_invalidated),
	   TEST_CASE(invalidation_covers_its_span), TEST_CASE(invalidation_names_one_function),
	   TEST_CASE(pasid_of_an_invalidation_is_obeyed),
	   TEST_CASE(requests_are_answered_by_configuration),
	   TEST_CASE(permissions_are_those_of_the_page), TEST_CASE(request_uses_the_tlb),
	   TEST_CASE(translated_traffic_needs_eats), TEST_CASE(atc_outlives_the_smmu),
	   TEST_CASE(unanswered_invalidation_fails_the_sync));
