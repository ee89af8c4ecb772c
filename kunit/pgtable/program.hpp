// SPDX-License-Identifier: GPL-2.0-only
// Random programs of map, unmap, look-up, DMA, dirty tracking and reclaim, against an array that
// says what is mapped.
#pragma once

#include "kunit/pgtable/caches.hpp"

namespace test {

// `Choices` says what comes next: Random, or the input of a fuzzer.
template <class F, class Choices = Random>
class Program {
public:
	Program(Case& t, const Choices& choices, const pgtable::Config& config)
		: t_(t),
		  choices_(choices),
		  config_(config),
		  machine_(config.output_bits > 48 ? u64{0xb} << 48 : 0),
		  space_(t, machine_, config),
		  caches_(space_)
	{
		pages_ = static_cast<Page*>(os_alloc(sizeof(Page) * kPages));
	}
	~Program() { os_free(pages_); }
	Program(const Program&) = delete;
	Program& operator=(const Program&) = delete;

	void run(u64 operations)
	{
		if (!EXPECT(t_, pages_ && space_.created))
			return;
		for (u64 i = 0; i < operations && !t_.failures && !choices_.at_end(); i++) {
			one();
			if (i % 2048 == 2047)
				compare_all();
		}
		compare_all();
	}
	u64 mapped_pages() const { return maps_; }

private:
	struct Page {
		u64 pa;
		bool mapped, dirty;
	};
	// Four tables of pages, two on each side of the middle of all addresses.
	static constexpr u64 kSlots = 4, kSlot = F::kEntries, kPages = kSlots * kSlot;
	static constexpr u64 kPage = F::kTableBytes, kBlock = F::size(2);

	u64 base() const { return pgtable::bit(config_.input_bits - 1) - 2 * kBlock; }
	u64 iova_of(u64 page) const { return base() + page * kPage; }

	void one()
	{
		caches_.next_dma = iova_of(choices_.below(kPages));
		switch (choices_.below(16)) {
		case 0 ... 4:
			return map_pages();
		case 5:
			return map_blocks();
		case 6 ... 9:
			return unmap_pages();
		case 10:
			return unmap_blocks();
		case 11:
			if (config_.variant.dirty)
				return choices_.below(4) ? write() : read_dirty();
			return dma();
		case 12:
			if (choices_.below(8) == 0)
				return reclaim();
			return dma();
		default:
			return dma();
		}
	}

	u64 some_count()
	{
		return 1 + (choices_.below(4) ? choices_.below(4)
					      : choices_.below(3 * F::contiguous(3)));
	}

	// Any physical address; often one that goes with the input address.
	u64 some_pa(u64 page, u64 align)
	{
		const u64 like = choices_.below(3) ? iova_of(page) & (kBlock - 1) : choices_.next();
		const u64 limit = pgtable::bit(config_.output_bits) - 2 * kSlots * kBlock;
		const u64 top =
			std::min(choices_.next() & pgtable::bits(config_.output_bits - 1, 0),
				 limit) &
			~(2 * kBlock - 1);
		return (top | (like & (kBlock - 1))) & ~(align - 1);
	}

	// One of the next allocations fails, now and then.
	void maybe_fail()
	{
		test_fail_alloc(choices_.below(16) ? 0 : 1 + static_cast<u32>(choices_.below(3)));
	}
	bool has_failed()
	{
		const bool failed = test_alloc_failed();
		test_fail_alloc(0);
		return failed;
	}

	void map_pages()
	{
		const u64 first = choices_.below(kPages),
			  count = std::min(some_count(), kPages - first);
		const u64 pa = some_pa(first, kPage);
		u64 expected = 0;
		bool exists = false;
		while (expected < count && !exists) {
			const u64 end =
				std::min(count, (first + expected) / kSlot * kSlot + kSlot - first);
			for (u64 i = expected; i < end; i++)
				exists |= pages_[first + i].mapped;
			expected = exists ? expected : end;
		}
		maybe_fail();
		const int result = space_.map(iova_of(first), pa, kPage, count);
		const bool failed = has_failed();
		u64 done = space_.mapped / kPage;
		if (failed && result == -12)
			EXPECT(t_, done <= expected);
		else
			EXPECT(t_, result == (exists ? -17 : 0) && done == expected);
		enter(first, done, pa);
		// Tables below which nothing has been entered may have been made.
		for (u64 i = 0; i <= std::min(done, count - 1); i++)
			made_[(first + i) / kSlot] = true;
		check(first);
		if (count)
			check(first + count - 1);
	}

