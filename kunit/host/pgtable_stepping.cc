// SPDX-License-Identifier: GPL-2.0-only
// CPUs that map, unmap, split and free neighbouring tables, with a walker: in every interleaving.
#include <cstdio>
#include <cstdlib>
#include <new>

#include "kunit/base/test.hpp"
#include "kunit/host/stepped_pgtable.hpp"

namespace {

using namespace pgtable;
using namespace stepped;
using test::Case;

constexpr u64 kPage = 4096;

template <unsigned Stride>
struct Bench {
	using F = Tiny<Stride>;
	Stepped platform;
	Table<F, Stepped> table;

	explicit Bench(const Config& config)
		: table(platform, config)
	{
	}

	// ---- what CPUs do ----

	bool map(u64 iova, u64 size, u64 count = 1)
	{
		u64 mapped = 0;
		return map_pages(table, {iova, iova, size, count, kRead | kWrite}, 0, mapped)
			.has_value();
	}

	struct Removed {
		Stepped& platform;
		void* tables[4];
		u32 count = 0;
		void table(void* memory) { tables[count++] = memory; }
	};

	// With its invalidation, as a driver.
	u64 unmap(u64 iova, u64 size, u64 count = 1)
	{
		Removed removed{platform, {}, 0};
		const Unmapped result = unmap_pages(table, iova, size, count, removed);
		if (!result.bytes)
			return 0;
		const u32 ttl = mutant(Without::kSplit) ? 3 : result.ttl();
		Stepped::forget(iova, result.bytes, ttl, result.tables);
		for (u64 page = iova / kPage; page < (iova + result.bytes) / kPage; page++)
			world.gone |= u64{1} << page;
		while (removed.count)
			platform.retire(removed.tables[--removed.count], F::kTableBytes);
		return result.bytes;
	}

	// ---- what the SMMU does ----

	u64 fetch(u64 bus, u64 index, bool steps)
	{
		if (steps)
			Scheduler::point(false);
		const u64 i = bus / 4096 - 1;
		if (world.state[i] == World::State::kFree)
			broken("a walker reads a table that was freed");
		return (world.coherent ? world.words[i][index] : world.cleaned[i][index])
			.load_relaxed();
	}

	void keep(const TlbEntry& entry)
	{
		for (TlbEntry& e : world.tlb)
			if (e.size && e.iova < entry.iova + entry.size &&
			    entry.iova < e.iova + e.size && e.level != entry.level &&
			    world.bbml != Bbml::k2)
				broken("two entries of the TLB translate an address");
		for (u64 page = entry.iova / kPage; page < (entry.iova + entry.size) / kPage;
		     page++)
			if (world.gone >> page & 1)
				broken("the TLB holds a page after it was unmapped");
		world.tlb[world.tlb_next++ % 4] = entry;
	}

	bool translate(u64 iova, bool steps)
	{
		for (const TlbEntry& e : world.tlb)
			if (iova - e.iova < e.size)
				return true;
		int level = table.shape_of_first().level;
		u64 at = table.ttb(), index = iova >> F::shift(level);
		for (const CachedTable& e : world.walks)
			if (iova - e.iova < e.size && e.level > level) {
				level = e.level;
				at = e.table;
				index = F::index(iova, level);
			}
		for (;; level++, index = F::index(iova, level)) {
			const u64 descriptor = fetch(at, index, steps);
			if (!(descriptor & 1) || world.broken)
				return false;
			const u64 size = F::size(level), base = iova & ~(size - 1);
			if (level == 3 || !(descriptor & 2)) {
				const u64 whole =
					descriptor & kContiguous ? size * F::kEntries : size;
				if (level == 3 || !(descriptor & kNt))
					keep({iova & ~(whole - 1), whole, level});
				return true;
			}
			at = F::decode(descriptor);
			world.walks[world.walks_next++ % 4] = {base, size, at, level + 1};
		}
	}

	// DMA at a moment when the answer is known.
	void expect(u64 iova, bool translated)
	{
		Scheduler::point(false);
		world.dmas++;
		if (translate(iova, false) != translated)
			broken(translated ? "a mapped page is not translated"
					  : "an unmapped page is translated");
	}

