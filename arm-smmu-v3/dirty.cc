// SPDX-License-Identifier: GPL-2.0-only
// Dirty tracking: the C interface.
#include "arm-smmu-v3/core.h"

#include "arm-smmu-v3/domain.hpp"
#include "core/edge.hpp"

using namespace smmu3;

extern "C" {

int smmu_core_read_dirty(smmu_domain* domain, u64 iova, u64 bytes, bool clear,
			 void (*record)(void* argument, u64 iova, u64 bytes), void* argument)
{
	return core::to_errno(
		Domain::from(domain).read_dirty(iova, bytes, clear, [&](u64 start, u64 length) {
			record(argument, start, length);
		}));
}

}  // extern "C"
