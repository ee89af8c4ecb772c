// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/attachment.hpp"

#include "arm-smmu-v3/contexts.hpp"
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
	if (!domain_ || reaches_atc_)
		return {};
	TRY(domain_->add(smmu(), device, pasid_));
	reaches_atc_ = true;
	return {};
}

void Attachment::remove(AtsDevice& device)
{
	if (reaches_atc_)
		domain_->remove(device, pasid_);
	reaches_atc_ = false;
}

Smmu& Attachment::smmu() const
{
	return contexts_.smmu();
}

void Attachments::advance()
{
	present().leave();
	present_ = !present_;
}

}  // namespace smmu3
