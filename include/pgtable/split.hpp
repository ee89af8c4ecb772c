// SPDX-License-Identifier: GPL-2.0-only
// Replacement of a block by a table that maps the same (IHI 0070 3.21.1, DDI 0487 D8.17.1).
//
// With BBML 2 the table replaces the block.  With BBML 1 the block gets nT and is invalidated
// first; it translates throughout.  BBML 0 requires that the block becomes invalid first, and DMA
// to it faults until the table is installed.  CPUs that unmap other parts of the block meanwhile do
// the same steps and do not wait for each other.
#pragma once

#include "pgtable/table.hpp"

namespace pgtable {

template <TableLayout F, Platform P>
class Split {
public:
	explicit Split(const Tree<F, P>& table)
		: table_(table)
	{
	}

	// Replace the block at `at`, of `level`; false without memory, or if there is no block.
	[[gnu::noinline, gnu::cold]] bool run(Word<P>& at, int level, u64 iova)
	{
		u64 block = at.load_relaxed();
		if (!is_block(block))
			return is_table(block);
		P& platform = table_.platform();
		auto* parts = static_cast<Word<P>*>(platform.allocate(F::kTableBytes, P::kAtomic));
		if (!parts)
			return false;
		while (is_block(block)) {
			// Fails if hardware or another CPU has changed the block.
			if (!prepare(at, block, iova & ~(F::size(level) - 1), F::size(level)))
				continue;
			fill(parts, block, level + 1);
			if (install(at, block, parts))
				return true;
		}
		platform.release(parts, F::kTableBytes);
		return is_table(block);
	}

private:
	u64 prepared(u64 block) const
	{
		switch (table_.config().bbml) {
		case Bbml::k0:
			return block & ~bit(0);
		case Bbml::k1:
			return block | kNt;
		case Bbml::k2:
			break;
		}
		return block;
	}

	// Make the block replaceable.  True: `block` is the descriptor to replace; false: it is the
	// one that was found.
	bool prepare(Word<P>& at, u64& block, u64 iova, u64 size) const
	{
		const u64 wanted = prepared(block);
		if (wanted != block) {
			if (!at.cas_relaxed(block, wanted))
				return false;
			block = wanted;
		}
		if (table_.config().bbml == Bbml::k2)
			return true;
		// Also if another CPU has prepared the block: it may not have invalidated it yet.
		table_.clean(&at, 1);
		table_.platform().invalidate(iova, size);
		return true;
	}

	void fill(Word<P>* parts, u64 block, int level) const
	{
		const u64 part = (block & F::kInherited) | (level == kLastLevel ? kPage : kBlock);
		u64 pa = F::output(block, level - 1);
		for (u64 i = 0; i < F::kEntries; i++, pa += F::size(level))
			parts[i].store_relaxed(part | F::encode(pa));
		table_.clean(parts, F::kEntries);
	}

	// False: `block` is the descriptor that was found instead.
	bool install(Word<P>& at, u64& block, Word<P>* parts) const
	{
		u64 table = table_.descriptor_of(parts);
		if (table_.config().bbml == Bbml::k2)
			table |= kSplit;
		if (!table_.config().coherent)
			table |= kUnsynced;
		// ORDER: the parts before the descriptor that leads to them.  Pairs with the
		// address dependency of walkers and of descend().
		P::dma_wmb();
		if (!at.cas_relaxed(block, table))
			return false;
		table_.publish(at, table);
		return true;
	}

	const Tree<F, P>& table_;
};

}  // namespace pgtable
