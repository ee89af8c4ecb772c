// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/attachment.hpp"

#include "arm-smmu-v3/domain.hpp"

namespace smmu3 {

core::Result<> Attachment::enter(Domain& domain)
{
	tag_ = TRY(domain.enter(*this));
	domain_ = &domain;
	return {};
}

void Attachment::leave()
{
	if (domain_)
		domain_->leave(*this);
	domain_ = nullptr;
}

}  // namespace smmu3