	// DMA at any moment.
	bool walk(u64 iova)
	{
		Scheduler::point(true);
		world.walk++;
		world.walking = true;
		world.dmas++;
		const bool found = translate(iova, true);
		Scheduler::point(true);
		world.walking = false;
		return found;
	}
};

using Code = Scheduler::Code;

struct Plan {
	Config config;
	u32 deviations;
	void (*prepare)(void* bench);
	Code cpus[3];
};

// The first thing that breaks, or nullptr.
template <unsigned Stride>
const char* explore(const Plan& plan, Without without, u64* runs = nullptr)
{
	Scheduler scheduler(plan.deviations);
	alignas(Bench<Stride>) char memory[sizeof(Bench<Stride>)];
	u32 count = 0;
	for (Code code : plan.cpus)
		if (code && ++count)
			scheduler.add(code, memory);
	const char* found = nullptr;
	u64 dmas = 0;
	for (bool more = true; more && !found;) {
		scheduler.abandon();  // what every interleaving starts from is no part of it
		new (&world) World();
		world.coherent = plan.config.coherent;
		world.bbml = plan.config.bbml;
		auto* bench = new (memory) Bench<Stride>(plan.config);
		if (!bench->table.create(0))
			return "no memory";
		plan.prepare(bench);
		world.gone = 0;
		world.without = without;
		more = scheduler.run();
		if (!more)
			break;
		if (scheduler.stuck() && !world.broken)
			world.broken = "CPUs wait for each other";
		found = world.broken;
		dmas += world.dmas;
	}
	if (getenv("STEPS"))
		std::fprintf(stderr, "%llu interleavings: %s\n", scheduler.runs(),
			     found ? found : "nothing");
	if (runs)
		*runs = scheduler.runs();
	return found ? found : dmas ? nullptr : "no DMA";
}

template <unsigned Stride>
Bench<Stride>& of(void* context)
{
	return *static_cast<Bench<Stride>*>(context);
}

// Two CPUs, and the pages that each maps with DMA afterwards.
template <u64 Page>
void map_and_use(void* context)
{
	auto& bench = of<1>(context);
	if (!bench.map(Page * kPage, kPage))
		return broken("a map fails");
	bench.expect(Page * kPage, true);
}

constexpr unsigned kBits = 15;   // levels 1 to 3 with two entries
constexpr unsigned kBits2 = 16;  // levels 2 and 3 with four

constexpr Plan neighbours(bool coherent)
{
	return {{.input_bits = kBits, .coherent = coherent},
		3,
		[](void*) {},
		{map_and_use<0>, map_and_use<1>, map_and_use<2>}};
}

// ---- empty tables ----

void leave_empty(void* context)
{
	auto& bench = of<1>(context);
	bench.map(0, kPage, 2);
	bench.unmap(0, kPage, 2);
}

void reclaim_tables(void* context)
{
	(void)reclaim(of<1>(context).table);
}

void map_use_unmap(void* context)
{
	auto& bench = of<1>(context);
	map_and_use<0>(context);
	world.gone = 0;
	if (bench.unmap(0, kPage) != kPage)
		return broken("an unmap fails");
	bench.expect(0, false);
}

void walk_and_look_up(void* context)
{
	auto& bench = of<1>(context);
	u64 pa;
	(void)bench.walk(kPage);
	if (look_up(bench.table, kPage, pa))
		broken("a page that is not mapped is found");
	(void)bench.walk(kPage);
}

constexpr Plan reclaiming(bool coherent)
{
	return {{.input_bits = kBits, .coherent = coherent},
		3,
		leave_empty,
		{reclaim_tables, map_use_unmap, walk_and_look_up}};
}

// A range with the empty table is unmapped meanwhile.
void unmap_the_range(void* context)
{
	(void)of<1>(context).unmap(0, Tiny<1>::size(1));
}

constexpr Plan kCovering{
	{.input_bits = kBits}, 3, leave_empty, {reclaim_tables, unmap_the_range, walk_and_look_up}};

// ---- parts of a block, and of a contiguous run ----

void map_block(void* context)
{
	of<2>(context).map(0, Tiny<2>::size(2));
}

void map_run(void* context)
{
	of<2>(context).map(0, kPage, 4);
}

template <u64 Page>
void unmap_part(void* context)
{
	auto& bench = of<2>(context);
	if (bench.unmap(Page * kPage, kPage) != kPage)
		return broken("an unmap fails");
	bench.expect(Page * kPage, false);
}

// A part that stays: the first page, which is the last to lose the Contiguous bit.
void walk_the_rest(void* context)
{
	auto& bench = of<2>(context);
	for (int i = 0; i < 2; i++)
		if (!bench.walk(0) && bench.table.config().bbml != Bbml::k0)
			broken("the rest is not translated meanwhile");
}

constexpr Plan parts(Bbml bbml, bool coherent = true)
{
	return {{.input_bits = kBits2, .coherent = coherent, .bbml = bbml},
		3,
		map_block,
		{unmap_part<1>, unmap_part<2>, walk_the_rest}};
}

constexpr Plan kRun{{.input_bits = kBits2, .bbml = Bbml::k1, .contiguous = true},
		    3,
		    map_run,
		    {unmap_part<1>, unmap_part<2>, walk_the_rest}};

template <unsigned Stride>
void holds(Case& t, const Plan& plan)
{
	u64 runs = 0;
	const char* found = explore<Stride>(plan, Without::kNothing, &runs);
	EXPECT(t, !found);
	if (found)
		std::printf("    # %s\n", found);
	EXPECT(t, runs > 1000);
}

void neighbours_share_new_tables(Case& t)
{
	holds<1>(t, neighbours(true));
	holds<1>(t, neighbours(false));
}

void empty_tables_go_while_neighbours_map(Case& t)
{
	holds<1>(t, reclaiming(true));
	holds<1>(t, reclaiming(false));
}

void empty_tables_go_once(Case& t)
{
	holds<1>(t, kCovering);
}

void parts_of_a_block_go_on_two_cpus(Case& t)
{
	for (Bbml bbml : {Bbml::k0, Bbml::k1, Bbml::k2})
		for (bool coherent : {true, false})
			holds<2>(t, parts(bbml, coherent));
}

void parts_of_a_run_go_on_two_cpus(Case& t)
{
	holds<2>(t, kRun);
}

void without_compare(Case& t)
{
	EXPECT(t, explore<1>(neighbours(true), Without::kCompare));
}
void without_cleaning_by_all(Case& t)
{
	EXPECT(t, explore<1>(neighbours(false), Without::kCleanedByAll));
	for (Bbml bbml : {Bbml::k0, Bbml::k1, Bbml::k2})
		EXPECT(t, explore<2>(parts(bbml, false), Without::kCleanedByAll));
}
void without_section(Case& t)
{
	EXPECT(t, explore<1>(reclaiming(true), Without::kSection));
}
void without_grace_period(Case& t)
{
	EXPECT(t, explore<1>(reclaiming(true), Without::kGracePeriod));
}
void without_retire(Case& t)
{
	EXPECT(t, explore<1>(reclaiming(true), Without::kRetire));
}
void without_invalidation(Case& t)
{
	EXPECT(t, explore<1>(reclaiming(true), Without::kInvalidation));
}
void without_condemned(Case& t)
{
	EXPECT(t, explore<1>(reclaiming(true), Without::kCondemned));
}
void without_take(Case& t)
{
	EXPECT(t, explore<1>(kCovering, Without::kTake));
}
void without_split(Case& t)
{
	EXPECT(t, explore<2>(parts(Bbml::k2), Without::kSplit));
}
void without_invalidation_of_the_block(Case& t)
{
	EXPECT(t, explore<2>(parts(Bbml::k0), Without::kSplitInvalidation));
	EXPECT(t, explore<2>(parts(Bbml::k1), Without::kSplitInvalidation));
}
void without_first_of_run(Case& t)
{
	EXPECT(t, explore<2>(kRun, Without::kFirstOfRun));
}

}  // namespace

TEST_SUITE(pgtable_stepping, TEST_CASE(neighbours_share_new_tables),
	   TEST_CASE(empty_tables_go_while_neighbours_map), TEST_CASE(empty_tables_go_once),
	   TEST_CASE(parts_of_a_block_go_on_two_cpus), TEST_CASE(parts_of_a_run_go_on_two_cpus),
	   TEST_CASE(without_compare), TEST_CASE(without_cleaning_by_all),
	   TEST_CASE(without_section), TEST_CASE(without_grace_period), TEST_CASE(without_retire),
	   TEST_CASE(without_invalidation), TEST_CASE(without_condemned), TEST_CASE(without_take),
	   TEST_CASE(without_split), TEST_CASE(without_invalidation_of_the_block),
	   TEST_CASE(without_first_of_run));
