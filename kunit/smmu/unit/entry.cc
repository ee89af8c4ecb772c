// SPDX-License-Identifier: GPL-2.0-only
// Changing a live entry, as hardware may see it: between two steps it reads any mixture of the
// doublewords already stored and those not yet, and keeps what it read until the step ends.
#include "arm-smmu-v3/entry.hpp"

#include "arm-smmu-v3/cd.hpp"
#include "arm-smmu-v3/ste.hpp"
#include "core/result.hpp"
#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

// What hardware looks at, in the manual's bits and apart from the driver's masks (5.2, 5.4).
EntryWords ste_bits_in_use(const EntryWords& w)
{
	constexpr u64 kShcfg = 0x0000300000000000;

	if (!(w[0] & 1))
		return {0x1};
	switch (w[0] >> 1 & 7) {
	case 4:
		return {0xf, kShcfg};
	case 5:
		return {0xf80fffffffffffff, 0xf80c00ff | ((w[1] & 3) == 1 ? kShcfg : 0), 0xffff};
	case 6:
		return {0xf, 0x300c0000 | kShcfg, 0x07dfffff0000ffff, 0x000ffffffffffffc};
	default:
		return {0xf};
	}
}

EntryWords cd_bits_in_use(const EntryWords& w)
{
	if (!(w[0] & 0x80000000))
		return {0x80000000};
	if (w[0] & 0x4000)
		return {0xffffffffffffc000, 0, 0, ~0ull};
	return {~0ull, 0x000ffffffffffff8, 0x0400000000000000, ~0ull};
}

bool ste_blocks(const EntryWords& w)
{
	return !(w[0] & 1) || !(w[0] & 8);
}

bool cd_blocks(const EntryWords& w)
{
	return !(w[0] & 0x80000000);
}

constexpr smmu_pgtable table_at(u64 ttb, u64 mair = 0)
{
	smmu_pgtable table{};
	table.ttb = ttb;
	table.mair = mair;
	table.tsz = 24;
	table.irgn = table.orgn = 1;
	table.sh = 3;
	table.ips = 5;
	return table;
}

constexpr CdTableRef kOneCd{0x10000, S1Format::kLinear, 0};
constexpr CdTableRef kOtherCd{0x20000, S1Format::kLinear, 0};
constexpr CdTableRef kManyCds{0x30000, S1Format::kTwoLevel64K, 16};
constexpr StreamWorld kEl1 = StreamWorld::kEl1, kEl2 = StreamWorld::kEl2;

enum SteIndex {
	kSteZero,
	kSteStale,
	kAbort,
	kBypass,
	kBypassShared,
	kS1,
	kS1Other,
	kS1TwoLevel,
	kS1El2,
	kS1Stalld,
	kS1Terminate,
	kS1Bypass,
	kS1BypassShared,
	kS2,
	kS2Vmid,
	kS2Ttb,
	kS2VmidTtb,
	kS2Shared,
	kS2Stall,
	kS1Ats,
	kS1OtherAts,
	kS1Merge,
	kS2Ats,
	kS2VmidAts,
	kSteKinds
};

