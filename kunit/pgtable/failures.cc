// SPDX-License-Identifier: GPL-2.0-only
// Each allocation of a program of maps and unmaps fails in turn.
#include "kunit/pgtable/machine.hpp"

namespace {

using namespace pgtable;
using test::Case;
using test::Machine;
using test::Space;

constexpr int kNoMemory = -12;

// Calls that are repeated where memory was missing.  Before that, the first part is done and the
// rest is unchanged.
template <class F>
struct Calls {
	Case& t;
	Space<F>& space;

	void map(u64 iova, u64 pa, u64 size, u64 count)
	{
		const int result = space.map(iova, pa, size, count);
		const u64 done = space.mapped / size;
		EXPECT_EQ(t, result, done == count ? 0 : kNoMemory);
		EXPECT(t, done == count || test_alloc_failed());
		for (u64 i = 0; i < count; i++)
			EXPECT_EQ(t, space.maps(iova + i * size, pa + i * size), i < done);
		if (done < count)
			EXPECT_EQ(
				t,
				space.map(iova + done * size, pa + done * size, size, count - done),
				0);
		for (u64 i = 0; i < count; i++)
			EXPECT(t, space.maps(iova + i * size, pa + i * size));
	}

	// What is mapped there translates to itself.
	void unmap(u64 iova, u64 size, u64 count)
	{
		const u64 done = space.unmap(iova, size, count) / size;
		EXPECT(t, done == count || test_alloc_failed());
		for (u64 i = done; i < count; i++)
			EXPECT(t, space.maps(iova + i * size, iova + i * size));
		if (done < count)
			EXPECT_EQ(t, space.unmap(iova + done * size, size, count - done),
				  (count - done) * size);
		for (u64 i = 0; i < count; i++)
			EXPECT(t, space.empty(iova + i * size));
	}
};

// False: there is no nth allocation.
template <class F>
bool run_without(Case& t, u32 nth, Bbml bbml, bool coherent)
{
	Machine machine;
	Space<F> space(t, machine,
		       {.input_bits = F::kMaxBits,
			.output_bits = F::kMaxBits,
			.coherent = coherent,
			.bbml = bbml,
			.contiguous = bbml != Bbml::k0});
	Calls<F> calls{t, space};
	const u64 page = F::kTableBytes, block = F::size(2), largest = F::size(F::kFirstBlock);
	const u64 start = block - 2 * page;
	test_fail_alloc(nth);
	calls.map(start, start, page, 4);
	calls.map(4 * block, 4 * block, block, 2);
	calls.unmap(5 * block - page, page, 2);
	calls.unmap(start, page, 4);
	calls.map(0, 0, block, 2);
	calls.map(2 * largest, 2 * largest, largest, 1);
	calls.unmap(2 * largest + page, page, 1);
	EXPECT(t, space.maps(2 * largest, 2 * largest));
	EXPECT(t, space.maps(3 * largest - page, 3 * largest - page));
	space.reclaim();
	const bool failed = test_alloc_failed();
	test_fail_alloc(0);
	return failed;
}

void each_allocation_of_a_program_may_fail(Case& t)
{
	test::each_format([&]<class F>() {
		for (Bbml bbml : {Bbml::k0, Bbml::k1, Bbml::k2})
			for (bool coherent : {true, false}) {
				u32 nth = 1;
				while (run_without<F>(t, nth, bbml, coherent))
					nth++;
				EXPECT(t, nth > 5);
			}
	});
}

void a_table_without_memory_is_refused(Case& t)
{
	test::each_format([&]<class F>() {
		Machine machine;
		Table<F, Machine> table(machine,
					{.input_bits = F::kMaxBits, .output_bits = F::kMaxBits});
		test_fail_alloc(1);
		EXPECT_EQ(t, core::to_errno(table.create(Machine::kSleeps)), kNoMemory);
		EXPECT_EQ(t, machine.tables(), 0u);
		table.destroy();
		EXPECT(t, table.create(Machine::kSleeps));
		EXPECT_EQ(t, machine.tables(), 1u);
		table.destroy();
		EXPECT_EQ(t, machine.tables(), 0u);
	});
}

}  // namespace

TEST_SUITE(pgtable_failures, TEST_CASE(each_allocation_of_a_program_may_fail),
	   TEST_CASE(a_table_without_memory_is_refused));
