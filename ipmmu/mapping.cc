// SPDX-License-Identifier: GPL-2.0-only
// Mappings: the C interface of a domain's page table.
#include "ipmmu/core.h"

#include "core/edge.hpp"
#include "ipmmu/domain.hpp"
#include "pgtable/walk.hpp"

using namespace ipmmu;

namespace {

constexpr auto kWalkers = pgtable::Walkers::kNonCoherent;
constexpr size_t kPage = Domain::Stage1::kTableBytes;

// One page in tables that exist.
template <class F>
[[gnu::always_inline]] inline bool map_page(Domain& domain, u64 iova, u64 pa, int prot)
{
	return pgtable::map_page<kWalkers>(domain.tables().as<F>(), iova, pa,
					   static_cast<u32>(prot));
}

template <class F>
[[gnu::always_inline]] inline bool unmap_page(Domain& domain, u64 iova)
{
	return pgtable::unmap_page<kWalkers>(domain.tables().as<F>(), iova);
}

template <class F>
int report_failure(Domain& domain, const pgtable::Mapping& mapping, core::Errno error)
{
	if (error == core::Errno::kRange &&
	    !domain.tables().as<F>().takes_input(mapping.iova, mapping.size * mapping.count))
		ipmmu_shim_report_range(domain.context().shim, mapping.iova);
	return -static_cast<int>(error);
}

template <class F>
int map(Domain& domain, const pgtable::Mapping& mapping, gfp_t gfp, size_t& mapped)
{
	const auto result = pgtable::map_pages(domain.tables().as<F>(), mapping, gfp, mapped);
	return result ? 0 : report_failure<F>(domain, mapping, result.error());
}

template <class F>
size_t unmap(Domain& domain, u64 iova, size_t size, size_t count)
{
	Domain::Memory::Removed removed(domain.memory());
	const auto unmapped =
		pgtable::unmap_pages(domain.tables().as<F>(), iova, size, count, removed);
	if (unmapped.tables) [[unlikely]]
		removed.finish(domain.invalidate(iova, unmapped.bytes), F::kTableBytes);
	return unmapped.bytes;
}

// Out of line: the calls above reserve no stack for it.
[[gnu::noinline]] int map_others(Domain& domain, u64 iova, u64 pa, size_t size, size_t count,
				 int prot, gfp_t gfp, size_t* mapped)
{
	const pgtable::Mapping mapping{iova, pa, size, count, static_cast<u32>(prot)};
	return domain.is_stage2() ? map<Domain::Stage2>(domain, mapping, gfp, *mapped)
				  : map<Domain::Stage1>(domain, mapping, gfp, *mapped);
}

[[gnu::noinline]] size_t unmap_others(Domain& domain, u64 iova, size_t size, size_t count)
{
	return domain.is_stage2() ? unmap<Domain::Stage2>(domain, iova, size, count)
				  : unmap<Domain::Stage1>(domain, iova, size, count);
}

}  // namespace

extern "C" {

u64 ipmmu_core_page_sizes(ipmmu_domain* domain)
{
	u64 sizes = 0;
	Domain::from(domain).tables().visit([&](auto& table) { sizes = table.sizes(); });
	return sizes;
}

int ipmmu_core_map(ipmmu_domain* domain, u64 iova, u64 pa, size_t size, size_t count, int prot,
		   gfp_t gfp, size_t* mapped)
{
	Domain& to = Domain::from(domain);
	if (size != kPage || count != 1 ||
	    !(to.is_stage2() ? map_page<Domain::Stage2>(to, iova, pa, prot)
			     : map_page<Domain::Stage1>(to, iova, pa, prot))) [[unlikely]]
		return map_others(to, iova, pa, size, count, prot, gfp, mapped);
	*mapped += size;
	return 0;
}

size_t ipmmu_core_unmap(ipmmu_domain* domain, u64 iova, size_t size, size_t count)
{
	Domain& from = Domain::from(domain);
	if (size != kPage || count != 1 ||
	    !(from.is_stage2() ? unmap_page<Domain::Stage2>(from, iova)
			       : unmap_page<Domain::Stage1>(from, iova))) [[unlikely]]
		return unmap_others(from, iova, size, count);
	return size;
}

u64 ipmmu_core_iova_to_phys(ipmmu_domain* domain, u64 iova)
{
	u64 pa = 0;
	Domain::from(domain).tables().visit(
		[&](auto& table) { (void)pgtable::look_up(table, iova, pa); });
	return pa;
}

}  // extern "C"
