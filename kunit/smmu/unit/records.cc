// SPDX-License-Identifier: GPL-2.0-only
// Events and page requests, from the SMMU to the shim's report.
#include "arm-smmu-v3/core.h"

#include "kunit/smmu/fixture/board.hpp"
#include "kunit/base/testos.h"

using namespace model;
using test::Board;
using test::Case;
using test::Device;
using test::Setup;
using test::Space;

namespace {

constexpr u64 kIova = 0x12'3000, kPa = 0x7654'3000, kNowhere = 0x55'5000;

bool is(const char* name, const char* expected)
{
	return name && __builtin_strcmp(name, expected) == 0;
}

// The last report names this event, of this stream and this device, with the STE that is in force.
void expect_report(Board& board, Event id, const char* name, u32 sid, device* client)
{
	const smmu_event& event = board.reports.last_event;
	EXPECT_EQ(board.t, event.id, static_cast<u8>(id));
	EXPECT(board.t, is(event.name, name));
	EXPECT_EQ(board.t, event.sid, sid);
	EXPECT(board.t, board.reports.last_client == client);
}

// Every number there is, made up by the SMMU: reported once each, for the right device.
void every_number_is_reported(Case& t)
{
	struct Known {
		u8 id;
		const char* name;
	};
	constexpr Known kKnown[] = {
		{0x01, "F_UUT"},
		{0x02, "C_BAD_STREAMID"},
		{0x03, "F_STE_FETCH"},
		{0x04, "C_BAD_STE"},
		{0x05, "F_BAD_ATS_TREQ"},
		{0x06, "F_STREAM_DISABLED"},
		{0x07, "F_TRANSL_FORBIDDEN"},
		{0x08, "C_BAD_SUBSTREAMID"},
		{0x09, "F_CD_FETCH"},
		{0x0a, "C_BAD_CD"},
		{0x0b, "F_WALK_EABT"},
		{0x10, "F_TRANSLATION"},
		{0x11, "F_ADDR_SIZE"},
		{0x12, "F_ACCESS"},
		{0x13, "F_PERMISSION"},
		{0x20, "F_TLB_CONFLICT"},
		{0x21, "F_CFG_CONFLICT"},
		{0x24, "E_PAGE_REQUEST"},
		{0x25, "F_VMS_FETCH"},
	};
	Board board(t);
	board.up();
	Device nine(board, {9}), ten(board, {0x1234});
	ASSERT_EQ(t, ten.attach_identity(), 0);
	u32 count = 0;
	for (u32 id = 0; id < 256; id++) {
		const char* name = "UNKNOWN";
		for (const Known& known : kKnown)
			if (known.id == id)
				name = known.name;
		for (u32 sid : {9u, 0x1234u, 77u}) {
			ASSERT(t, board.smmu.inject_event({{id | u64{sid} << 32, 0, 0x1000, 0}}));
			board.drain();
			EXPECT_EQ(t, board.reports.events, ++count);
			expect_report(board, static_cast<Event>(id), name, sid,
				      sid == 9    ? nine.handle()
				      : sid == 77 ? nullptr
						  : ten.handle());
			const smmu_event& event = board.reports.last_event;
			// 77 lies in the second-level table of 9; its STE is there and aborts.
			EXPECT(t, event.has_ste);
			EXPECT_EQ(t, event.ste[0], sid == 0x1234 ? 1 | 4 << 1 : 1);
		}
	}
	ASSERT(t, board.smmu.inject_event({{2 | u64{0x9999} << 32, 0, 0, 0}}));
	board.drain();
	EXPECT(t, !board.reports.last_event.has_ste);
	EXPECT_EQ(t, board.stats().events, count + 1);
}

void translation_fault_of_stage_1(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {9});
	ASSERT_EQ(t, device.attach(space), 0);
	EXPECT(t, !board.dma(9, kNowhere, {.write = true, .priv = true}, std::nullopt).ok());
	EXPECT_EQ(t, board.reports.events, 1);
	expect_report(board, Event::F_TRANSLATION, "F_TRANSLATION", 9, device.handle());
	const smmu_event& event = board.reports.last_event;
	EXPECT(t, event.has_address && event.has_access && !event.has_ipa && !event.has_ssid);
	EXPECT_EQ(t, event.address, kNowhere);
	EXPECT(t, !event.read && event.privileged && !event.instruction && !event.stage2 &&
			  !event.stall);
	EXPECT(t, is(event.class_name, "IN"));
	EXPECT(t, event.has_ste);
	EXPECT_EQ(t, event.ste[0] & 0xf, 1 | 5 << 1);
}

