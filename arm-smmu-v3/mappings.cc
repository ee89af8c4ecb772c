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
[[gnu::noinline]] size_t gather_more(iommu_domain* domain, unsigned long iova, size_t bytes,
				     size_t leaves, iommu_iotlb_gather* opaque)
{
	smmu_gather& gather = gather_of(opaque);
	const u64 last = iova + bytes - 1;
	if (continues(gather, iova, last, Leaves::from_word(leaves))) {
		gather.start = std::min<u64>(gather.start, iova);
		gather.end = std::max<u64>(gather.end, last);
		return bytes;
	}
	sync(domain_of(domain), gather);
	gather.start = iova;
	gather.end = last;
	gather.pgsize = leaves;
	return bytes;
}

[[gnu::always_inline]] inline size_t gather_range(iommu_domain* domain, unsigned long iova,
						  size_t bytes, size_t leaves,
						  iommu_iotlb_gather* opaque)
{
	smmu_gather& gather = gather_of(opaque);
	// The IOMMU core will flush the whole domain.
	if (gather.queued || !bytes)
		return bytes;
	if (gather.pgsize) [[unlikely]]
		[[clang::musttail]] return gather_more(domain, iova, bytes, leaves, opaque);
	gather.start = iova;
	gather.end = iova + bytes - 1;
	gather.pgsize = leaves;
	return bytes;
}

// ---- operations ----
//
// Each function has the parameters of the operation that calls it, so that it is jumped to: one page,
// one block and a run of pages need no stack.

// Also removes tables that a block of this size covers, or that were blocks.
template <TableLayout F>
[[gnu::noinline]] size_t unmap_range(iommu_domain* domain, unsigned long iova, size_t size,
				     size_t count, iommu_iotlb_gather* gather)
{
	Domain& from = domain_of(domain);
	Domain::Memory::Removed tables(from.memory());
	const Unmapped unmapped = pgtable::unmap_range(from.tree<F>(), iova, size, count, tables);
	if (unmapped.tables) {
		tables.finish(from.invalidate(iova, unmapped.bytes), F::kTableBytes);
		return unmapped.bytes;
	}
	return gather_range(domain, iova, unmapped.bytes, Leaves(size, unmapped.ttl()).word(),
			    gather);
}

template <TableLayout F>
[[gnu::noinline]] size_t unmap_run(iommu_domain* domain, unsigned long iova, size_t size,
				   size_t count, iommu_iotlb_gather* gather)
{
	const u64 removed = pgtable::unmap_run(domain_of(domain).tree<F>(), iova, count);
	if (!removed) [[unlikely]]
		[[clang::musttail]] return unmap_range<F>(domain, iova, size, count, gather);
	[[clang::musttail]] return gather_range(domain, iova, removed * kPageBytes<F>,
						Leaves(kPageBytes<F>, pgtable::kLastLevel).word(),
						gather);
}

template <TableLayout F, int Level>
[[gnu::always_inline]] inline size_t unmap_one(iommu_domain* domain, unsigned long iova,
					       size_t size, size_t count,
					       iommu_iotlb_gather* gather)
{
	if (!pgtable::unmap_one<Level>(domain_of(domain).tree<F>(), iova)) [[unlikely]]
		[[clang::musttail]] return unmap_range<F>(domain, iova, size, count, gather);
	[[clang::musttail]] return gather_range(domain, iova, F::size(Level),
						Leaves(F::size(Level), Level).word(), gather);
}

template <TableLayout F>
[[gnu::always_inline]] inline size_t unmap(iommu_domain* domain, unsigned long iova, size_t size,
					   size_t count, iommu_iotlb_gather* gather)
{
	if (size == kPageBytes<F>) [[likely]] {
		if (count == 1) [[likely]]
			[[clang::musttail]] return unmap_one<F, pgtable::kLastLevel>(
				domain, iova, size, count, gather);
		[[clang::musttail]] return unmap_run<F>(domain, iova, size, count, gather);
	}
	if (size == kBlockBytes<F> && count == 1) [[clang::musttail]]
		return unmap_one<F, pgtable::kBlockLevel>(domain, iova, size, count, gather);
	[[clang::musttail]] return unmap_range<F>(domain, iova, size, count, gather);
}