	void enter(u64 first, u64 count, u64 pa)
	{
		for (u64 i = 0; i < count; i++)
			pages_[first + i] = {pa + i * kPage, true, config_.variant.dirty};
		maps_ += count;
	}

	void map_blocks()
	{
		const u64 slot = choices_.below(kSlots), count = 1 + choices_.below(kSlots - slot);
		const u64 pa = some_pa(slot * kSlot, kBlock);
		// Each side of the boundary is a table of its own.
		const u64 here = slot < 2 ? std::min(count, 2 - slot) : count;
		u64 expected = 0;
		if (all_free(slot, here))
			expected =
				here == count || all_free(slot + here, count - here) ? count : here;
		maybe_fail();
		const int result = space_.map(iova_of(slot * kSlot), pa, kBlock, count);
		const bool failed = has_failed();
		const u64 done = space_.mapped / kBlock;
		if (failed && result == -12)
			EXPECT(t_, done <= expected);
		else
			EXPECT(t_, result == (expected == count ? 0 : -17) && done == expected);
		enter(slot * kSlot, done * kSlot, pa);
		for (u64 i = 0; i < done; i++) {
			block_[slot + i] = true;
			made_[slot + i] = false;
		}
		check(slot * kSlot + choices_.below(kSlot));
	}

	bool all_free(u64 slot, u64 count) const
	{
		for (u64 i = slot * kSlot; i < (slot + count) * kSlot; i++)
			if (pages_[i].mapped)
				return false;
		return true;
	}

	void unmap_pages()
	{
		const u64 first = choices_.below(kPages),
			  count = std::min(some_count(), kPages - first);
		u64 expected = 0;
		while (expected < count && pages_[first + expected].mapped)
			expected++;
		maybe_fail();
		const u64 done = space_.unmap(iova_of(first), kPage, count) / kPage;
		const bool failed = has_failed();
		EXPECT(t_, done == expected || (failed && done < expected));
		EXPECT(t_, !space_.freed);
		for (u64 i = 0; i < done; i++) {
			made_[(first + i) / kSlot] = true;
			block_[(first + i) / kSlot] = false;
		}
		forget(first, done);
	}

	void unmap_blocks()
	{
		const u64 slot = choices_.below(kSlots), count = 1 + choices_.below(kSlots - slot);
		u64 least = 0;
		while (least < count && (block_[slot + least] || !all_free(slot + least, 1)))
			least++;
		const u64 done = space_.unmap(iova_of(slot * kSlot), kBlock, count) / kBlock;
		// An empty table may be there, too.
		EXPECT(t_, done >= least && done <= count);
		for (u64 i = least; i < done; i++)
			EXPECT(t_, made_[slot + i] || block_[slot + i] || !all_free(slot + i, 1));
		for (u64 i = 0; i < done; i++)
			block_[slot + i] = made_[slot + i] = false;
		forget(slot * kSlot, done * kSlot);
	}

	void forget(u64 first, u64 count)
	{
		caches_.invalidate(iova_of(first), count * kPage, space_.last.ttl(),
				   space_.last.tables);
		EXPECT(t_, !count || caches_.forgot(iova_of(first), count * kPage));
		machine_.quiesce();
		for (u64 i = 0; i < count; i++)
			pages_[first + i] = {};
		EXPECT(t_, caches_.walks_are_true());
		EXPECT(t_, caches_.translations_are(choices_, [&](u64 iova, u64 pa) {
			const Page& page = pages_[(iova - base()) / kPage];
			return page.mapped && page.pa == pa;
		}));
		check(first);
		if (count)
			check(first + count - 1);
		check(choices_.below(kPages));
	}

	void dma()
	{
		const u64 page = choices_.below(kPages);
		caches_.use(iova_of(page) + choices_.below(kPage));
		check(page);
		u64 pa = 0;
		const u64 offset = choices_.below(kPage);
		EXPECT_EQ(t_, space_.look_up(iova_of(page) + offset, pa), pages_[page].mapped);
		if (pages_[page].mapped)
			EXPECT_EQ(t_, pa, pages_[page].pa + offset);
	}