void translation_fault_of_stage_2(Case& t)
{
	Board board(t);
	board.up();
	Space space(board, SMMU_STAGE_2);
	Device device(board, {9});
	ASSERT_EQ(t, device.attach(space), 0);
	EXPECT(t, board.blocked(9, kNowhere));
	expect_report(board, Event::F_TRANSLATION, "F_TRANSLATION", 9, device.handle());
	const smmu_event& event = board.reports.last_event;
	EXPECT(t, event.stage2 && event.read);
	EXPECT(t, event.has_ipa);
	EXPECT_EQ(t, event.ipa, kNowhere);
}

void permission_fault(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {9});
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT_EQ(t, space.try_map(kIova, kPa, 0x1000, Space::kRead), 0);
	EXPECT(t, board.dma(9, kIova).ok());
	EXPECT(t, !board.dma(9, kIova, true).ok());
	expect_report(board, Event::F_PERMISSION, "F_PERMISSION", 9, device.handle());
	EXPECT(t, !board.reports.last_event.read);
}

void configuration_faults(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {9}, 5);
	ASSERT_EQ(t, device.attach(space), 0);

	EXPECT(t, board.blocked(0x4321, 0));  // no second-level table
	expect_report(board, Event::C_BAD_STREAMID, "C_BAD_STREAMID", 0x4321, nullptr);
	EXPECT(t, board.blocked(0x12345, 0));  // above the table
	expect_report(board, Event::C_BAD_STREAMID, "C_BAD_STREAMID", 0x12345, nullptr);

	EXPECT(t, !board.dma(9, kIova, {}, 33).ok());  // 5 bits of substreams
	expect_report(board, Event::C_BAD_SUBSTREAMID, "C_BAD_SUBSTREAMID", 9, device.handle());
	EXPECT(t, board.reports.last_event.has_ssid);
	EXPECT_EQ(t, board.reports.last_event.ssid, 33);

	EXPECT(t, !board.dma(9, kIova, {}, 3).ok());  // no CD there
	expect_report(board, Event::C_BAD_CD, "C_BAD_CD", 9, device.handle());
	EXPECT_EQ(t, board.reports.last_event.ssid, 3);

	EXPECT(t, !board.dma(9, kIova, {}, 0).ok());  // S1DSS: 0 is the one without
	expect_report(board, Event::F_STREAM_DISABLED, "F_STREAM_DISABLED", 9, device.handle());

	ASSERT_EQ(t, device.attach_identity(), 0);
	EXPECT(t, board.blocked(9, u64{1} << 50));
	expect_report(board, Event::F_ADDR_SIZE, "F_ADDR_SIZE", 9, device.handle());
	EXPECT_EQ(t, board.reports.events, 6);
}

void fetches_that_abort(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {9}), other(board, {0x2345});
	ASSERT_EQ(t, device.attach(space), 0);
	ASSERT(t, space.map(kIova, kPa, 0x1000));

	const u64 root = space.table().ttb;
	board.smmu.abort_memory(root, root + 0xfff);
	EXPECT(t, board.blocked(9, kIova));
	expect_report(board, Event::F_WALK_EABT, "F_WALK_EABT", 9, device.handle());
	EXPECT(t, board.reports.last_event.has_fetch_address);
	EXPECT_EQ(t, board.reports.last_event.fetch_address & ~u64{0xfff}, root);
	board.smmu.clear_aborts();

	const u64 strtab = board.smmu.regs().strtab_base & ones(52) & ~ones(6);
	board.smmu.abort_memory(strtab + 8 * 0x23, strtab + 8 * 0x23 + 7);
	EXPECT(t, board.blocked(0x2345, kIova));
	expect_report(board, Event::F_STE_FETCH, "F_STE_FETCH", 0x2345, other.handle());
	EXPECT_EQ(t, board.reports.last_event.fetch_address, strtab + 8 * 0x23);
	board.smmu.clear_aborts();
	EXPECT(t, board.dma(9, kIova).ok());
}