constexpr Ste kStes[kSteKinds] = {
	Ste{},
	make_stage2_ste(Vmid(9), table_at(0x90000), ShareabilityOverride::kIncoming,
			StallModel::kForced)
		.with<Ste::V>(false),  // what an invalid one may hold
	make_abort_ste(),
	make_bypass_ste(ShareabilityOverride::kNone),
	make_bypass_ste(ShareabilityOverride::kIncoming),
	make_stage1_ste(kOneCd, kEl1, StallModel::kNone),
	make_stage1_ste(kOtherCd, kEl1, StallModel::kNone),
	make_stage1_ste(kManyCds, kEl1, StallModel::kNone),
	make_stage1_ste(kOneCd, kEl2, StallModel::kNone),
	make_stage1_ste(kOneCd, kEl1, StallModel::kOptional),
	make_stage1_ste(kManyCds, kEl1, StallModel::kNone).with<Ste::S1DSS>(S1Default::kTerminate),
	make_stage1_ste(kManyCds, kEl1, StallModel::kNone).with<Ste::S1DSS>(S1Default::kBypass),
	make_stage1_ste(kManyCds, kEl1, StallModel::kNone)
		.with<Ste::S1DSS>(S1Default::kBypass)
		.with<Ste::SHCFG>(ShareabilityOverride::kIncoming),
	make_stage2_ste(Vmid(1), table_at(0x40000), ShareabilityOverride::kNone, StallModel::kNone),
	make_stage2_ste(Vmid(2), table_at(0x40000), ShareabilityOverride::kNone, StallModel::kNone),
	make_stage2_ste(Vmid(1), table_at(0x50000), ShareabilityOverride::kNone, StallModel::kNone),
	make_stage2_ste(Vmid(2), table_at(0x50000), ShareabilityOverride::kNone, StallModel::kNone),
	make_stage2_ste(Vmid(1), table_at(0x40000), ShareabilityOverride::kIncoming,
			StallModel::kNone),
	make_stage2_ste(Vmid(1), table_at(0x40000), ShareabilityOverride::kNone,
			StallModel::kForced),
	make_stage1_ste(kOneCd, kEl1, StallModel::kNone).with<Ste::EATS>(Ats::kFull),
	make_stage1_ste(kOtherCd, kEl1, StallModel::kNone)
		.with<Ste::EATS>(Ats::kFull)
		.with<Ste::PPAR>(true)
		.with<Ste::MEV>(true),
	make_stage1_ste(kOneCd, kEl1, StallModel::kNone).with<Ste::MEV>(true),
	make_stage2_ste(Vmid(1), table_at(0x40000), ShareabilityOverride::kNone, StallModel::kNone)
		.with<Ste::EATS>(Ats::kFull),
	make_stage2_ste(Vmid(2), table_at(0x40000), ShareabilityOverride::kNone, StallModel::kNone)
		.with<Ste::EATS>(Ats::kFull)
		.with<Ste::MEV>(true),
};

enum CdIndex {
	kCdZero,
	kCdStale,
	kCd,
	kCdAsid,
	kCdTtb,
	kCdAsidTtb,
	kCdMair,
	kCdAll,
	kCdStall,
	kCdEpd0,
	kCdEpd0Asid,
	kCdKinds
};

constexpr Cd kCds[kCdKinds] = {
	Cd{},
	make_stage1_cd(Asid(9), table_at(0x90000, 0x99), StallModel::kForced).with<Cd::V>(false),
	make_stage1_cd(Asid(1), table_at(0x10000, 0xff), StallModel::kNone),
	make_stage1_cd(Asid(2), table_at(0x10000, 0xff), StallModel::kNone),
	make_stage1_cd(Asid(1), table_at(0x20000, 0xff), StallModel::kNone),
	make_stage1_cd(Asid(2), table_at(0x20000, 0xff), StallModel::kNone),
	make_stage1_cd(Asid(1), table_at(0x10000, 0xee), StallModel::kNone),
	make_stage1_cd(Asid(3), table_at(0x30000, 0xdd), StallModel::kForced),
	make_stage1_cd(Asid(1), table_at(0x10000, 0xff), StallModel::kForced),
	// Of a process that has exited: no walks, and the ASID still in use.
	make_quiet_cd(make_stage1_cd(Asid(1), table_at(0x10000, 0xff), StallModel::kNone),
		      StallModel::kNone),
	make_quiet_cd(make_stage1_cd(Asid(2), table_at(0x10000, 0xff), StallModel::kNone),
		      StallModel::kNone),
};

// EATS and MEV, which may be old or new in any mixture.
constexpr EntryWords kSteFree = {0, 0x300c0000}, kCdFree = {};

// One change, watched by hardware.
struct Watch {
	EntryWords (*in_use)(const EntryWords&);
	const EntryWords& free;
	bool (*blocks)(const EntryWords&);
	const EntryWords& from;
	const EntryWords& to;

	bool acts_like(const EntryWords& seen, const EntryWords& whole) const
	{
		const EntryWords used = in_use(whole);
		for (size_t i = 0; i < kEntryWords; i++)
			if ((seen[i] ^ whole[i]) & used[i] & ~free[i])
				return false;
		return true;
	}

	bool harmless(const EntryWords& seen, bool hitless) const
	{
		return acts_like(seen, from) || acts_like(seen, to) || (!hitless && blocks(seen));
	}

	// A doubleword that both entries use and that differs has to change from one to the other in
	// one store: with two of them there is a state that is neither.
	bool can_be_hitless() const
	{
		const EntryWords then = in_use(from), later = in_use(to);
		size_t words = 0;
		for (size_t i = 0; i < kEntryWords; i++)
			words += ((from[i] ^ to[i]) & then[i] & later[i] & ~free[i]) != 0;
		return words <= 1;
	}

