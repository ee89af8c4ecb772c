// SPDX-License-Identifier: GPL-2.0-only
//
// The register map, chapter 6.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

bool Smmuv3::accessible(u32 offset, u32 width)
{
	if (!powered_) {
		violation("register access while powered off", offset, width);
		return false;
	}
	if (offset % width || offset + width > end_of_registers()) {
		violation("register access misaligned or outside", offset, width);
		return false;
	}
	return true;
}

// Page 1's four registers, wherever this implementation has them, become page 1 offsets.
u32 Smmuv3::normalise(u32 offset) const
{
	const u32 low = offset & 0xffff;
	const bool page1 = low == 0xa8 || low == 0xac || low == 0xc8 || low == 0xcc;

	if (!page1)
		return offset;
	if (options_.page1_in_page0)
		return reg::PAGE1 | low;
	return offset;
}

std::optional<u32> Smmuv3::load_id(u32 offset) const
{
	switch (offset) {
	case reg::IDR0:
		return ids_.idr0;
	case reg::IDR1:
		return ids_.idr1;
	case reg::IDR2:
		return ids_.idr2;
	case reg::IDR3:
		return ids_.idr3;
	case reg::IDR4:
		return ids_.idr4;
	case reg::IDR5:
		return ids_.idr5;
	case reg::IIDR:
		return ids_.iidr;
	case reg::AIDR:
		return ids_.aidr;
	case reg::IDR6:
		return ids_.ecmdq() ? ids_.idr6 : 0;
	default:
		return load_control_page(offset);
	}
}

std::optional<u32> Smmuv3::load_queue(u32 offset) const
{
	switch (offset) {
	case reg::CMDQ_PROD:
		return r_.cmdq.prod;
	case reg::CMDQ_CONS:
		return r_.cmdq.cons;
	case reg::EVENTQ_PROD:
		return r_.eventq.prod;
	case reg::EVENTQ_CONS:
		return r_.eventq.cons;
	case reg::PRIQ_PROD:
		return r_.priq.prod;
	case reg::PRIQ_CONS:
		return r_.priq.cons;
	case reg::GERROR_IRQ_CFG1:
		return r_.irq[3].data;
	case reg::GERROR_IRQ_CFG2:
		return r_.irq[3].attr;
	case reg::EVENTQ_IRQ_CFG1:
		return r_.irq[0].data;
	case reg::EVENTQ_IRQ_CFG2:
		return r_.irq[0].attr;
	case reg::PRIQ_IRQ_CFG1:
		return r_.irq[1].data;
	case reg::PRIQ_IRQ_CFG2:
		return r_.irq[1].attr;
	default:
		return std::nullopt;
	}
}

// The 64-bit registers.
u64* Smmuv3::wide(u32 offset)
{
	switch (offset & ~7u) {
	case reg::STRTAB_BASE:
		return &r_.strtab_base;
	case reg::CMDQ_BASE:
		return &r_.cmdq.base;
	case reg::EVENTQ_BASE:
		return &r_.eventq.base;
	case reg::PRIQ_BASE:
		return &r_.priq.base;
	case reg::GERROR_IRQ_CFG0:
		return &r_.irq[3].addr;
	case reg::EVENTQ_IRQ_CFG0:
		return &r_.irq[0].addr;
	case reg::PRIQ_IRQ_CFG0:
		return &r_.irq[1].addr;
	default:
		return nullptr;
	}
}

u32 Smmuv3::load32(u32 offset)
{
	switch (offset) {
	case reg::CR0:
		return r_.cr0;
	case reg::CR0ACK:
		poll(Ack::kCr0);
		return r_.cr0ack;
	case reg::CR1:
		return r_.cr1;
	case reg::CR2:
		return r_.cr2;
	case reg::STATUSR:
		return 0;
	case reg::GBPA:
		poll(Ack::kGbpa);
		return r_.gbpa;
	case reg::AGBPA:
		return r_.agbpa;
	case reg::IRQ_CTRL:
		return r_.irq_ctrl;
	case reg::IRQ_CTRLACK:
		poll(Ack::kIrqCtrl);
		return r_.irq_ctrlack;
	case reg::GERROR:
		return r_.gerror;
	case reg::GERRORN:
		return r_.gerrorn;
	case reg::STRTAB_BASE_CFG:
		return r_.strtab_base_cfg;
	default:
		break;
	}
	if (auto v = load_id(offset))
		return *v;
	if (auto v = load_queue(offset))
		return *v;
	if (const u64* w = wide(offset))
		return *w >> (offset & 4) * 8;
	return 0;
}

u32 Smmuv3::read32(u32 offset)
{
	Entry entry(*this);

	stats_.reads++;
	if (!accessible(offset, 4)) {
		random_ = random_ * 6364136223846793005u + 1442695040888963407u;
		return random_ >> 32;
	}
	if (is_ecmdq(offset))
		return load_ecmdq(offset & ~7u) >> (offset & 4) * 8;
	return load32(normalise(offset));
}

u64 Smmuv3::read64(u32 offset)
{
	Entry entry(*this);

	stats_.reads++;
	if (!accessible(offset, 8)) {
		random_ = random_ * 6364136223846793005u + 1442695040888963407u;
		return random_;
	}
	if (is_ecmdq(offset))
		return load_ecmdq(offset);
	if (const u64* w = wide(offset))
		return *w;
	if (load_control_page(offset))
		return u64{*load_control_page(offset + 4)} << 32 | *load_control_page(offset);
	violation("64-bit read of 32-bit registers", offset);
	return u64{load32(offset + 4)} << 32 | load32(offset);
}

void Smmuv3::write32(u32 offset, u32 value)
{
	Entry entry(*this);

	stats_.writes++;
	reg_log_.push({offset, 4, value});
	if (!accessible(offset, 4))
		return;
	if (is_ecmdq(offset))
		return store_ecmdq(offset, 4, value);
	offset = normalise(offset);
	if (u64* w = wide(offset)) {
		const unsigned at = (offset & 4) * 8;
		store_wide(offset & ~7u, w, (*w & ~(ones(32) << at)) | u64{value} << at);
		return;
	}
	store32(offset, value);
}

void Smmuv3::write64(u32 offset, u64 value)
{
	Entry entry(*this);

	stats_.writes++;
	reg_log_.push({offset, 8, value});
	if (!accessible(offset, 8))
		return;
	if (is_ecmdq(offset))
		return store_ecmdq(offset, 8, value);
	if (u64* w = wide(offset))
		store_wide(offset, w, value);
	else
		violation("64-bit write of 32-bit registers", offset, value);
}

}  // namespace model
