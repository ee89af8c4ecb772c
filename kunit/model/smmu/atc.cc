// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/atc.hpp"

namespace model {

void Atc::enable()
{
	if (!enabled_)
		slots_ = {};
	enabled_ = true;
}

void Atc::reset()
{
	slots_ = {};
	enabled_ = false;
}

const Atc::Entry* Atc::find(std::optional<u32> pasid, u64 iova) const
{
	for (const Entry& e : slots_)
		if (e.used && e.pasid == pasid && iova >> e.shift == e.iova >> e.shift)
			return &e;
	return nullptr;
}

void Atc::insert(std::optional<u32> pasid, u64 iova, const AtsCompletion& completion)
{
	for (Entry& e : slots_)
		if (e.used && e.pasid == pasid && iova >> e.shift == e.iova >> e.shift)
			e.used = false;
	slots_[next_++ % kSlots] = {.used = true,
				    .pasid = pasid,
				    .iova = iova & ~ones(completion.shift),
				    .pa = completion.pa & ~ones(completion.shift),
				    .shift = completion.shift,
				    .read = completion.read,
				    .write = completion.write};
}

// Without a PASID, the entries of every PASID in the range are named.
bool Atc::invalidate(const AtcScope& scope)
{
	if (ignores_)
		return false;
	invalidations_++;
	for (Entry& e : slots_) {
		const bool named = !scope.pasid || scope.global || e.pasid == scope.pasid;
		const bool overlaps =
			e.iova <= scope.last && (e.iova | ones(e.shift)) >= scope.first;
		if (e.used && named && overlaps && !lies_)
			e.used = false;
	}
	return true;
}

unsigned Atc::size() const
{
	unsigned n = 0;

	for (const Entry& e : slots_)
		n += e.used;
	return n;
}

}  // namespace model
