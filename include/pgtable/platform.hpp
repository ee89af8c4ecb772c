// SPDX-License-Identifier: GPL-2.0-only
// What page tables need from the system: memory, its cache maintenance, invalidations, read-side sections.
//
// The drivers, KUnit, the host and the explorer of interleavings supply types of their own.
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
	// Writes before are seen by walkers before writes after.
	P::dma_wmb();
	// Writes before are complete before anything after that makes a device walk.
	P::wmb();

	// Zeroed memory, aligned to its size rounded up to a power of two, that walkers see as zeroed; NULL.
	// Sleeps if `gfp` allows; kAtomic does not.
	{ p.allocate(bytes, gfp) } -> std::same_as<void*>;
	{ P::kAtomic } -> std::convertible_to<u32>;
	// Release at once what no walker and no CPU can reach.  Any context.
	p.release(memory, bytes);
	// Release after the sections that have begun.  No walker reaches it.  Any context.
	p.retire(memory, bytes);

	// Where the CPU has what walkers find at an address, and the other way around.
	{ c.cpu(value) } -> std::same_as<Word<P>*>;
	{ c.bus(word) } -> std::same_as<u64>;
	// Make `count` entries visible to walkers that are not coherent, by dma_sync or equivalent.  Any context.
	p.clean(word, value);
	// Forget translations of [iova, iova + size) at every level, walk caches included; returns when it is done.
	// Any context.
	p.invalidate(value, value);
};

}  // namespace pgtable