// More than the queue holds, again and again: what fits is reported, the loss is said, and it goes on.
void floods(Case& t)
{
	Board board(t);
	board.up();
	Space space(board);
	Device device(board, {9});
	ASSERT_EQ(t, device.attach(space), 0);
	u32 reported = 0;
	for (u32 round = 1; round <= 20; round++) {
		for (u32 i = 0; i < 200 + 50 * round; i++)
			board.smmu.translate(9, std::nullopt, kNowhere + 0x1000 * i, {});
		board.drain();
		const u32 fits = 200 + 50 * round < 256 ? 200 + 50 * round : 256;
		reported += fits;
		EXPECT_EQ(t, board.reports.events, reported);
		EXPECT_EQ(t, board.reports.last_event.address, kNowhere + 0x1000 * (fits - 1));
		EXPECT_EQ(t, test_log_count("event queue overflowed"), round - 1);
		EXPECT(t, board.smmu.regs().eventq.empty());
		EXPECT_EQ(t, (board.smmu.regs().eventq.prod ^ board.smmu.regs().eventq.cons) >> 31,
			  0);
	}
	EXPECT_EQ(t, board.stats().events, reported);
}

constinit Board* board_of_hooks = nullptr;
constinit Device* device_of_hooks = nullptr;
constinit u32 turns = 0;

// After each record there is room for another one, and a task that waits gets the CPU.
void records_are_taken_one_by_one(Case& t)
{
	Board board(t);
	board.up();
	board_of_hooks = &board;
	turns = 0;
	for (u32 i = 0; i < 20; i++)
		board.smmu.translate(3, std::nullopt, i, {});
	for (u32 i = 0; i < 5; i++)
		board.smmu.page_request(3, std::nullopt, 0x1000 * i, i, true, {});
	test_on_reschedule([] {
		const Regs& regs = board_of_hooks->smmu.regs();
		turns++;
		EXPECT_EQ(board_of_hooks->t, regs.eventq.cons, turns < 20 ? turns : 20);
		EXPECT_EQ(board_of_hooks->t, regs.priq.cons, turns < 20 ? 0 : turns - 20);
	});
	board.drain();
	EXPECT_EQ(t, turns, 25);
	EXPECT_EQ(t, board.reports.events, 20);
	EXPECT_EQ(t, board.reports.page_requests, 5);
}

// A flood that does not end until another device is removed.
void a_flood_does_not_keep_devices(Case& t)
{
	Board board(t);
	board.up();
	Device other(board, {77});
	board_of_hooks = &board;
	device_of_hooks = &other;
	turns = 0;
	board.smmu.translate(0x5555, std::nullopt, 0, {});
	test_on_reschedule([] {
		if (++turns == 1000)
			device_of_hooks->destroy();
		if (turns < 1000)
			board_of_hooks->smmu.translate(0x5555, std::nullopt, turns, {});
	});
	board.drain();
	for (; board.reports.late_drains; board.reports.late_drains--)
		smmu_core_drain_evtq(board.core);
	EXPECT_EQ(t, board.reports.events, 1000);
	EXPECT(t, !other.master);
}

// Drained on the way, none is lost over many laps.
void laps_without_loss(Case& t)
{
	Board board(t);
	board.up();
	for (u32 i = 0; i < 2000; i++) {
		board.smmu.translate(i % 100, std::nullopt, i, {});
		if (i % 97 == 0)
			board.drain();
	}
	board.drain();
	EXPECT_EQ(t, board.reports.events, 2000);
	EXPECT_EQ(t, test_log_count("overflowed"), 0);
}

