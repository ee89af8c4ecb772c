// SPDX-License-Identifier: GPL-2.0-only
// The tables of one address space.
//
// Concurrent calls of map_pages() and unmap_pages() must not overlap in input addresses.  Calls for
// different addresses, and look-ups of any, take no lock and run in any context.  Therefore:
//  1. A table that a CPU finds in a settled descriptor inside a section stays allocated until the
//     section ends.
//  2. A table belongs to the CPU that has replaced the descriptor naming it.  That CPU frees it.
// Documentation/pagetable.rst has the reasons, Documentation/ordering.rst the proofs.
#pragma once

#include <utility>

#include "core/result.hpp"
#include "pgtable/config.hpp"
#include "pgtable/platform.hpp"

namespace pgtable {

// An entry, and the level of the table that holds it.
template <class P>
struct Spot {
	Word<P>* at;
	int level;
	u64 path;  // bitwise or of all descriptors above
};

// Call visit<n>(at) for runs of n entries while it returns true.  Returns the first entry that is left.
template <class W, class Visit>
[[gnu::always_inline]] inline W* in_runs(W* at, u64 count, const Visit& visit)
{
	const auto runs_of = [&]<size_t kRun>() __attribute__((always_inline)) {
		for (; count >= kRun && visit.template operator()<kRun>(at); count -= kRun)
			at += kRun;
	};
	runs_of.template operator()<16>();
	runs_of.template operator()<4>();
	runs_of.template operator()<1>();
	return at;
}

// Whether walkers see the CPU's caches, where the compiler knows it.
enum class Walkers { kCoherent, kNonCoherent };

// What does not depend on the stage, so that both stages share the code.
template <TableLayout F, Platform P>
class Tree {
public:
	Tree(const Tree&) = delete;
	Tree& operator=(const Tree&) = delete;

	// Release all tables.  Caches of walkers were invalidated, and no other call runs.
	void destroy()
	{
		if (!first_)
			return;
		platform_.release_kept(F::kTableBytes);
		release_below(first_, shape_.level, shape_.entries());
		platform_.release(first_, shape_.bytes());
		first_ = nullptr;
	}

	P& platform() const { return platform_; }
	const Config& config() const { return config_; }
	const Shape& shape_of_first() const { return shape_; }
	u64 sizes() const { return page_sizes_; }
	u64 attributes_for(u32 prot) const { return attributes_[prot & kProtMask]; }
	// TTBR or VTTBR, the address alone.
	u64 ttb() const { return platform_.bus(first_); }

	// Whether `bytes` from there on are input addresses, or output addresses.
	bool takes_input(u64 iova, u64 bytes) const
	{
		return within(iova, bytes, config_.input_bits);
	}
	bool takes_output(u64 pa, u64 bytes) const
	{
		return within(pa, bytes, config_.output_bits);
	}
	// Both, without a branch between.
	bool takes(u64 iova, u64 pa) const
	{
		return !(iova >> config_.input_bits | pa >> config_.output_bits);
	}
	bool has_size(u64 size) const { return size & page_sizes_ && !(size & (size - 1)); }

	static int level_of(u64 size)
	{
		int level = kLastLevel;
		while (size > F::size(level))
			level--;
		return level;
	}

	// The number of entries from the one for `iova` to the end of its table.
	static u64 entries_left(u64 iova, int level) { return F::kEntries - F::index(iova, level); }

	u64 entries(int level) const
	{
		return level == shape_.level ? shape_.entries() : F::kEntries;
	}

	Word<P>* first_entry(u64 iova) const { return first_ + (iova >> first_shift_); }

	// The entry for `iova` in the table that `descriptor` names, of `level`.
	Word<P>* below(u64 descriptor, u64 iova, int level) const
	{
		return platform_.cpu(F::decode(descriptor)) + F::index(iova, level);
	}

	// Walk down to `level`, through descriptors for which `Follow` is true.
	template <bool (*Follow)(u64)>
	[[gnu::always_inline]] Spot<P> descend(u64 iova, int level) const
	{
		Spot<P> spot{first_entry(iova), shape_.level, 0};
		while (spot.level < level) {
			const u64 descriptor = spot.at->load_relaxed();
			if (!Follow(descriptor)) [[unlikely]]
				break;
			spot.path |= descriptor;
			// ORDER: the address depends on the descriptor.  Pairs with dma_wmb() in
			// Way::settle() and Split::install().
			spot.at = below(descriptor, iova, ++spot.level);
		}
		return spot;
	}

	// The same, to the last level or the one above.  The compiler knows each level, so the shifts
	// are constants.
	template <bool (*Follow)(u64), int Target = kLastLevel>
	[[gnu::always_inline]] Spot<P> descend(u64 iova) const
	{
		static_assert(Target == kLastLevel || Target == kBlockLevel);
		Spot<P> spot{first_entry(iova), shape_.level, 0};
		const auto reader = reader_;
		switch (shape_.level) {
		case -1:
			if (!next<-1, Follow>(reader, spot, iova)) [[unlikely]]
				break;
			[[fallthrough]];
		[[likely]] case 0:
			if (!next<0, Follow>(reader, spot, iova)) [[unlikely]]
				break;
			[[fallthrough]];
		case 1:
			if (!next<1, Follow>(reader, spot, iova)) [[unlikely]]
				break;
			[[fallthrough]];
		default:
			if constexpr (Target == kLastLevel)
				(void)next<2, Follow>(reader, spot, iova);
		}
		return spot;
	}

