// SPDX-License-Identifier: GPL-2.0-only
//
// The device model's Enhanced Command queues, section 3.5.6.
#include "kunit/model/smmu/world.hpp"
#include "kunit/base/test.hpp"

using namespace model;

namespace {

constexpr u32 kEn = 1u << 31, kErr = 1u << 23;
constexpr u32 kCmdqpErr = 1u << 9;
constexpr u32 kStride = 0x10000 / 4;

// Two pages of four queues.
Ids with_ecmdqs()
{
	Ids ids = kRichIds;
	ids.idr1 |= 1u << 31;
	ids.idr6 = 1u << 24 | 2u << 16;
	return ids;
}

// A queue of 16 entries.
class Queue16 {
public:
	Queue16(Machine& machine, u32 n)
		: machine_(machine),
		  at_(0x20000 + n * kStride),
		  base_(machine.page())
	{
		machine_.smmu.write64(at_, 1ull << 62 | base_ | 4);
		machine_.smmu.write32(at_ + 8, 0);
		machine_.smmu.write32(at_ + 12, 0);
	}

	void enable() { set_enabled(kEn); }
	void disable() { set_enabled(0); }
	void put(u64 w0, u64 w1 = 0)
	{
		const u64 slot = base_ + 16 * (wr_ & 15);
		machine_.word(slot) = w0;
		machine_.word(slot + 8) = w1;
		wr_ = (wr_ + 1) & 31;
		write_prod();
	}
	void acknowledge()
	{
		errack_ ^= kErr;
		write_prod();
	}
	u32 prod() { return machine_.smmu.read32(at_ + 8); }
	u32 cons() { return machine_.smmu.read32(at_ + 12); }
	u32 rd() { return cons() & 31; }
	u32 wr() const { return wr_; }
	u32 at() const { return at_; }

private:
	void set_enabled(u32 en)
	{
		en_ = en;
		write_prod();
	}
	void write_prod() { machine_.smmu.write32(at_ + 8, en_ | errack_ | wr_); }

	Machine& machine_;
	const u32 at_;
	const u64 base_;
	u32 wr_ = 0, en_ = 0, errack_ = 0;
};

}  // namespace

static void pages_are_where_their_registers_say(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	EXPECT_EQ(t, m.smmu.read32(0x190), 1u << 24 | 2u << 16);
	for (u32 page = 0; page < 2; page++) {
		EXPECT_EQ(t, m.smmu.read64(0x4000 + 32 * page), 0x20003 + page * 0x10000);
		EXPECT_EQ(t, m.smmu.read32(0x4008 + 32 * page), 1);
		EXPECT_EQ(t, m.smmu.read32(0x400c + 32 * page), 1);
	}
	EXPECT_EQ(t, m.smmu.read64(0x4000) + 0x10000, m.smmu.read64(0x4020));
	EXPECT_EQ(t, m.violations, 0);
	m.smmu.read32(0x40000);
	EXPECT_EQ(t, m.violations, 1);
	// An SMMU without them has none of these registers.
	m.start();
	EXPECT_EQ(t, m.smmu.read32(0x190), 0);
	EXPECT_EQ(t, m.smmu.read32(0x4008), 0);
	m.smmu.read32(0x20000);
	EXPECT_EQ(t, m.violations, 1);
}

static void every_queue_completes_by_message_wire_and_event(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	for (u32 n = 0; n < 8; n++) {
		Queue16 q(m, n);
		const u64 word = m.page();
		q.enable();
		EXPECT_EQ(t, q.cons() & kEn, kEn);
		q.put(0x46 | 1u << 12 | u64{n + 1} << 32, word);
		EXPECT_EQ(t, m.word(word), n + 1);
		q.put(0x46 | 1u << 12);
		EXPECT_EQ(t, m.irqs[2], n + 1);
		q.put(0x46 | 2u << 12);
		EXPECT_EQ(t, m.sevs, n + 1);
		EXPECT_EQ(t, q.rd(), 3);
		EXPECT_EQ(t, q.prod(), kEn | 3);
	}
	EXPECT_EQ(t, m.violations, 0);
}

static void queue_takes_nothing_before_its_acknowledgement(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	Queue16 q(m, 1);
	q.put(0x46);
	EXPECT_EQ(t, q.rd(), 0);
	m.smmu.delay_ack(Ack::kEcmdq, 3);
	q.enable();
	EXPECT_EQ(t, q.cons() & kEn, 0);
	m.smmu.write32(q.at() + 8, kEn | 1);
	EXPECT_EQ(t, m.violations, 1);
	m.smmu.write64(q.at(), 0);
	EXPECT_EQ(t, m.violations, 2);
	while (!(q.cons() & kEn)) {
	}
	EXPECT_EQ(t, q.rd(), 1);
	m.smmu.delay_ack(Ack::kEcmdq, 0);
	q.disable();
	EXPECT_EQ(t, q.cons() & kEn, 0);
	q.put(0x46);
	EXPECT_EQ(t, q.rd(), 1);
	EXPECT_EQ(t, m.violations, 2);
}

