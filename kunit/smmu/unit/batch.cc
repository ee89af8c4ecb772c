// SPDX-License-Identifier: GPL-2.0-only
// Batches, over a queue that only remembers what it was given.
#include "arm-smmu-v3/batch.hpp"

#include "kunit/base/test.hpp"

namespace {

using namespace smmu3;

struct FakeQueue {
	static constexpr u32 kMaxCommands = 8;
	static constexpr u32 kMaxCalls = 16;

	struct Call {
		size_t commands;
		Completion completion;
	};

	u32 calls_made = 0;
	Call calls[kMaxCalls];
	u64 next = 0;  // the stream the next command must name
	bool in_order = true;
	u32 fail_at = kMaxCalls;
	Outcome outcome = Outcome::kIssued;
	void* used = nullptr;  // the section of the last call

	// What a batch does with its caller's section.
	struct ReadSection {
		u32 breaths = 0;
		void breathe() { breaths++; }
	};

	core::Result<Outcome> issue(ReadSection& section, std::span<const Command> commands,
				    Completion completion)
	{
		used = &section;
		if (calls_made == fail_at)
			return core::error(core::Errno::kTimedOut);
		calls[calls_made++] = {commands.size(), completion};
		for (const Command& command : commands)
			in_order &= command.words[0] >> 32 == next++;
		return outcome;
	}
};

using Batch = CommandBatch<FakeQueue>;

// Add `count` commands that name the streams 0, 1, ...
core::Result<> fill(Batch& batch, u32 count)
{
	for (u32 sid = 0; sid < count; sid++)
		TRY(batch.add(cfgi_ste(Sid(sid), Levels::kLeaf)));
	return {};
}

void what_fits_enters_at_once_and_is_waited_for(test::Case& t)
{
	for (u32 count = 0; count <= 7; count++) {
		FakeQueue queue;
		FakeQueue::ReadSection section;
		Batch batch(queue, section, Completion::kNone);
		EXPECT(t, fill(batch, count));
		EXPECT_EQ(t, queue.calls_made, 0);
		EXPECT(t, batch.submit());
		ASSERT_EQ(t, queue.calls_made, 1);
		EXPECT_EQ(t, queue.calls[0].commands, count);
		EXPECT(t, queue.calls[0].completion == Completion::kSync);
		EXPECT(t, queue.in_order);
		EXPECT(t, queue.used == &section);
		EXPECT_EQ(t, section.breaths, 0);
	}
}

void a_full_batch_enters_as_the_smmu_needs_it(test::Case& t)
{
	for (Completion on_overflow : {Completion::kNone, Completion::kSync}) {
		FakeQueue queue;
		FakeQueue::ReadSection section;
		Batch batch(queue, section, on_overflow);
		EXPECT(t, fill(batch, 7 + 7 + 1));
		EXPECT(t, batch.submit());
		ASSERT_EQ(t, queue.calls_made, 3);
		for (u32 i = 0; i < 2; i++) {
			EXPECT_EQ(t, queue.calls[i].commands, 7);
			EXPECT(t, queue.calls[i].completion == on_overflow);
		}
		EXPECT_EQ(t, queue.calls[2].commands, 1);
		EXPECT(t, queue.calls[2].completion == Completion::kSync);
		EXPECT(t, queue.in_order);
		EXPECT_EQ(t, queue.next, 15);
		EXPECT_EQ(t, section.breaths, 2);
	}
}

void a_batch_starts_again_after_it_was_submitted(test::Case& t)
{
	FakeQueue queue;
	FakeQueue::ReadSection section;
	Batch batch(queue, section, Completion::kNone);
	EXPECT(t, fill(batch, 3));
	EXPECT(t, batch.submit());
	EXPECT(t, batch.submit());
	EXPECT_EQ(t, queue.calls[0].commands, 3);
	EXPECT_EQ(t, queue.calls[1].commands, 0);
}

void an_smmu_that_does_not_answer_is_told(test::Case& t)
{
	FakeQueue queue;
	FakeQueue::ReadSection section;
	queue.fail_at = 0;
	Batch batch(queue, section, Completion::kSync);
	EXPECT(t, fill(batch, 7));
	const auto eighth = batch.add(cfgi_all());
	EXPECT(t, !eighth && eighth.error() == core::Errno::kTimedOut);
	const auto submitted = batch.submit();
	EXPECT(t, !submitted && submitted.error() == core::Errno::kTimedOut);
}

void an_smmu_that_is_off_is_told(test::Case& t)
{
	FakeQueue queue;
	FakeQueue::ReadSection section;
	Batch batch(queue, section, Completion::kNone);
	const auto issued = batch.submit();
	EXPECT(t, issued && *issued == Outcome::kIssued);
	queue.outcome = Outcome::kElided;
	const auto elided = batch.submit();
	EXPECT(t, elided && *elided == Outcome::kElided);
}

}  // namespace

TEST_SUITE(batch, TEST_CASE(what_fits_enters_at_once_and_is_waited_for),
	   TEST_CASE(a_full_batch_enters_as_the_smmu_needs_it),
	   TEST_CASE(a_batch_starts_again_after_it_was_submitted),
	   TEST_CASE(an_smmu_that_does_not_answer_is_told), TEST_CASE(an_smmu_that_is_off_is_told));
