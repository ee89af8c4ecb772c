// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/pgtable/ours.h"

#include <new>

#include "core/atomic.hpp"
#include "core/barrier.hpp"
#include "os/os.h"
#include "pgtable/dirty.hpp"
#include "pgtable/map.hpp"
#include "pgtable/unmap.hpp"

namespace {

using namespace pgtable;

// Memory of the kernel's linear map, as a driver has it.
struct Kernel {
	template <typename T>
	using Atomic = core::Atomic<T>;

	// One task at a time.
	struct Section {
		Section() {}
		~Section() {}
	};
	static constexpr u32 kAtomic = 0;
	static void dma_wmb() { core::dma_wmb(); }
	static void wmb() { core::mb(); }

	u64 linear;

	void* allocate(size_t bytes, u32) { return os_alloc(bytes < 64 ? 64 : bytes); }
	void release(void* memory, size_t) { os_free(memory); }
	void retire(void* memory, size_t) { os_free(memory); }
	void keep(void*) {}
	void release_kept(size_t) {}
	Word<Kernel>* cpu(u64 bus) const { return reinterpret_cast<Word<Kernel>*>(bus + linear); }
	Kernel reader() const { return *this; }
	u64 bus(const Word<Kernel>* at) const
	{
		return reinterpret_cast<__UINTPTR_TYPE__>(at) - linear;
	}
	void clean(const Word<Kernel>*, u64) {}
	bool invalidate(u64, u64) { return true; }
	static void reschedule() {}
};

struct Freed {
	void table(void* memory) { os_free(memory); }
};

}  // namespace

// One format behind function pointers, as io_pgtable_ops.
struct pgtable_ours {
	u64 (*sizes)(pgtable_ours*);
	int (*map)(pgtable_ours*, const Mapping&, u64*);
	u64 (*unmap)(pgtable_ours*, u64 iova, u64 size, u64 count);
	u64 (*look_up)(pgtable_ours*, u64 iova);
	int (*dirty)(pgtable_ours*, u64 iova, u64 size, bool clear, void (*record)(u64, u64));
	u64 (*leaf)(pgtable_ours*, u64 iova);
	void (*destroy)(pgtable_ours*);
};

namespace {

template <Format F>
struct Ours : pgtable_ours {
	Kernel platform;
	Table<F, Kernel> table;

	Ours(u64 linear, const Config& config)
		: platform{linear},
		  table(platform, config)
	{
		sizes = [](pgtable_ours* o) { return of(o).table.sizes(); };
		map = [](pgtable_ours* o, const Mapping& mapping, u64* mapped) {
			return core::to_errno(map_pages(of(o).table, mapping, 0, *mapped));
		};
		unmap = [](pgtable_ours* o, u64 iova, u64 size, u64 count) {
			Freed freed;
			return unmap_pages(of(o).table, iova, size, count, freed).bytes;
		};
		look_up = [](pgtable_ours* o, u64 iova) {
			u64 pa = 0;
			return pgtable::look_up(of(o).table, iova, pa) ? pa : 0;
		};
		dirty = [](pgtable_ours* o, u64 iova, u64 size, bool clear,
			   void (*record)(u64, u64)) {
			return core::to_errno(
				read_and_clear_dirty(of(o).table, iova, size, clear, record));
		};
		leaf = [](pgtable_ours* o, u64 iova) {
			u64 last = 0;
			int at = 0;
			trace_walk(of(o).table, iova, [&](int level, u64 descriptor) {
				last = descriptor;
				at = level;
			});
			return is_leaf(last, at) ? last : 0;
		};
		destroy = [](pgtable_ours* o) {
			of(o).table.destroy();
			of(o).~Ours();
			os_free(&of(o));
		};
	}

	static Ours& of(pgtable_ours* o) { return *static_cast<Ours*>(o); }
};

template <Format F>
pgtable_ours* create(u64 linear, const Config& config)
{
	void* memory = os_alloc(sizeof(Ours<F>));
	if (!memory)
		return nullptr;
	auto* ours = new (memory) Ours<F>(linear, config);
	if (ours->table.create(0))
		return ours;
	os_free(memory);
	return nullptr;
}

template <Stage S>
pgtable_ours* create(u32 page_shift, u64 linear, const Config& config)
{
	switch (page_shift) {
	case 12:
		return create<Granule4K<S>>(linear, config);
	case 14:
		return create<Granule16K<S>>(linear, config);
	}
	return create<Granule64K<S>>(linear, config);
}

}  // namespace

pgtable_ours* pgtable_ours_create(const pgtable_ours_config* c)
{
	const Config config{.input_bits = c->input_bits,
			    .output_bits = c->output_bits,
			    .bbml = Bbml::k2,
			    .contiguous = c->contiguous,
			    .variant = {.ns = c->ns, .dirty = c->dirty}};
	return c->stage == 1 ? create<Stage::k1>(c->page_shift, c->linear, config)
			     : create<Stage::k2>(c->page_shift, c->linear, config);
}

void pgtable_ours_destroy(pgtable_ours* ours)
{
	ours->destroy(ours);
}

u64 pgtable_ours_sizes(pgtable_ours* ours)
{
	return ours->sizes(ours);
}

int pgtable_ours_map(pgtable_ours* ours, u64 iova, u64 pa, u64 size, u64 count, u32 prot,
		     u64* mapped)
{
	return ours->map(ours, {iova, pa, size, count, prot}, mapped);
}

u64 pgtable_ours_unmap(pgtable_ours* ours, u64 iova, u64 size, u64 count)
{
	return ours->unmap(ours, iova, size, count);
}

u64 pgtable_ours_look_up(pgtable_ours* ours, u64 iova)
{
	return ours->look_up(ours, iova);
}

int pgtable_ours_dirty(pgtable_ours* ours, u64 iova, u64 size, bool clear, void (*record)(u64, u64))
{
	return ours->dirty(ours, iova, size, clear, record);
}

u64 pgtable_ours_leaf(pgtable_ours* ours, u64 iova)
{
	return ours->leaf(ours, iova);
}
