// SPDX-License-Identifier: GPL-2.0-only
// The verdict on a CMD_SYNC that has completed, by the failures that were noted meanwhile.
#include "arm-smmu-v3/failed_syncs.hpp"

#include "arm-smmu-v3/platform.hpp"
#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;
using test::Case;

using Failed = FailedSyncs<Platform>;
using Verdict = Failed::Verdict;

constexpr u32 kMine = 7, kKept = 16;
constexpr u32 kPositions[] = {0, kMine, (1u << 30) - 1};

void nothing_has_failed(Case& t)
{
	for (u32 position : kPositions)
		EXPECT(t, Failed().verdict(0, position) == Verdict::kCompleted);
}

// Mine fails at any place among others, whichever have failed before.
void failure_is_found_among_others(Case& t)
{
	for (u32 before = 0; before < 40; before++)
		for (u32 after = 0; after < kKept; after++)
			for (u32 position : kPositions) {
				Failed failed;
				for (u32 i = 0; i < before; i++)
					failed.note(100 + i);
				const u32 count = failed.count();
				failed.note(position);
				for (u32 i = 0; i < after; i++)
					failed.note(200 + i);
				EXPECT(t, failed.verdict(count, position) == Verdict::kFailed);
				EXPECT(t, failed.verdict(count, 99) == Verdict::kCompleted);
			}
}

void older_failure_is_not_mine(Case& t)
{
	Failed failed;
	failed.note(kMine);
	EXPECT(t, failed.verdict(failed.count(), kMine) == Verdict::kCompleted);
	failed.note(kMine + 1);
	EXPECT(t, failed.verdict(failed.count() - 1, kMine) == Verdict::kCompleted);
}

// Mine was the first of them, and is overwritten.
void nothing_is_known_after_too_many(Case& t)
{
	Failed failed;
	failed.note(kMine);
	for (u32 i = 0; i < kKept; i++)
		failed.note(100 + i);
	EXPECT(t, failed.verdict(0, kMine) == Verdict::kUnknown);
	EXPECT(t, failed.verdict(0, 99) == Verdict::kUnknown);
	EXPECT(t, failed.verdict(1, 99) == Verdict::kCompleted);
}

}  // namespace

TEST_SUITE(failed_syncs, TEST_CASE(nothing_has_failed), TEST_CASE(failure_is_found_among_others),
	   TEST_CASE(older_failure_is_not_mine), TEST_CASE(nothing_is_known_after_too_many));
