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

core::Result<> Attachment::write(const Cd& cd)
{
	const auto write = [&] { return contexts_.write(*pasid_, cd); };
	return domain_ ? domain_->exclude_exit(write) : write();
}

// Domains of processes are those of PASIDs.
void Attachment::quieten()
{
	contexts_.quieten(*pasid_, tag_.asid);
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