void page_requests_are_denied(Case& t)
{
	Board board(t);
	board.up();
	Device device(board, {9});
	board.smmu.clear_logs();
	EXPECT(t, board.smmu.page_request(9, 0xabcde, 0x1234'5000, 0x155, true, {.write = true}));
	board.drain();
	EXPECT_EQ(t, board.reports.page_requests, 1);
	const smmu_page_request& request = board.reports.last_page_request;
	EXPECT(t, board.reports.last_client == device.handle());
	EXPECT_EQ(t, request.sid, 9);
	EXPECT(t, request.has_ssid && request.write && !request.read && request.last);
	EXPECT_EQ(t, request.ssid, 0xabcde);
	EXPECT_EQ(t, request.address, 0x1234'5000);
	EXPECT_EQ(t, request.group, 0x155);

	ASSERT_EQ(t, board.ops(Op::PRI_RESP), 1);
	const Command& response = board.smmu.commands()[0];
	EXPECT_EQ(t, response.w[0], 0x41 | 1u << 11 | u64{0xabcde} << 12 | u64{9} << 32);
	EXPECT_EQ(t, response.w[1], 0x155);  // ResponseFailure

	// Only the last of a group is answered.
	EXPECT(t, board.smmu.page_request(9, std::nullopt, 0x1000, 7, false, {}));
	EXPECT(t, board.smmu.page_request(9, std::nullopt, 0x2000, 7, true, {}));
	board.drain();
	EXPECT_EQ(t, board.reports.page_requests, 3);
	EXPECT_EQ(t, board.ops(Op::PRI_RESP), 2);
	EXPECT(t,
	       !board.reports.last_page_request.has_ssid && board.reports.last_page_request.read);
	EXPECT_EQ(t, board.stats().page_requests, 3);
}

void page_requests_in_floods(Case& t)
{
	Board board(t);
	board.up();
	for (u32 round = 0; round < 5; round++) {
		u32 taken = 0;
		for (u32 i = 0; i < 300; i++)
			taken += board.smmu.page_request(3, std::nullopt, 0x1000 * i, i % 512, true,
							 {});
		EXPECT_EQ(t, taken, 256);
		board.drain();
		EXPECT_EQ(t, board.reports.page_requests, 256 * (round + 1));
		EXPECT_EQ(t, board.ops(Op::PRI_RESP), 256 * (round + 1));
		EXPECT_EQ(t, test_log_count("PRI queue overflowed"), round + 1);
	}
}

// With forced stalls, what waits is aborted by CMD_RESUME.
void forced_stalls_are_ended(Case& t)
{
	for (smmu_stage stage : {SMMU_STAGE_1, SMMU_STAGE_2}) {
		Setup setup = test::with_idr0({}, 3u << 24, 2u << 24);
		setup.ids.idr5 |= 8u << 16;  // STALL_MAX
		Board board(t, setup);
		board.up();
		Space space(board, stage);
		Device device(board, {9});
		ASSERT_EQ(t, device.attach(space), 0);
		for (u32 i = 0; i < 50; i++) {
			const Dma stalled = board.dma(9, kNowhere);
			EXPECT_EQ(t, stalled.outcome, Outcome::kStalled);
			EXPECT(t, board.reports.last_event.stall);
			EXPECT_EQ(t, board.reports.last_event.stag, stalled.stag);
			EXPECT_EQ(t, board.smmu.stall(stalled.stag), StallState::kAbort);
		}
		EXPECT_EQ(t, board.ops(Op::RESUME), 50);
	}
}

// Where the SMMU has the choice, nothing stalls.
void optional_stalls_are_not_taken(Case& t)
{
	for (u32 model : {0u, 1u}) {
		Board board(t, test::with_idr0({}, 3u << 24, model << 24));
		board.up();
		Space one(board), two(board, SMMU_STAGE_2);
		Device device(board, {9});
		for (Space* space : {&one, &two}) {
			ASSERT_EQ(t, device.attach(*space), 0);
			EXPECT_EQ(t, board.dma(9, kNowhere).outcome, Outcome::kAborted);
		}
		EXPECT_EQ(t, board.ops(Op::RESUME), 0);
	}
}

}  // namespace

TEST_SUITE(records, TEST_CASE(every_number_is_reported), TEST_CASE(translation_fault_of_stage_1),
	   TEST_CASE(translation_fault_of_stage_2), TEST_CASE(permission_fault),
	   TEST_CASE(configuration_faults), TEST_CASE(fetches_that_abort), TEST_CASE(floods),
	   TEST_CASE(records_are_taken_one_by_one), TEST_CASE(a_flood_does_not_keep_devices),
	   TEST_CASE(laps_without_loss), TEST_CASE(page_requests_are_denied),
	   TEST_CASE(page_requests_in_floods), TEST_CASE(forced_stalls_are_ended),
	   TEST_CASE(optional_stalls_are_not_taken));
