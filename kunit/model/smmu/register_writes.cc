// SPDX-License-Identifier: GPL-2.0-only
//
// What each write does, and what must not be written when.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

void Smmuv3::store_wide(u32 offset, u64* reg, u64 value)
{
	const u32 busy = r_.cr0 | r_.cr0ack;
	const u32 irqs = r_.irq_ctrl | r_.irq_ctrlack;
	bool closed = false;
	u64 mask = 0x400fffffffffffff;

	switch (offset) {
	case reg::STRTAB_BASE:
		closed = busy & cr0::SMMUEN;
		mask &= ~ones(6);
		break;
	case reg::CMDQ_BASE:
		closed = busy & cr0::CMDQEN;
		break;
	case reg::EVENTQ_BASE:
		closed = busy & cr0::EVENTQEN;
		break;
	case reg::PRIQ_BASE:
		closed = busy & cr0::PRIQEN;
		break;
	case reg::GERROR_IRQ_CFG0:
		closed = irqs & irq_ctrl::GERROR;
		break;
	case reg::EVENTQ_IRQ_CFG0:
		closed = irqs & irq_ctrl::EVENTQ;
		break;
	case reg::PRIQ_IRQ_CFG0:
		closed = irqs & irq_ctrl::PRIQ;
		break;
	default:
		break;
	}
	if (reg == &r_.irq[0].addr || reg == &r_.irq[1].addr || reg == &r_.irq[3].addr)
		mask = ones(52) & ~ones(2);
	guard(closed, "base or MSI register written while in use", offset);
	if (value & ~mask)
		violation("64-bit register written with reserved bits", offset, value);
	if (!closed)
		*reg = value & mask;
}

// CONS of the two output queues, and the pointers that open only while a queue is off.
bool Smmuv3::store_queue(u32 offset, u32 value)
{
	const u32 busy = r_.cr0 | r_.cr0ack;

	switch (offset) {
	case reg::CMDQ_PROD:
		check_prod(value);
		r_.cmdq.prod = value & 0xfffff;
		kick();
		return true;
	case reg::CMDQ_CONS:
		guard(busy & cr0::CMDQEN, "CMDQ_CONS written while CMDQEN", offset);
		if (!(busy & cr0::CMDQEN))
			r_.cmdq.cons = value & 0xfffff;
		return true;
	case reg::EVENTQ_PROD:
		guard(busy & cr0::EVENTQEN, "EVENTQ_PROD written while EVENTQEN", offset);
		r_.eventq.prod = value & 0x800fffff;
		return true;
	case reg::EVENTQ_CONS:
		if (on(cr0::EVENTQEN))
			check_cons(r_.eventq, value, offset);
		r_.eventq.cons = value & 0x800fffff;
		retry_stalls();
		return true;
	case reg::PRIQ_PROD:
		guard(busy & cr0::PRIQEN, "PRIQ_PROD written while PRIQEN", offset);
		r_.priq.prod = value & 0x800fffff;
		return true;
	case reg::PRIQ_CONS:
		if (on(cr0::PRIQEN))
			check_cons(r_.priq, value, offset);
		r_.priq.cons = value & 0x800fffff;
		return true;
	default:
		return false;
	}
}

bool Smmuv3::store_irq(u32 offset, u32 value)
{
	const u32 irqs = r_.irq_ctrl | r_.irq_ctrlack;
	bool closed = false;
	u32* reg = nullptr;

	switch (offset) {
	case reg::GERROR_IRQ_CFG1:
		reg = &r_.irq[3].data;
		closed = irqs & irq_ctrl::GERROR;
		break;
	case reg::GERROR_IRQ_CFG2:
		reg = &r_.irq[3].attr;
		closed = irqs & irq_ctrl::GERROR;
		break;
	case reg::EVENTQ_IRQ_CFG1:
		reg = &r_.irq[0].data;
		closed = irqs & irq_ctrl::EVENTQ;
		break;
	case reg::EVENTQ_IRQ_CFG2:
		reg = &r_.irq[0].attr;
		closed = irqs & irq_ctrl::EVENTQ;
		break;
	case reg::PRIQ_IRQ_CFG1:
		reg = &r_.irq[1].data;
		closed = irqs & irq_ctrl::PRIQ;
		break;
	case reg::PRIQ_IRQ_CFG2:
		reg = &r_.irq[1].attr;
		closed = irqs & irq_ctrl::PRIQ;
		break;
	default:
		return false;
	}
	guard(closed, "MSI register written while its interrupt is enabled", offset);
	if (!closed)
		*reg = value;
	return true;
}

void Smmuv3::store32(u32 offset, u32 value)
{
	const u32 busy = r_.cr0 | r_.cr0ack;
	const bool queues = busy & (cr0::CMDQEN | cr0::EVENTQEN | cr0::PRIQEN) || any_ecmdq_on();
	const bool enabled = busy & cr0::SMMUEN;

	if (store_queue(offset, value) || store_irq(offset, value))
		return;
	switch (offset) {
	case reg::CR0:
		return write_cr0(value);
	case reg::IRQ_CTRL:
		return write_irq_ctrl(value);
	case reg::GBPA:
		return write_gbpa(value);
	case reg::GERRORN:
		return write_gerrorn(value);
	case reg::AGBPA:
		r_.agbpa = value;
		return;
	case reg::CR1:
		// TABLE_* belongs to SMMUEN, QUEUE_* to the queues.
		guard(enabled && ((value ^ r_.cr1) & 0xfc0), "CR1.TABLE_* while SMMUEN", value);
		guard(queues && ((value ^ r_.cr1) & 0x3f), "CR1.QUEUE_* while in use", value);
		if (value & ~0xfffu)
			violation("CR1 reserved bits set", value);
		r_.cr1 = value & 0xfff;
		return;
	case reg::CR2:
		guard(enabled && ((value ^ r_.cr2) & 3), "CR2 while SMMUEN", value);
		r_.cr2 = value & 7;
		return;
	case reg::STRTAB_BASE_CFG:
		guard(enabled, "STRTAB_BASE_CFG while SMMUEN", value);
		if (!enabled)
			r_.strtab_base_cfg = value & 0x307ff;
		return;
	default:
		violation("write to a register that is read-only or not there", offset, value);
	}
}

}  // namespace model
