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

core::Result<> Attachment::add(AtsDevice& device)
{
	return domain_->add(smmu_, device);
}

void Attachment::remove(AtsDevice& device)
{
	domain_->remove(device);
}

}  // namespace smmu3
