// SPDX-License-Identifier: GPL-2.0-only
// The CMD_SYNC that producers of one group share.  Each thread is one of them, and the leader waits until all
// have a ticket.
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "kunit/host/threaded.hpp"
#include "kunit/smmu/fixture/queue_bench.hpp"

using namespace smmu3;
using test::Case;
using test::kSyncMethods;
using test::model_mutex;
using test::QueueBench;
using test::QueueHooks;
using test::Setup;
using test::SteeredQueue;

namespace {

using Result = core::Result<Outcome>;

constinit u32 members = 0;
constinit void (*all_have_tickets)(QueueBench&) = nullptr;

// Both attempts alone fail.  So does the leader's first one, after which it looks again who has joined.
bool until_all_have_tickets()
{
	static thread_local u32 attempts;
	if (attempts++ < 2)
		return true;
	if (attempts > 3)
		return false;
	while (__atomic_load_n(&QueueHooks::tickets, __ATOMIC_ACQUIRE) < members)
		std::this_thread::yield();
	if (all_have_tickets)
		all_have_tickets(*QueueHooks::bench);
	return true;
}

// One that executes at once what PROD covers.
Setup prompt()
{
	Setup setup = test::threaded();
	setup.options.deferred = false;
	return setup;
}

struct Group {
	Group(Case& t, SyncMethod method, u32 how_many, const Setup& setup = prompt())
		: bench(t, method, 7, setup)
	{
		members = how_many;
		all_have_tickets = nullptr;
		QueueHooks::bench = &bench;
		QueueHooks::relax = [] { std::this_thread::yield(); };
		QueueHooks::ns_per_look = 1;
		bench.power_up();
	}

	template <class Work>
	std::vector<Result> run(Work work)
	{
		QueueHooks::contended = until_all_have_tickets;
		QueueHooks::reservations = QueueHooks::tickets = 0;
		std::vector<Result> results(members, Outcome::kIssued);
		std::vector<std::thread> threads;
		for (u32 me = 0; me < members; me++)
			threads.emplace_back([&, me] { results[me] = work(me); });
		for (std::thread& thread : threads)
			thread.join();
		QueueHooks::contended = nullptr;
		return results;
	}
	// Each member enters one command, or more, and waits for it.
	std::vector<Result> sync(u32 count = 1)
	{
		return run([&](u32 me) { return some(me, count, Completion::kSync); });
	}
	Result one(u32 me, Completion completion) { return some(me, 1, completion); }
	Result some(u32 me, u32 count, Completion completion)
	{
		const std::vector<Command> commands(count, QueueBench::numbered(me));
		return bench.queue().issue(commands, completion);
	}
	u64 commands() const { return bench.board.ops(model::Op::TLBI_NH_VA); }

	QueueBench bench;
};

void expect_all(Case& t, const std::vector<Result>& results, Outcome outcome)
{
	for (const Result& result : results)
		EXPECT(t, result && *result == outcome);
}

void expect_timeouts(Case& t, const std::vector<Result>& results)
{
	for (const Result& result : results)
		EXPECT(t, !result && result.error() == core::Errno::kTimedOut);
}

SyncSignal signal_of(SyncMethod method)
{
	switch (method) {
	case SyncMethod::kRegister:
		return SyncSignal::kNone;
	case SyncMethod::kEvent:
		return SyncSignal::kSev;
	case SyncMethod::kMessage:
		return SyncSignal::kIrq;
	}
	return SyncSignal::kNone;
}

void one_sync_for_all(Case& t)
{
	for (SyncMethod method : kSyncMethods)
		for (u32 how_many : {2u, 3u, 6u}) {
			Group group(t, method, how_many);
			expect_all(t, group.sync(), Outcome::kIssued);
			EXPECT_EQ(t, QueueHooks::reservations, 1);
			EXPECT_EQ(t, group.commands(), how_many);
			EXPECT_EQ(t, group.bench.syncs(), 1);
			EXPECT_EQ(t, group.bench.queue().position(), how_many + 1);
			const model::Command& last = group.bench.board.smmu.commands().last(0);
			EXPECT_EQ(t, last.w[0] >> 12 & 3, static_cast<u64>(signal_of(method)));
		}
}

// Their tickets are so far apart that they wait for different lines (turns.hpp).
void every_member_is_told(Case& t)
{
	for (u32 count : {2u, 8u, 9u, 16u, 20u}) {
		Group group(t, SyncMethod::kMessage, 6);
		expect_all(t, group.sync(count), Outcome::kIssued);
		EXPECT_EQ(t, QueueHooks::reservations, 1);
		EXPECT_EQ(t, group.commands(), 6 * count);
	}
}

void no_sync_where_nobody_waits(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3);
	expect_all(t, group.run([&](u32 me) { return group.one(me, Completion::kNone); }),
		   Outcome::kIssued);
	EXPECT_EQ(t, QueueHooks::reservations, 1);
	EXPECT_EQ(t, group.bench.syncs(), 0);
	EXPECT_EQ(t, group.bench.queue().position(), 3);
}

