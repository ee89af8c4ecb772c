// SPDX-License-Identifier: GPL-2.0-only
// The services that page tables need: memory, cache maintenance, invalidations, read-side sections.
//
// The drivers, KUnit, the host and the explorer of interleavings have types of their own.
#pragma once

#include <concepts>

#include "os/types.h"

namespace pgtable {

// An entry of a table.  INVARIANT: CPUs access it by this type only.
template <class P>
using Word = typename P::template Atomic<u64>;

template <class P>
concept Platform = requires(P& p, const P& c, void* memory, const Word<P>* word, u64 value,
			    size_t bytes, u32 gfp) {
	requires sizeof(Word<P>) == sizeof(u64);
	// A read-side section: retire() and synchronize() wait for its end.  It does not sleep.
	typename P::Section;
	// Walkers see earlier writes before later ones.
	P::dma_wmb();
	// Earlier writes are complete before any later access that makes a device walk.
	P::wmb();

	// Memory that is zero for the CPU and for walkers, aligned to its size rounded up to a
	// power of two; NULL on failure.  Sleeps if `gfp` permits; kAtomic does not.
	{ p.allocate(bytes, gfp) } -> std::same_as<void*>;
	{ P::kAtomic } -> std::convertible_to<u32>;
	// Release at once memory that no walker and no CPU can reach.  Any context.
	p.release(memory, bytes);
	// Release after the end of the current sections.  No walker can reach it.  Any context.
	p.retire(memory, bytes);
	// Set a table aside that walkers may still find.  Any context.
	p.keep(memory);
	// Release tables that were set aside, of `bytes` each.  No walker and no CPU can reach them.
	p.release_kept(bytes);

	// The CPU's address of what walkers find at a bus address, and the reverse.
	{ c.cpu(value) } -> std::same_as<Word<P>*>;
	{ c.bus(word) } -> std::same_as<u64>;
	// What cpu() does, as a value that is kept in registers on the way down.
	{ c.reader().cpu(value) } -> std::same_as<Word<P>*>;
	// Make `count` entries visible to non-coherent walkers, by dma_sync or equivalent.  Any
	// context.
	p.clean(word, value);
	// Invalidate translations of [iova, iova + size) at every level, walk caches included, and
	// wait for completion.  False: walkers may still use them.  Any context.
	{ p.invalidate(value, value) } -> std::same_as<bool>;
};

}  // namespace pgtable
