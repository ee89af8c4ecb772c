// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/memory.hpp"

namespace model {

void* Memory::at(u64 pa, u64 size) const
{
	for (unsigned i = 0; i < aborts_; i++)
		if (pa <= ranges_[i].last && pa + size - 1 >= ranges_[i].first)
			return nullptr;
	return host_->phys(host_->ctx, pa, size);
}

bool Memory::read64(u64 pa, u64& out) const
{
	return read(pa, &out, 1);
}

bool Memory::read(u64 pa, u64* out, unsigned words) const
{
	auto* p = static_cast<u64*>(at(pa, u64{8} * words));

	if (!p)
		return false;
	for (unsigned i = 0; i < words; i++)
		out[i] = __atomic_load_n(p + i, __ATOMIC_ACQUIRE);
	return true;
}

bool Memory::write(u64 pa, const u64* words, unsigned count) const
{
	auto* p = static_cast<u64*>(at(pa, u64{8} * count));

	if (!p)
		return false;
	for (unsigned i = 0; i < count; i++)
		__atomic_store_n(p + i, words[i], __ATOMIC_RELEASE);
	return true;
}

bool Memory::write32(u64 pa, u32 value) const
{
	auto* p = static_cast<u32*>(at(pa, 4));

	if (!p)
		return false;
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
	return true;
}

bool Memory::exchange(u64 pa, u64 from, u64 to) const
{
	auto* p = static_cast<u64*>(at(pa, 8));

	return p &&
	       __atomic_compare_exchange_n(p, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

bool Memory::abort_range(u64 first, u64 last)
{
	if (aborts_ == ranges_.size())
		return false;
	ranges_[aborts_++] = {first, last};
	return true;
}

}  // namespace model