template <TableLayout F>
[[gnu::noinline]] int map_range(iommu_domain* domain, unsigned long iova, u64 pa, size_t size,
				size_t count, int prot, gfp_t gfp, size_t* mapped)
{
	const pgtable::Mapping mapping{iova, pa, size, count, static_cast<u32>(prot)};
	return core::to_errno(
		pgtable::map_range(domain_of(domain).tree<F>(), mapping, gfp, *mapped));
}

template <TableLayout F>
[[gnu::noinline]] int map_run(iommu_domain* domain, unsigned long iova, u64 pa, size_t size,
			      size_t count, int prot, gfp_t gfp, size_t* mapped)
{
	if (!pgtable::map_run(domain_of(domain).tree<F>(), iova, pa, count, static_cast<u32>(prot)))
		[[unlikely]]
		[[clang::musttail]] return map_range<F>(domain, iova, pa, size, count, prot, gfp,
							mapped);
	*mapped += count * kPageBytes<F>;
	return 0;
}

template <TableLayout F, int Level>
[[gnu::always_inline]] inline int map_one(iommu_domain* domain, unsigned long iova, u64 pa,
					  size_t size, size_t count, int prot, gfp_t gfp,
					  size_t* mapped)
{
	if (!pgtable::map_one<Level>(domain_of(domain).tree<F>(), iova, pa, static_cast<u32>(prot)))
		[[unlikely]]
		[[clang::musttail]] return map_range<F>(domain, iova, pa, size, count, prot, gfp,
							mapped);
	*mapped += F::size(Level);
	return 0;
}

template <TableLayout F>
[[gnu::always_inline]] inline int map(iommu_domain* domain, unsigned long iova, u64 pa, size_t size,
				      size_t count, int prot, gfp_t gfp, size_t* mapped)
{
	if (size == kPageBytes<F>) [[likely]] {
		if (count == 1) [[likely]]
			[[clang::musttail]] return map_one<F, pgtable::kLastLevel>(
				domain, iova, pa, size, count, prot, gfp, mapped);
		[[clang::musttail]] return map_run<F>(domain, iova, pa, size, count, prot, gfp,
						      mapped);
	}
	if (size == kBlockBytes<F> && count == 1) [[clang::musttail]]
		return map_one<F, pgtable::kBlockLevel>(domain, iova, pa, size, count, prot, gfp,
							mapped);
	[[clang::musttail]] return map_range<F>(domain, iova, pa, size, count, prot, gfp, mapped);
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
		[[clang::musttail]] return map<__VA_ARGS__>(domain, iova, pa, size, count, prot,   \
							    gfp, mapped);                          \
	}                                                                                          \
	size_t smmu_unmap_##name(iommu_domain* domain, unsigned long iova, size_t size,            \
				 size_t count, iommu_iotlb_gather* gather)                         \
	{                                                                                          \
		[[clang::musttail]] return unmap<__VA_ARGS__>(domain, iova, size, count, gather);  \
	}                                                                                          \
	u64 smmu_iova_to_phys_##name(iommu_domain* domain, u64 iova)                               \
	{                                                                                          \
		return iova_to_phys<__VA_ARGS__>(domain_of(domain), iova);                         \
	}

extern "C" {

SMMU_DEFINE_MAPPINGS(4k, pgtable::Layout4K)
SMMU_DEFINE_MAPPINGS(16k, pgtable::Layout16K)
SMMU_DEFINE_MAPPINGS(64k, pgtable::Layout64K)
SMMU_DEFINE_MAPPINGS(4k_lpa2, pgtable::Layout4KLpa2)
SMMU_DEFINE_MAPPINGS(16k_lpa2, pgtable::Layout16KLpa2)

void smmu_iotlb_sync(iommu_domain* domain, iommu_iotlb_gather* gather)
{
	if (gather_of(gather).pgsize)
		sync(domain_of(domain), gather_of(gather));
}

}  // extern "C"
}  // namespace smmu3
