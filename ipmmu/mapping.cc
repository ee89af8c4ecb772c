// SPDX-License-Identifier: GPL-2.0-only
// Mappings: the C interface of a domain's page table.
#include "ipmmu/core.h"

#include "core/edge.hpp"
#include "ipmmu/domain.hpp"
#include "pgtable/walk.hpp"

using namespace ipmmu;

namespace {

using pgtable::kLastLevel;
constexpr auto kWalkers = pgtable::Walkers::kNonCoherent;

// Both stages: their entries differ in attributes only.
using Layout = Domain::Stage1::Layout;
static_assert(std::same_as<Layout, Domain::Stage2::Layout>);
constexpr size_t kPage = Layout::kTableBytes;

int report_failure(Domain& domain, const pgtable::Mapping& mapping, core::Errno error)
{
	if (error == core::Errno::kRange &&
	    !domain.tree().takes_input(mapping.iova, mapping.size * mapping.count))
		ipmmu_shim_report_range(domain.context().shim, mapping.iova);
	return -static_cast<int>(error);
}

// Out of line: a page reserves no stack for it.
[[gnu::noinline]] int map_others(Domain& domain, u64 iova, u64 pa, size_t size, size_t count,
				 int prot, gfp_t gfp, size_t* mapped)
{
	const pgtable::Mapping mapping{iova, pa, size, count, static_cast<u32>(prot)};
	if (size == kPage &&
	    pgtable::map_run<kWalkers>(domain.tree(), iova, pa, count, mapping.prot)) [[likely]] {
		*mapped += size * count;
		return 0;
	}
	const auto result = pgtable::map_range(domain.tree(), mapping, gfp, *mapped);
	return result ? 0 : report_failure(domain, mapping, result.error());
}

[[gnu::noinline]] size_t unmap_others(Domain& domain, u64 iova, size_t size, size_t count)
{
	if (size == kPage)
		if (const u64 pages = pgtable::unmap_run<kWalkers>(domain.tree(), iova, count))
			return pages * kPage;
	Domain::Memory::Removed removed(domain.memory());
	const auto unmapped = pgtable::unmap_range(domain.tree(), iova, size, count, removed);
	if (unmapped.tables) [[unlikely]]
		removed.finish(domain.invalidate(iova, unmapped.bytes), kPage);
	return unmapped.bytes;
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
	    !pgtable::map_one<kLastLevel, kWalkers>(to.tree(), iova, pa, static_cast<u32>(prot)))
		[[unlikely]]
		return map_others(to, iova, pa, size, count, prot, gfp, mapped);
	*mapped += size;
	return 0;
}

size_t ipmmu_core_unmap(ipmmu_domain* domain, u64 iova, size_t size, size_t count)
{
	Domain& from = Domain::from(domain);
	if (size != kPage || count != 1 ||
	    !pgtable::unmap_one<kLastLevel, kWalkers>(from.tree(), iova)) [[unlikely]]
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
