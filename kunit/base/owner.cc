// SPDX-License-Identifier: GPL-2.0-only
// Owners: what they hold is released once, by the last owner, and never half made.
#include "core/owner.hpp"

#include "core/number.hpp"
#include "core/page_table.hpp"
#include "core/taken_id.hpp"

#include "kunit/base/test.hpp"
#include "kunit/base/testos.h"

namespace {

using core::Array;
using core::Box;
using core::Dma;
using core::make_box;

// Counts its lives.
struct Counted {
	Counted()
		: Counted(nullptr)
	{
	}
	explicit Counted(int* lives)
		: count(lives)
	{
		if (count)
			++*count;
	}
	Counted(const Counted&) = delete;
	~Counted()
	{
		if (count)
			--*count;
	}

	int* count;
	u64 value = 42;
};

void a_box_releases_what_it_holds(test::Case& t)
{
	const u32 before = test_live_allocs();
	int lives = 0;
	{
		auto box = make_box<Counted>(&lives);
		ASSERT(t, box);
		EXPECT_EQ(t, lives, 1);
		EXPECT_EQ(t, (*box)->value, 42);
		Box<Counted> other = std::move(*box);
		EXPECT(t, !*box && other);
		EXPECT_EQ(t, lives, 1);
		EXPECT_EQ(t, test_live_allocs(), before + 1);
	}
	EXPECT_EQ(t, lives, 0);
	EXPECT_EQ(t, test_live_allocs(), before);
}

void a_box_without_memory_is_an_error(test::Case& t)
{
	int lives = 0;
	test_fail_alloc(1);
	const auto box = make_box<Counted>(&lives);
	EXPECT(t, !box && box.error() == core::Errno::kNoMemory);
	EXPECT_EQ(t, lives, 0);
}

struct alignas(64) Line {
	u64 word[8] = {};
	u64 more = 0;
};

// os_alloc() promises 8 bytes of alignment for sizes that are no power of two.
struct alignas(64) ThreeLines {
	u64 word[3 * 8] = {};
};

void an_aligned_type_asks_for_aligned_memory(test::Case& t)
{
	static_assert(sizeof(Line) == 128 && sizeof(ThreeLines) == 192);
	const auto one = make_box<Line>();
	const auto two = make_box<Line>();
	ASSERT(t, one && two);
	EXPECT_EQ(t, test::as_u64(one->get()) % 64, 0);
	EXPECT_EQ(t, test::as_u64(two->get()) % 64, 0);
	const auto three = make_box<ThreeLines>();
	ASSERT(t, three);
	EXPECT_EQ(t, test::as_u64(three->get()) % 64, 0);
}

void an_array_starts_zeroed_and_ends_with_its_elements(test::Case& t)
{
	int lives = 0;
	{
		auto array = Array<Counted>::allocate(5);
		ASSERT(t, array);
		EXPECT_EQ(t, array->size(), 5);
		for (size_t i = 0; i < array->size(); i++) {
			EXPECT_EQ(t, (*array)[i].value, 42);
			(*array)[i].count = &lives;
			lives++;
		}
	}
	EXPECT_EQ(t, lives, 0);
	const auto words = Array<u64>::allocate(100);
	ASSERT(t, words);
	for (size_t i = 0; i < 100; i++)
		EXPECT_EQ(t, (*words)[i], 0);
}

void an_array_moves_whole(test::Case& t)
{
	auto first = Array<u32>::allocate(3);
	auto second = Array<u32>::allocate(7);
	ASSERT(t, first && second);
	(*first)[2] = 99;
	Array<u32> moved = std::move(*first);
	EXPECT_EQ(t, first->size(), 0);
	EXPECT_EQ(t, moved.size(), 3);
	EXPECT_EQ(t, moved[2], 99);
	moved = std::move(*second);
	EXPECT_EQ(t, moved.size(), 7);
}

void an_array_beyond_memory_is_an_error(test::Case& t)
{
	const auto wrapped = Array<u64>::allocate((~size_t{0} / 8) + 2);  // 8 bytes, after wrapping
	EXPECT(t, !wrapped && wrapped.error() == core::Errno::kNoMemory);
	test_fail_alloc(1);
	const auto none = Array<u64>::allocate(1);
	EXPECT(t, !none && none.error() == core::Errno::kNoMemory);
}

void dma_memory_has_one_owner(test::Case& t)
{
	const u32 before = test_live_allocs();
	{
		auto memory = Dma::allocate(test_device(), 4096);
		ASSERT(t, memory);
		EXPECT(t, static_cast<bool>(*memory));
		EXPECT_EQ(t, memory->size(), 4096);
		EXPECT(t, test_bus_to_cpu(memory->bus(), 4096) == memory->as<void>());
		const u64 bus = memory->bus();
		Dma moved = std::move(*memory);
		EXPECT(t, !*memory && moved);
		EXPECT_EQ(t, moved.bus(), bus);
		Dma assigned;
		EXPECT(t, !assigned);
		assigned = std::move(moved);
		EXPECT_EQ(t, assigned.bus(), bus);
		EXPECT_EQ(t, test_live_allocs(), before + 1);
	}
	EXPECT_EQ(t, test_live_allocs(), before);
}

void dma_memory_that_fails_is_an_error(test::Case& t)
{
	test_fail_alloc(1);
	const auto none = Dma::allocate(test_device(), 4096);
	EXPECT(t, !none && none.error() == core::Errno::kNoMemory);
}

void services_are_made_or_are_an_error(test::Case& t)
{
	const u32 before = test_live_allocs();
	{
		const auto ids = core::Ids::make();
		const auto map = core::Map::make();
		const auto mutex = core::Mutex::make();
		EXPECT(t, ids && map && mutex);
	}
	EXPECT_EQ(t, test_live_allocs(), before);
	test_fail_alloc(1);
	EXPECT(t, !core::Ids::make());
	test_fail_alloc(1);
	EXPECT(t, !core::Map::make());
	test_fail_alloc(1);
	const auto mutex = core::Mutex::make();
	EXPECT(t, !mutex && mutex.error() == core::Errno::kNoMemory);
}

void a_lock_ends_with_its_scope(test::Case& t)
{
	const auto mutex = core::Mutex::make();
	ASSERT(t, mutex);
	for (u32 i = 0; i < 2; i++) {
		core::Locked lock(*mutex);  // the second would wait for ever
		EXPECT(t, mutex->get());
	}
}

struct Seat : core::Number<Seat, u16> {
	using Number::Number;
};
using TakenSeat = core::TakenId<Seat>;

void an_id_is_free_again_after_its_owner(test::Case& t)
{
	const auto seats = core::Ids::make();
	ASSERT(t, seats);
	{
		auto first = TakenSeat::take(*seats, 2);
		auto second = TakenSeat::take(*seats, 2);
		ASSERT(t, first && second);
		EXPECT(t, first->get() == Seat(1) && second->get() == Seat(2));
		TakenSeat moved = std::move(*first);
		EXPECT(t, moved.get() == Seat(1) && first->get() == Seat());
		TakenSeat assigned;
		assigned = std::move(moved);
		EXPECT(t, assigned.get() == Seat(1));
	}
	const auto again = TakenSeat::take(*seats, 2);
	ASSERT(t, again);
	EXPECT(t, again->get() == Seat(1));
}

void ids_end_with_their_bits(test::Case& t)
{
	const auto seats = core::Ids::make();
	ASSERT(t, seats);
	const auto only = TakenSeat::take(*seats, 1);
	EXPECT(t, only && only->get() == Seat(1));
	const auto none = TakenSeat::take(*seats, 1);
	EXPECT(t, !none && none.error() == core::Errno::kNoSpace);
	test_fail_alloc(1);
	const auto failed = TakenSeat::take(*seats, 2);
	EXPECT(t, !failed && failed.error() == core::Errno::kNoMemory);
}

void a_leaked_id_stays_taken(test::Case& t)
{
	const auto seats = core::Ids::make();
	ASSERT(t, seats);
	{
		auto leaked = TakenSeat::take(*seats, 1);
		ASSERT(t, leaked);
		leaked->leak();
	}
	const auto none = TakenSeat::take(*seats, 1);
	EXPECT(t, !none && none.error() == core::Errno::kNoSpace);
	os_ids_give(seats->get(), 1);
}

// What a shim would do for a driver; its argument counts the tables.
struct Wanted {
	u32 bits;
	u32 made;
};

int make_table(void* tables, device*, Wanted* wanted)
{
	if (!wanted->bits)
		return -12;
	++*static_cast<u32*>(tables);
	wanted->made = 2 * wanted->bits;
	return 0;
}

void free_table(void* tables)
{
	--*static_cast<u32*>(tables);
}

using Table = core::PageTable<Wanted, make_table, free_table>;

void a_page_table_is_freed_by_its_owner(test::Case& t)
{
	u32 tables = 0;
	{
		auto table = Table::create(&tables, test_device(), {.bits = 21, .made = 0});
		ASSERT(t, table);
		EXPECT_EQ(t, table->description().made, 42);
		Table moved = std::move(*table);
		Table assigned;
		assigned = std::move(moved);
		EXPECT_EQ(t, assigned.description().made, 42);
		EXPECT_EQ(t, tables, 1);
	}
	EXPECT_EQ(t, tables, 0);
	const auto none = Table::create(&tables, test_device(), {});
	EXPECT(t, !none && none.error() == core::Errno::kNoMemory);
	EXPECT_EQ(t, tables, 0);
}

void a_leaked_page_table_is_not_freed(test::Case& t)
{
	u32 tables = 0;
	{
		auto table = Table::create(&tables, test_device(), {.bits = 1, .made = 0});
		ASSERT(t, table);
		table->leak();
	}
	EXPECT_EQ(t, tables, 1);
}

}  // namespace

TEST_SUITE(owner, TEST_CASE(a_box_releases_what_it_holds),
	   TEST_CASE(a_box_without_memory_is_an_error),
	   TEST_CASE(an_aligned_type_asks_for_aligned_memory),
	   TEST_CASE(an_array_starts_zeroed_and_ends_with_its_elements),
	   TEST_CASE(an_array_moves_whole), TEST_CASE(an_array_beyond_memory_is_an_error),
	   TEST_CASE(dma_memory_has_one_owner), TEST_CASE(dma_memory_that_fails_is_an_error),
	   TEST_CASE(services_are_made_or_are_an_error), TEST_CASE(a_lock_ends_with_its_scope),
	   TEST_CASE(an_id_is_free_again_after_its_owner), TEST_CASE(ids_end_with_their_bits),
	   TEST_CASE(a_leaked_id_stays_taken), TEST_CASE(a_page_table_is_freed_by_its_owner),
	   TEST_CASE(a_leaked_page_table_is_not_freed));