	// Every mixture of `before` and `after`.
	bool step_is_harmless(const EntryWords& before, const EntryWords& after, bool hitless) const
	{
		for (u32 stored = 0; stored < 1u << kEntryWords; stored++) {
			EntryWords seen;
			for (size_t i = 0; i < kEntryWords; i++)
				seen[i] = stored >> i & 1 ? after[i] : before[i];
			if (!harmless(seen, hitless))
				return false;
		}
		return true;
	}
};

template <class Entry>
void check_change(test::Case& t, const Watch& watch)
{
	const EntryPlan plan = plan_entry_update<Entry>(watch.from, watch.to);
	EXPECT_EQ(t, plan.hitless, watch.can_be_hitless());
	EXPECT(t, plan.count <= 3);

	EntryWords now = watch.from;
	bool arrived = false;
	for (size_t step = 0; step < plan.count; step++) {
		EXPECT(t, plan.steps[step] != now);
		EXPECT(t, watch.step_is_harmless(now, plan.steps[step], plan.hitless));
		now = plan.steps[step];
		EXPECT(t, !arrived || watch.acts_like(now, watch.to));
		arrived = watch.acts_like(now, watch.to);
	}
	EXPECT(t, now == watch.to);
}

void every_ste_becomes_every_other_without_a_mixture(test::Case& t)
{
	for (const Ste& from : kStes)
		for (const Ste& to : kStes)
			check_change<Ste>(
				t, {ste_bits_in_use, kSteFree, ste_blocks, from.words, to.words});
}

void every_cd_becomes_every_other_without_a_mixture(test::Case& t)
{
	for (const Cd& from : kCds)
		for (const Cd& to : kCds)
			check_change<Cd>(
				t, {cd_bits_in_use, kCdFree, cd_blocks, from.words, to.words});
}

void the_driver_knows_which_bits_hardware_uses(test::Case& t)
{
	for (const Ste& ste : kStes)
		EXPECT(t, Ste::used_bits(ste.words) == ste_bits_in_use(ste.words));
	for (const Cd& cd : kCds)
		EXPECT(t, Cd::used_bits(cd.words) == cd_bits_in_use(cd.words));
}

bool ste_hitless(SteIndex from, SteIndex to)
{
	return plan_entry_update<Ste>(kStes[from].words, kStes[to].words).hitless;
}

size_t steps_of(SteIndex from, SteIndex to)
{
	return plan_entry_update<Ste>(kStes[from].words, kStes[to].words).count;
}

bool cd_hitless(CdIndex from, CdIndex to)
{
	return plan_entry_update<Cd>(kCds[from].words, kCds[to].words).hitless;
}

void blocked_streams_change_without_a_gap(test::Case& t)
{
	for (int other = 0; other < kSteKinds; other++) {
		for (SteIndex blocked : {kSteZero, kSteStale, kAbort}) {
			EXPECT(t, ste_hitless(blocked, static_cast<SteIndex>(other)));
			EXPECT(t, ste_hitless(static_cast<SteIndex>(other), blocked));
		}
	}
}

void bypassing_streams_change_without_a_gap_under_one_shareability(test::Case& t)
{
	for (SteIndex other :
	     {kS1, kS1TwoLevel, kS1El2, kS1Stalld, kS1Terminate, kS1Bypass, kS2, kS2Stall}) {
		EXPECT(t, ste_hitless(kBypass, other));
		EXPECT(t, ste_hitless(other, kBypass));
	}
	EXPECT(t, ste_hitless(kBypassShared, kS2Shared));
	EXPECT(t, ste_hitless(kS2Shared, kBypassShared));
	EXPECT(t, !ste_hitless(kBypass, kS2Shared));
	EXPECT(t, !ste_hitless(kBypass, kS1BypassShared));
}

void a_domain_takes_the_place_of_another_without_a_gap_where_one_word_tells(test::Case& t)
{
	EXPECT(t, ste_hitless(kS1, kS1Other));
	EXPECT(t, ste_hitless(kS1, kS1El2));
	EXPECT(t, ste_hitless(kS1Terminate, kS1BypassShared));
	EXPECT(t, ste_hitless(kS2, kS2Vmid));
	EXPECT(t, ste_hitless(kS2, kS2Ttb));
	EXPECT(t, !ste_hitless(kS2, kS2VmidTtb));
	EXPECT(t, !ste_hitless(kS1, kS2));
	EXPECT(t, !ste_hitless(kS2, kS1));
	EXPECT(t, cd_hitless(kCd, kCdAsid));
	EXPECT(t, cd_hitless(kCd, kCdTtb));
	EXPECT(t, cd_hitless(kCd, kCdEpd0));
	EXPECT(t, !cd_hitless(kCd, kCdAsidTtb));
	EXPECT(t, !cd_hitless(kCdTtb, kCdMair));
}

