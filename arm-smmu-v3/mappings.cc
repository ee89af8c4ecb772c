// SPDX-License-Identifier: GPL-2.0-only
// Map, unmap, look up and sync: what the IOMMU core calls for each mapping.
//
// There is no shim between, so a map of a page is one function.  Each format has its own set.
#include "arm-smmu-v3/domain.hpp"
#include "core/edge.hpp"
#include "pgtable/map.hpp"
#include "pgtable/unmap.hpp"

namespace smmu3 {
namespace {

using pgtable::TableLayout, pgtable::Unmapped;

template <TableLayout F>
constexpr u64 kPageBytes = F::size(pgtable::kLastLevel);
template <TableLayout F>
constexpr u64 kBlockBytes = F::size(pgtable::kBlockLevel);

// SAFETY: a smmu_domain_head lies in front of each domain with these operations, and such a domain
// has its core object (shim/domain.c).
Domain& domain_of(iommu_domain* domain)
{
	return Domain::from(reinterpret_cast<smmu_domain_head*>(domain)[-1].core);
}

// SAFETY: shim/domain.c compares the structs.
smmu_gather& gather_of(iommu_iotlb_gather* gather)
{
	return *reinterpret_cast<smmu_gather*>(gather);
}

// ---- gathering: one range of entries of one size and level ----

// Nothing that was gathered is read if the flush is elided.
void sync(Domain& domain, const smmu_gather& gather)
{
	if (domain.elides_flush()) [[unlikely]]
		return;
	domain.issue_flush(gather.start, gather.end - gather.start + 1,
			   Leaves::from_word(gather.pgsize), Levels::kLeaf);
}

bool continues(const smmu_gather& gather, u64 first, u64 last, Leaves leaves)
{
	return gather.pgsize == leaves.word() && first <= gather.end + 1 &&
	       last + 1 >= gather.start;
}

// Something is gathered already.
[[gnu::noinline]] void gather_more(Domain& domain, smmu_gather& gather, u64 first, u64 last,
				   Leaves leaves)
{
	if (continues(gather, first, last, leaves)) {
		gather.start = std::min<u64>(gather.start, first);
		gather.end = std::max<u64>(gather.end, last);
		return;
	}
	sync(domain, gather);
	gather.start = first;
	gather.end = last;
	gather.pgsize = leaves.word();
}

[[gnu::always_inline]] inline size_t gather_range(Domain& domain, smmu_gather& gather, u64 iova,
						  u64 bytes, Leaves leaves)
{
	// The IOMMU core will flush the whole domain.
	if (gather.queued || !bytes)
		return bytes;
	if (gather.pgsize) [[unlikely]] {
		gather_more(domain, gather, iova, iova + bytes - 1, leaves);
		return bytes;
	}
	gather.start = iova;
	gather.end = iova + bytes - 1;
	gather.pgsize = leaves.word();
	return bytes;
}

// ---- operations ----

// Also removes tables that a block of this size covers, or that were blocks.
template <TableLayout F>
[[gnu::noinline]] size_t unmap_range(Domain& domain, u64 iova, u64 size, u64 count,
				     smmu_gather& gather)
{
	Domain::Memory::Removed tables(domain.memory());
	const Unmapped unmapped = pgtable::unmap_range(domain.tree<F>(), iova, size, count, tables);
	if (unmapped.tables) {
		tables.finish(domain.invalidate(iova, unmapped.bytes), F::kTableBytes);
		return unmapped.bytes;
	}
	return gather_range(domain, gather, iova, unmapped.bytes, Leaves(size, unmapped.ttl()));
}

template <TableLayout F>
[[gnu::noinline]] size_t unmap_pages(Domain& domain, u64 iova, u64 count, smmu_gather& gather)
{
	Domain::Memory::Removed none(domain.memory());  // pages are no tables
	const Unmapped unmapped =
		pgtable::unmap_range(domain.tree<F>(), iova, kPageBytes<F>, count, none);
	return gather_range(domain, gather, iova, unmapped.bytes,
			    Leaves(kPageBytes<F>, unmapped.ttl()));
}

// A page or a block uses no stack.
template <TableLayout F>
[[gnu::noinline]] size_t unmap_blocks(Domain& domain, u64 iova, u64 size, u64 count,
				      smmu_gather& gather)
{
	if (size == kBlockBytes<F> && count == 1 && pgtable::unmap_block(domain.tree<F>(), iova))
		[[likely]]
		return gather_range(domain, gather, iova, size,
				    Leaves(kBlockBytes<F>, pgtable::kBlockLevel));
	return unmap_range<F>(domain, iova, size, count, gather);
}

template <TableLayout F>
[[gnu::always_inline]] inline size_t unmap(Domain& domain, u64 iova, u64 size, u64 count,
					   smmu_gather& gather)
{
	if (size != kPageBytes<F>) [[unlikely]]
		return unmap_blocks<F>(domain, iova, size, count, gather);
	if (count == 1 && pgtable::unmap_page(domain.tree<F>(), iova)) [[likely]]
		return gather_range(domain, gather, iova, size,
				    Leaves(kPageBytes<F>, pgtable::kLastLevel));
	return unmap_pages<F>(domain, iova, count, gather);
}

template <TableLayout F>
[[gnu::noinline]] int map_range(Domain& domain, u64 iova, u64 pa, u64 size, u64 count, u32 prot,
				gfp_t gfp, size_t& mapped)
{
	return core::to_errno(
		pgtable::map_range(domain.tree<F>(), {iova, pa, size, count, prot}, gfp, mapped));
}

template <TableLayout F>
[[gnu::noinline]] int map_blocks(Domain& domain, u64 iova, u64 pa, u64 size, u64 count, u32 prot,
				 gfp_t gfp, size_t& mapped)
{
	if (size != kBlockBytes<F> || count != 1 ||
	    !pgtable::map_block(domain.tree<F>(), iova, pa, prot)) [[unlikely]]
		return map_range<F>(domain, iova, pa, size, count, prot, gfp, mapped);
	mapped += size;
	return 0;
}

template <TableLayout F>
[[gnu::always_inline]] inline int map(Domain& domain, u64 iova, u64 pa, u64 size, u64 count,
				      u32 prot, gfp_t gfp, size_t& mapped)
{
	if (size != kPageBytes<F>) [[unlikely]]
		return map_blocks<F>(domain, iova, pa, size, count, prot, gfp, mapped);
	if (count != 1 || !pgtable::map_page(domain.tree<F>(), iova, pa, prot)) [[unlikely]]
		return map_range<F>(domain, iova, pa, size, count, prot, gfp, mapped);
	mapped += size;
	return 0;
}

template <TableLayout F>
[[gnu::always_inline]] inline u64 iova_to_phys(Domain& domain, u64 iova)
{
	u64 pa = 0;
	[[clang::always_inline]] return pgtable::look_up(domain.tree<F>(), iova, pa) ? pa : 0;
}

}  // namespace

#define SMMU_DEFINE_MAPPINGS(name, ...)                                                            \
	int smmu_map_##name(iommu_domain* domain, unsigned long iova, u64 pa, size_t size,         \
			    size_t count, int prot, gfp_t gfp, size_t* mapped)                     \
	{                                                                                          \
		return map<__VA_ARGS__>(domain_of(domain), iova, pa, size, count,                  \
					static_cast<u32>(prot), gfp, *mapped);                     \
	}                                                                                          \
	size_t smmu_unmap_##name(iommu_domain* domain, unsigned long iova, size_t size,            \
				 size_t count, iommu_iotlb_gather* gather)                         \
	{                                                                                          \
		return unmap<__VA_ARGS__>(domain_of(domain), iova, size, count,                    \
					  gather_of(gather));                                      \
	}                                                                                          \
	u64 smmu_iova_to_phys_##name(iommu_domain* domain, u64 iova)                               \
	{                                                                                          \
		return iova_to_phys<__VA_ARGS__>(domain_of(domain), iova);                         \
	}

extern "C" {

SMMU_DEFINE_MAPPINGS(4k, pgtable::Layout4K)
SMMU_DEFINE_MAPPINGS(16k, pgtable::Layout16K)
SMMU_DEFINE_MAPPINGS(64k, pgtable::Layout64K)

void smmu_iotlb_sync(iommu_domain* domain, iommu_iotlb_gather* gather)
{
	if (gather_of(gather).pgsize)
		sync(domain_of(domain), gather_of(gather));
}

}  // extern "C"
}  // namespace smmu3