void await_a_ticket()
{
	while (!__atomic_load_n(&QueueHooks::tickets, __ATOMIC_ACQUIRE))
		std::this_thread::yield();
}

// They return while the CMD_SYNC is held, the leader too.
void those_that_do_not_wait_share_none(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3);
	model::Smmuv3& smmu = group.bench.board.smmu;
	std::atomic<u32> returned{0};
	smmu.hold_sync(true);
	expect_all(t, group.run([&](u32 me) {
		if (me == 1) {
			await_a_ticket();
			return group.one(me, Completion::kSync);
		}
		const Result result = group.one(me, Completion::kNone);
		const std::lock_guard inside(model_mutex);
		if (++returned == 2)
			smmu.hold_sync(false);
		return result;
	}),
		   Outcome::kIssued);
	EXPECT_EQ(t, QueueHooks::reservations, 1);
	EXPECT_EQ(t, group.bench.syncs(), 1);
	EXPECT_EQ(t, group.bench.queue().position(), 4);
}

void sync_alone_is_not_shared(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3);
	expect_all(t, group.run([&](u32 me) {
		return me == 1 ? group.bench.queue().issue({}, Completion::kSync)
			       : group.one(me, Completion::kSync);
	}),
		   Outcome::kIssued);
	EXPECT_EQ(t, QueueHooks::reservations, 1);
	EXPECT_EQ(t, group.bench.syncs(), 2);
	EXPECT_EQ(t, group.bench.queue().position(), 4);
}

// An SMMU with erratum 2812531 has them.
void own_syncs_if_asked_for(Case& t)
{
	QueueHooks::own_syncs = true;
	Group group(t, SyncMethod::kMessage, 3);
	expect_all(t, group.sync(), Outcome::kIssued);
	EXPECT_EQ(t, QueueHooks::reservations, 1);
	EXPECT_EQ(t, group.bench.syncs(), 3);
	EXPECT_EQ(t, group.bench.queue().position(), 6);
}

Result invalidate_atc(QueueBench& bench)
{
	SteeredQueue::ReadSection section;
	return bench.queue().issue_atc(section, std::array{Command::of(Opcode::kAtcInv)});
}

// Any thread that waits may be the one.
void service_error(QueueBench& bench)
{
	static constinit std::mutex service;
	const std::unique_lock guard(service, std::try_to_lock);
	if (!guard.owns_lock())
		return;
	auto& smmu = bench.board.smmu;
	const auto error = [&] {
		const std::lock_guard inside(model_mutex);
		return (smmu.read32(GERROR::kOffset) ^ smmu.read32(GERRORN::kOffset)) &
		       GERROR::CMDQ_ERR::kMask;
	};
	if (!error())
		return;
	bench.queue().handle_error();
	const std::lock_guard inside(model_mutex);
	smmu.write32(GERRORN::kOffset, smmu.read32(GERROR::kOffset));
}