	// Hardware's update of the dirty state.
	void write()
	{
		const u64 page = choices_.below(kPages);
		if (!pages_[page].mapped)
			return;
		const walker::Result found = space_.walk(iova_of(page));
		constexpr bool kStage1 = F::kStage == pgtable::Stage::k1;
		const u64 dirty = kStage1 ? found.descriptor & ~pgtable::kApReadOnly
					  : found.descriptor | pgtable::kS2apWrite;
		core::Atomic<u64>* at = machine_.cpu(found.tables[found.level + 1]);
		at[F::index(iova_of(page), found.level)].store_relaxed(dirty);
		const u64 first = block_[page / kSlot] ? page / kSlot * kSlot : page;
		for (u64 i = 0; i < found.size / kPage; i++)
			pages_[first + i].dirty = true;
	}

	void read_dirty()
	{
		const u64 first = choices_.below(kPages),
			  count = std::min(some_count(), kPages - first);
		for (u64 i = 0; i < count; i++)
			if (!pages_[first + i].mapped)
				return;
		const bool clear = choices_.below(4);
		// A block of which the range is a part stays dirty.
		const auto is_part = [&](u64 page) {
			const u64 slot = page / kSlot * kSlot;
			return block_[page / kSlot] &&
			       (slot < first || slot + kSlot > first + count);
		};
		u64 dirty = 0;
		const auto note = [&](u64 iova, u64 size) {
			const u64 start = (iova - base()) / kPage;
			EXPECT(t_, start >= first && start + size / kPage <= first + count);
			for (u64 i = 0; i < size / kPage; i++) {
				EXPECT(t_, pages_[start + i].dirty);
				dirty++;
				pages_[start + i].dirty = !clear || is_part(start + i);
			}
		};
		u64 expected = 0;
		for (u64 i = 0; i < count; i++)
			expected += pages_[first + i].dirty;
		EXPECT(t_, pgtable::read_and_clear_dirty(space_.table, iova_of(first),
							 count * kPage, clear, note));
		EXPECT_EQ(t_, dirty, expected);
	}

	void reclaim()
	{
		space_.reclaim();
		machine_.quiesce();
		EXPECT(t_, caches_.walks_are_true());
		u64 tables = 0;
		for (u64 i = 0; i < kSlots; i++) {
			made_[i] = !block_[i] && !all_free(i, 1);
			tables += made_[i];
		}
		EXPECT(t_, machine_.tables() >= tables + 1 && machine_.tables() <= tables + 1 + 6);
		check(choices_.below(kPages));
	}

	walker::Result check(u64 page)
	{
		const walker::Result found = space_.walk(iova_of(page));
		EXPECT_EQ(t_, found.ok, pages_[page].mapped);
		if (found.ok) {
			EXPECT_EQ(t_, found.pa, pages_[page].pa);
			EXPECT_EQ(t_, found.size == kBlock, block_[page / kSlot]);
		}
		return found;
	}

	void compare_all()
	{
		for (u64 page = 0; page < kPages && !t_.failures;)
			page += compare_entry(page);
	}

	// The pages from this one on that the same entry translates, or does not.
	u64 compare_entry(u64 page)
	{
		const walker::Result found = check(page);
		const u64 size = F::size(found.level);
		const u64 count = std::min((size - iova_of(page) % size) / kPage, kPages - page);
		bool right = true;
		for (u64 i = 0; i < count; i++) {
			const Page& other = pages_[page + i];
			right &= other.mapped == found.ok &&
				 (!found.ok || other.pa == found.pa + i * kPage);
		}
		EXPECT(t_, right);
		return count;
	}

	Case& t_;
	Choices choices_;
	pgtable::Config config_;
	Machine machine_;
	Space<F> space_;
	Caches<F> caches_;
	Page* pages_ = nullptr;
	bool block_[kSlots]{}, made_[kSlots]{};
	u64 maps_ = 0;
};

// One for each thing that a Config can say.
template <class F>
void run_programs(Case& t, u64 seed, u64 operations)
{
	using pgtable::Bbml;
	const unsigned most = F::kMaxBits;
	const pgtable::Config configs[] = {
		{.input_bits = most, .output_bits = most},
		{.input_bits = most, .output_bits = most, .bbml = Bbml::k1, .contiguous = true},
		{.input_bits = most, .output_bits = most, .bbml = Bbml::k2, .contiguous = true},
		{.input_bits = most,
		 .output_bits = most,
		 .coherent = false,
		 .bbml = Bbml::k2,
		 .contiguous = true},
		{.input_bits = most,
		 .output_bits = most,
		 .bbml = Bbml::k2,
		 .variant = {.dirty = true}},
	};
	for (const pgtable::Config& config : configs) {
		Program<F> program(t, Random(seed++), config);
		program.run(operations / std::size(configs));
		EXPECT(t, program.mapped_pages() > operations / 50);
	}
}

}  // namespace test