	u64 descriptor_of(const void* table) const
	{
		return F::encode(platform_.bus(static_cast<const Word<P>*>(table))) | table_bits_;
	}

	// Make `count` entries that were written visible to walkers.
	void clean(const Word<P>* at, u64 count) const
	{
		if (!config_.coherent) [[unlikely]]
			platform_.clean(at, count);
	}

	template <Walkers W>
	bool is_for() const
	{
		return config_.coherent == (W == Walkers::kCoherent);
	}
	template <Walkers W>
	void clean_for(const Word<P>* at, u64 count) const
	{
		if constexpr (W == Walkers::kNonCoherent)
			platform_.clean(at, count);
	}

	// Make the descriptor of a new table visible to walkers, and record that.
	void publish(Word<P>& at, u64 descriptor) const
	{
		if (!(descriptor & kUnsynced))
			return;
		clean(&at, 1);
		(void)at.cas_relaxed(descriptor, descriptor & ~kUnsynced);
	}

	// Clean the descriptors above `target` that other CPUs have not cleaned yet.
	void clean_unsynced(u64 iova, int target) const
	{
		const Word<P>* at = first_entry(iova);
		for (int level = shape_.level; level < target; level++) {
			const u64 descriptor = at->load_relaxed();
			if (!is_table(descriptor))
				return;
			if (descriptor & kUnsynced)
				clean(at, 1);
			at = below(descriptor, iova, level + 1);
		}
	}

	// Remove the descriptor of a table and return it.  If it is not 0, the table belongs to the
	// caller.
	static u64 take(Word<P>& at) { return at.fetch_andnot_relaxed(~u64{0}); }

	static bool is_empty(const Word<P>* table)
	{
		for (u64 i = 0; i < F::kEntries; i++)
			if (table[i].load_relaxed())
				return false;
		return true;
	}

protected:
	Tree(P& platform, const Config& config)
		: platform_(platform),
		  config_(config),
		  reader_(platform.reader())
	{
	}

	core::Result<> allocate_first(const Shape& shape, u64 sizes, u32 gfp)
	{
		shape_ = shape;
		first_shift_ = F::shift(shape.level);
		page_sizes_ = sizes;
		table_bits_ = kTable | (config_.variant.ns ? kNsTable : 0);
		first_ = static_cast<Word<P>*>(platform_.allocate(shape_.bytes(), gfp));
		if (!first_)
			return core::error(core::Errno::kNoMemory);
		// ORDER: empty entries before the caller's TTBR.
		P::wmb();
		return {};
	}

	void set_attributes(const Attributes& attributes) { attributes_ = attributes; }

private:
	template <int Level, bool (*Follow)(u64), class Reader>
	[[gnu::always_inline]] static bool next(const Reader& reader, Spot<P>& spot, u64 iova)
	{
		const u64 descriptor = spot.at->load_relaxed();
		if (!Follow(descriptor)) [[unlikely]]
			return false;
		spot.path |= descriptor;
		// ORDER: as above.
		spot.level = Level + 1;
		spot.at = reader.cpu(F::decode(descriptor)) + F::index(iova, Level + 1);
		return true;
	}

	static bool within(u64 start, u64 bytes, unsigned address_bits)
	{
		const u64 last = start + bytes - 1;
		return last >= start && !(last >> address_bits);
	}

	// Recursion is at most five levels deep.
	void release_below(Word<P>* table, int level, u64 count)
	{
		if (level == kLastLevel)
			return;
		for (u64 i = 0; i < count; i++) {
			const u64 descriptor = table[i].load_relaxed();
			if (!names_table(descriptor))
				continue;
			Word<P>* next = platform_.cpu(F::decode(descriptor));
			release_below(next, level + 1, F::kEntries);
			platform_.release(next, F::kTableBytes);
		}
	}

	P& platform_;
	// Where a descent begins.  Each pair of members is read by one instruction.
	unsigned first_shift_ = 0;
	Shape shape_{};
	const Config config_;
	const decltype(std::declval<const P&>().reader()) reader_;
	Word<P>* first_ = nullptr;
	u64 page_sizes_ = 0;
	u64 table_bits_ = 0;
	Attributes attributes_{};
};

// The tables of one format.
template <Format F, Platform P>
class Table : public Tree<typename F::Layout, P> {
	using Base = Tree<typename F::Layout, P>;

public:
	Table(P& platform, const Config& config)
		: Base(platform, config)
	{
	}

	// Allocate the first table: kInvalid for a Config that is_valid() refuses, kNoMemory.
	core::Result<> create(u32 gfp)
	{
		const Config& config = this->config();
		if (!is_valid<F>(config))
			return core::error(core::Errno::kInvalid);
		this->set_attributes(all_attributes<F>(config.variant));
		return this->allocate_first(shape<F>(config.input_bits), page_sizes<F>(config),
					    gfp);
	}

	Control control_fields() const { return control<F>(this->config()); }
};

}  // namespace pgtable