// The CMD_SYNC that follows a CMD_ATC_INV tells whether the device has answered, so it is the device's own.
void silent_device_fails_nobody_else(Case& t)
{
	for (bool answers : {true, false})
		for (SyncMethod method : kSyncMethods) {
			Group group(t, method, 3);
			group.bench.on_attend = service_error;
			if (!answers)
				group.bench.board.smmu.fail_command(model::Cerror::ATC_INV_SYNC, 1);
			QueueHooks::ns_per_look = 1000;
			const auto results = group.run([&](u32 me) {
				if (me == 0)
					return invalidate_atc(group.bench);
				await_a_ticket();
				return group.one(me, Completion::kSync);
			});
			EXPECT_EQ(t, QueueHooks::reservations, 1);
			EXPECT_EQ(t, group.bench.syncs(), 2);
			EXPECT_EQ(t, group.bench.queue().position(), 5);
			EXPECT_EQ(t, group.bench.queue().commands_lost(), 0);
			EXPECT_EQ(t, results[0].has_value(), answers);
			EXPECT(t, results[0] || results[0].error() == core::Errno::kNoDevice);
			EXPECT(t, results[1] && results[2]);
		}
}

// Not before: members that look often would time out while the leader is preempted.
void time_passes_after_the_sync()
{
	std::this_thread::yield();
	const std::lock_guard inside(model_mutex);
	if (QueueHooks::bench->syncs())
		__atomic_add_fetch(&QueueHooks::now, 10 * test::kMs, __ATOMIC_RELAXED);
}

void lost_message_is_found_out_by_all(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3);
	group.bench.board.lose_messages = true;
	QueueHooks::relax = time_passes_after_the_sync;
	expect_all(t, group.sync(), Outcome::kIssued);
	EXPECT_EQ(t, group.bench.syncs(), 1);
	EXPECT(t, QueueHooks::now > SteeredQueue::kTimeoutNs);
	group.bench.board.lose_messages = false;
	QueueHooks::relax = [] { std::this_thread::yield(); };
	QueueHooks::now = 0;
	expect_all(t, group.sync(), Outcome::kIssued);
	EXPECT(t, QueueHooks::now < SteeredQueue::kTimeoutNs);
}

void each_times_out_by_itself(Case& t)
{
	for (SyncMethod method : kSyncMethods) {
		Group group(t, method, 3, test::threaded());
		QueueHooks::ns_per_look = 10 * test::kMs;
		expect_timeouts(t, group.sync());
		EXPECT_EQ(t, QueueHooks::reservations, 1);
		EXPECT_EQ(t, group.commands(), 0);
		group.bench.board.smmu.step();
		EXPECT_EQ(t, group.commands(), 3);
		EXPECT_EQ(t, group.bench.syncs(), 1);
	}
}

// All commands are consumed, and not completed.
void members_wait_for_the_sync_itself(Case& t)
{
	for (SyncMethod method : kSyncMethods) {
		Group group(t, method, 3);
		group.bench.board.smmu.hold_sync(true);
		QueueHooks::ns_per_look = 10 * test::kMs;
		expect_timeouts(t, group.sync());
		EXPECT_EQ(t, group.commands(), 3);
		group.bench.board.smmu.hold_sync(false);
		EXPECT_EQ(t, group.bench.syncs(), 1);
	}
}

// The message of a group that has given up comes while the next one waits.
void late_message_completes_no_other_group(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3, test::threaded());
	QueueHooks::ns_per_look = 10 * test::kMs;
	expect_timeouts(t, group.sync());
	all_have_tickets = [](QueueBench& bench) {
		const std::lock_guard inside(model_mutex);
		bench.board.smmu.step(4);
	};
	expect_timeouts(t, group.sync());
	EXPECT_EQ(t, group.commands(), 3);
	group.bench.board.smmu.step();
	EXPECT_EQ(t, group.commands(), 6);
}

void stop_before_the_reservation(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3);
	all_have_tickets = [](QueueBench& bench) { EXPECT_EQ(bench.t, bench.queue().stop(), 0); };
	expect_all(t, group.sync(), Outcome::kElided);
	EXPECT_EQ(t, QueueHooks::reservations, 0);
	EXPECT_EQ(t, group.bench.queue().position(), 0);
	all_have_tickets = nullptr;
	group.bench.queue().open();
	expect_all(t, group.sync(), Outcome::kIssued);
	EXPECT_EQ(t, group.bench.syncs(), 1);
}