void ats_and_event_merging_change_without_a_gap(test::Case& t)
{
	EXPECT(t, ste_hitless(kS1, kS1Ats));
	EXPECT(t, ste_hitless(kS1Ats, kS1));
	EXPECT(t, ste_hitless(kS1, kS1OtherAts));
	EXPECT(t, ste_hitless(kS1OtherAts, kS1Merge));
	EXPECT(t, ste_hitless(kS2, kS2Ats));
	EXPECT(t, ste_hitless(kS2Ats, kS2VmidAts));
	EXPECT(t, ste_hitless(kS2VmidAts, kS2));
	EXPECT(t, !ste_hitless(kS1Ats, kS2Ats));
	EXPECT_EQ(t, steps_of(kS1, kS1Ats), 1);
}

void an_entry_that_stays_needs_no_step(test::Case& t)
{
	for (const Ste& ste : kStes)
		EXPECT_EQ(t, plan_entry_update<Ste>(ste.words, ste.words).count, 0);
}

size_t steps(const EntryWords& from, const EntryWords& to)
{
	return plan_entry_update<Ste>(from, to).count;
}

// Each step costs a CMD_SYNC.
void a_change_within_one_doubleword_is_one_step(test::Case& t)
{
	EXPECT_EQ(t, steps(kStes[kAbort].words, kStes[kBypass].words), 1);
	EXPECT_EQ(t, steps(kStes[kS1].words, kStes[kS1Other].words), 1);
	EXPECT_EQ(t, steps(kStes[kS2].words, kStes[kS2Vmid].words), 1);
	EntryWords prepared = kStes[kS1].words;
	prepared[0] = 0x1;  // aborts, and the rest is there
	EXPECT_EQ(t, steps(prepared, kStes[kS1].words), 1);
	EXPECT_EQ(t, steps(kStes[kAbort].words, kStes[kS1].words), 2);
}

void the_hardware_forgets_after_each_step(test::Case& t)
{
	EntryWords live = kStes[kS1].words;
	const EntryPlan plan = plan_entry_update<Ste>(live, kStes[kS2].words);
	size_t forgotten = 0;
	const auto done = update_entry<Ste>(live.data(), kStes[kS2].words, [&]() -> core::Result<> {
		EXPECT(t, live == plan.steps[forgotten]);
		forgotten++;
		return {};
	});
	EXPECT(t, done);
	EXPECT_EQ(t, forgotten, plan.count);
	EXPECT_EQ(t, forgotten, 3);
	EXPECT(t, live == kStes[kS2].words);
}

void a_hardware_that_does_not_forget_is_told_and_changed_all_the_same(test::Case& t)
{
	EntryWords live = kStes[kS1].words;
	size_t asked = 0;
	const auto failed =
		update_entry<Ste>(live.data(), kStes[kS2].words, [&]() -> core::Result<> {
			asked++;
			return core::error(core::Errno::kTimedOut);
		});
	ASSERT(t, !failed);
	EXPECT(t, failed.error() == core::Errno::kTimedOut);
	EXPECT_EQ(t, asked, 3);
	EXPECT(t, live == kStes[kS2].words);
}

}  // namespace

TEST_SUITE(entry, TEST_CASE(every_ste_becomes_every_other_without_a_mixture),
	   TEST_CASE(every_cd_becomes_every_other_without_a_mixture),
	   TEST_CASE(the_driver_knows_which_bits_hardware_uses),
	   TEST_CASE(blocked_streams_change_without_a_gap),
	   TEST_CASE(bypassing_streams_change_without_a_gap_under_one_shareability),
	   TEST_CASE(a_domain_takes_the_place_of_another_without_a_gap_where_one_word_tells),
	   TEST_CASE(ats_and_event_merging_change_without_a_gap),
	   TEST_CASE(an_entry_that_stays_needs_no_step),
	   TEST_CASE(a_change_within_one_doubleword_is_one_step),
	   TEST_CASE(the_hardware_forgets_after_each_step),
	   TEST_CASE(a_hardware_that_does_not_forget_is_told_and_changed_all_the_same));