static void error_stops_its_own_queue_only(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	Queue16 bad(m, 0), good(m, 5);
	bad.enable();
	good.enable();
	bad.put(0x77);
	bad.put(0x46);
	EXPECT_EQ(t, bad.cons(), kEn | kErr | 1u << 24 | 0);
	EXPECT_EQ(t, m.active_gerror(), kCmdqpErr);
	EXPECT_EQ(t, m.irqs[3], 1);
	good.put(0x46);
	EXPECT_EQ(t, good.rd(), 1);
	m.sync();
	EXPECT_EQ(t, m.smmu.read32(0x9c), m.prod);
	// GERROR is only a signal.
	m.smmu.write32(0x64, m.smmu.read32(0x60));
	EXPECT_EQ(t, bad.rd(), 0);
	m.word(m.smmu.regs().ecmdqs[0].q.address()) = 0x46;
	bad.acknowledge();
	EXPECT_EQ(t, bad.rd(), 2);
	EXPECT_EQ(t, m.violations, 0);
	bad.acknowledge();
	EXPECT_EQ(t, m.violations, 1);
}

// The second error toggles ERR back, and is not raised again before GERRORN acknowledges.
static void errors_of_two_queues_are_one_global_error(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	Queue16 one(m, 2), other(m, 3);
	one.enable();
	other.enable();
	one.put(0x77);
	other.put(0x77);
	EXPECT_EQ(t, m.irqs[3], 1);
	m.smmu.write32(0x64, m.smmu.read32(0x60));
	one.acknowledge();
	EXPECT_EQ(t, one.cons() & kErr, 0);
	EXPECT_EQ(t, m.active_gerror(), kCmdqpErr);
	EXPECT_EQ(t, other.cons() & kErr, kErr);
	EXPECT_EQ(t, m.irqs[3], 2);
	EXPECT_EQ(t, m.violations, 0);
}

static void fetch_that_aborts_is_an_error(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	m.smmu.write64(0x20000, 1ull << 62 | 0x1000 | 4);  // no memory there
	m.smmu.write32(0x20008, 0);
	m.smmu.write32(0x2000c, 0);
	m.smmu.write32(0x20008, kEn);
	m.smmu.write32(0x20008, kEn | 1);
	EXPECT_EQ(t, m.smmu.read32(0x2000c), kEn | kErr | 2u << 24);
}

// With both queues full, each is consumed in turn, and a CMD_SYNC does not wait for the other one.
static void sync_covers_its_own_queue_only(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	Queue16 q(m, 0);
	q.enable();
	m.smmu.set_deferred(true);
	for (u32 i = 0; i < 4; i++)
		q.put(0x30);
	m.sync();
	EXPECT_EQ(t, m.smmu.step(2), 2);
	EXPECT_EQ(t, m.smmu.read32(0x9c) & 31, m.prod);
	EXPECT_EQ(t, q.rd(), 1);
	EXPECT_EQ(t, m.smmu.step(), 3);
	EXPECT_EQ(t, q.rd(), q.wr());
}

static void invalidation_needs_a_sync_of_its_queue(test::Case& t)
{
	for (bool same : {false, true}) {
		Machine& m = machine();
		m.create(with_ecmdqs());
		m.smmu.write64(0x80, m.strtab);
		m.smmu.write32(0x88, 6);
		m.queues();
		Queue16 q(m, 0);
		q.enable();
		q.put(0x04, 31);
		q.put(0x30);
		if (same)
			q.put(0x46);
		else
			m.sync();
		m.smmu.write32(0x20, 0xf);
		EXPECT_EQ(t, m.violations, same ? 0 : 1);
	}
}

static void queue_attributes_are_fixed_while_one_is_on(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	Queue16 q(m, 7);
	q.enable();
	m.smmu.write32(0x20, 0);
	const u32 cr1 = m.smmu.read32(0x28);
	m.smmu.write32(0x28, cr1 ^ 1);
	EXPECT_EQ(t, m.violations, 1);
	q.disable();
	m.smmu.write32(0x28, cr1);
	EXPECT_EQ(t, m.violations, 1);
}

static void reset_disables_every_queue(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	Queue16 q(m, 0);
	q.enable();
	q.put(0x77);
	m.smmu.power_off();
	EXPECT_EQ(t, m.violations, 1);  // with a command in it
	m.smmu.power_on();
	EXPECT_EQ(t, q.cons() & (kEn | kErr), 0);
	EXPECT_EQ(t, q.prod() & (kEn | kErr), 0);
	EXPECT(t, m.smmu.read64(q.at()) != 0);
}

static void registers_have_their_rules(test::Case& t)
{
	Machine& m = machine();

	m.start(with_ecmdqs());
	Queue16 q(m, 0);
	m.smmu.write32(q.at() + 8, kEn | kErr);  // ERRACK differs from ERR
	EXPECT_EQ(t, m.violations, 1);
	m.smmu.write32(q.at() + 12, 0);
	EXPECT_EQ(t, m.violations, 2);
	m.smmu.write32(q.at() + 8, kEn | kErr | 17);  // beyond full
	EXPECT_EQ(t, m.violations, 3);
	m.smmu.write32(q.at() + 16, 0);
	EXPECT_EQ(t, m.violations, 4);
	m.smmu.write32(q.at() + 8, 1u << 30);
	EXPECT_EQ(t, m.violations, 5);
}

TEST_SUITE(model_ecmdq, TEST_CASE(pages_are_where_their_registers_say),
	   TEST_CASE(every_queue_completes_by_message_wire_and_event),
	   TEST_CASE(queue_takes_nothing_before_its_acknowledgement),
	   TEST_CASE(error_stops_its_own_queue_only),
	   TEST_CASE(errors_of_two_queues_are_one_global_error),
	   TEST_CASE(fetch_that_aborts_is_an_error), TEST_CASE(sync_covers_its_own_queue_only),
	   TEST_CASE(invalidation_needs_a_sync_of_its_queue),
	   TEST_CASE(queue_attributes_are_fixed_while_one_is_on),
	   TEST_CASE(reset_disables_every_queue), TEST_CASE(registers_have_their_rules));
