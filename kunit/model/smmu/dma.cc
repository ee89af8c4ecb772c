// SPDX-License-Identifier: GPL-2.0-only
//
// The doors devices come through.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

Dma Smmuv3::translate(u32 sid, std::optional<u32> ssid, u64 iova, Access access, u64 size)
{
	Entry entry(*this);
	Dma d;

	if (size && ((iova ^ (iova + size - 1)) >> 12))
		violation("a transaction crosses 4 KiB", iova, size);
	// Without power nothing answers and nothing is recorded.
	if (!powered_) {
		stats_.dma_while_off++;
		return d;
	}
	if (sfm_)
		return d;
	if (!on(cr0::SMMUEN)) {
		// GBPA decides, without an event (section 6.3, SMMU_GBPA).
		if (r_.gbpa & gbpa::ABORT)
			return d;
		stats_.dma_bypassed++;
		d.outcome = Outcome::kBypassed;
		d.pa = iova;
		d.page_shift = 12;
		return d;
	}
	return run({.sid = sid,
		    .ssid = ssid.value_or(0),
		    .ssv = ssid.has_value(),
		    .iova = iova,
		    .acc = access});
}

bool Smmuv3::move(u32 sid, u64 iova, void* buffer, std::size_t size, bool write)
{
	auto* bytes = static_cast<u8*>(buffer);

	while (size) {
		const std::size_t room = 4096 - (iova & 4095);
		const std::size_t now = size < room ? size : room;
		const Dma d = translate(sid, std::nullopt, iova, {.write = write}, now);

		if (!d.ok())
			return false;
		auto* mem = static_cast<u8*>(host_->phys(host_->ctx, d.pa, now));
		if (!mem)
			return false;
		for (std::size_t i = 0; i < now; i++)
			(write ? mem[i] : bytes[i]) = write ? bytes[i] : mem[i];
		bytes += now;
		iova += now;
		size -= now;
	}
	return true;
}

bool Smmuv3::dma_read(u32 sid, u64 iova, void* to, std::size_t size)
{
	return move(sid, iova, to, size, false);
}

bool Smmuv3::dma_write(u32 sid, u64 iova, const void* from, std::size_t size)
{
	return move(sid, iova, const_cast<void*>(from), size, true);
}

}  // namespace model