// The drain of a suspend covers the CMD_SYNC.
void stop_after_the_reservation(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3);
	QueueHooks::before_gather = [] {
		EXPECT_EQ(QueueHooks::bench->t, QueueHooks::bench->queue().stop(), 4);
	};
	expect_all(t, group.sync(), Outcome::kIssued);
	EXPECT(t, group.bench.queue().drain(4));
	EXPECT_EQ(t, group.commands(), 3);
	EXPECT_EQ(t, group.bench.syncs(), 1);
}

// There is room for the commands of three, and not for the CMD_SYNC.
void no_room_for_the_sync(Case& t)
{
	Group group(t, SyncMethod::kRegister, 3, test::threaded());
	for (u32 i = 0; i < 125; i++)
		group.bench.issue(1, Completion::kNone);
	QueueHooks::relax = [] {
		std::this_thread::yield();
		if (!__atomic_load_n(&QueueHooks::reservations, __ATOMIC_RELAXED))
			return;
		const std::lock_guard inside(model_mutex);
		QueueHooks::bench->board.smmu.step(1);
	};
	expect_all(t, group.sync(), Outcome::kIssued);
	EXPECT(t, QueueHooks::reservations > 1);
	EXPECT_EQ(t, group.commands(), 128);
	EXPECT(t, group.bench.syncs() > 1);
	EXPECT_EQ(t, group.bench.queue().position(), 128 + group.bench.syncs());
}

constinit const void* last_mark = nullptr;
constinit bool sync_at_last_mark = false;

// The marks lie in the order of their slots, and that of the shared CMD_SYNC is the last one.
void note_mark(const void* at)
{
	const std::lock_guard guard(model_mutex);
	const auto& queue = QueueHooks::bench->queue();
	const bool published = at >= &queue && at < &queue + 1;
	if (published || at < last_mark)
		return;
	last_mark = at;
	sync_at_last_mark = QueueHooks::bench->slot(members).get<Command::Op>() == Opcode::kSync;
}

// A producer that finds the mark publishes the slot.
void shared_sync_is_written_before_its_mark(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3);
	last_mark = nullptr;
	QueueHooks::mark = note_mark;
	expect_all(t, group.sync(), Outcome::kIssued);
	QueueHooks::mark = nullptr;
	EXPECT_EQ(t, group.bench.syncs(), 1);
	EXPECT(t, sync_at_last_mark);
}

// The SMMU has consumed all, which the word does not show yet.
void leader_looks_for_room_for_all(Case& t)
{
	Group group(t, SyncMethod::kMessage, 3);
	for (u32 i = 0; i < 126; i++)
		group.bench.issue(1, Completion::kNone);
	const u64 before = group.bench.board.cons_reads;
	expect_all(t, group.sync(), Outcome::kIssued);
	EXPECT_EQ(t, QueueHooks::reservations, 1);
	EXPECT_EQ(t, group.bench.board.cons_reads, before + 1);
}

}  // namespace

TEST_SUITE(shared_syncs, TEST_CASE(one_sync_for_all), TEST_CASE(every_member_is_told),
	   TEST_CASE(no_sync_where_nobody_waits), TEST_CASE(those_that_do_not_wait_share_none),
	   TEST_CASE(sync_alone_is_not_shared), TEST_CASE(own_syncs_if_asked_for),
	   TEST_CASE(silent_device_fails_nobody_else), TEST_CASE(lost_message_is_found_out_by_all),
	   TEST_CASE(each_times_out_by_itself), TEST_CASE(members_wait_for_the_sync_itself),
	   TEST_CASE(late_message_completes_no_other_group), TEST_CASE(stop_before_the_reservation),
	   TEST_CASE(stop_after_the_reservation), TEST_CASE(no_room_for_the_sync),
	   TEST_CASE(leader_looks_for_room_for_all),
	   TEST_CASE(shared_sync_is_written_before_its_mark));
