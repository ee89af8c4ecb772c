// SPDX-License-Identifier: GPL-2.0-only
//
// A transaction: micro-TLB, TLBs, table walk, fault.
#include "kunit/model/ipmmu/ipmmu.hpp"

namespace model {
namespace {

constexpr u32 kMmuen = 1, kInten = 1u << 2;
constexpr u32 kPermissionFault = 2, kErrors = 0x17;
constexpr u32 kUseSecgrp = 1u << 28;
constexpr u8 kAnyUtlb = 0xff;

}  // namespace

IpmmuDma Ipmmu::access(u32 utlb, u64 iova, bool write)
{
	bool irq = false;
	IpmmuDma result;
	{
		core::SpinLock::Guard guard(trace_->lock);
		result = translate(utlb, iova, write, irq);
	}
	if (irq && host_->irq)
		host_->irq(host_->ctx);
	return result;
}

// Everything that has to be right before a context is used.
bool Ipmmu::usable(u32 n, u32 context)
{
	if (context >= contexts() || (!gen2() && context == 0))
		return violation("a micro-TLB uses a context that is reserved", n, context), false;
	if (utlbs_[n].imuasid)
		return violation("a micro-TLB has another address space number", n), false;
	if (!gen2() && (imsctlr_ | root_->imsctlr_) & kUseSecgrp)
		return violation("security groups are in force", unit_), false;
	return true;
}

IpmmuDma Ipmmu::translate(u32 n, u64 iova, bool write, bool& irq)
{
	if (!powered_ || !root_->powered_) {
		violation("DMA without power", unit_, n);
		return {IpmmuDma::kFault, 0};
	}
	const u32 context = utlbs_[n].imuctr >> 4 & 0x1f;
	if (!(utlbs_[n].imuctr & kMmuen)) {
		trace_->bypassed++;
		return {IpmmuDma::kBypassed, iova};
	}
	if (!usable(n, context))
		return {IpmmuDma::kFault, 0};
	if (!(contexts_[context].imctr & root_->contexts_[context].imctr & kMmuen)) {
		trace_->bypassed++;
		return {IpmmuDma::kBypassed, iova};
	}

	catch_up(context);
	Walk found = find_translation(n, context, iova);
	if (!found.ok)
		return root_->fault(context, found.imstr, iova, irq);
	const Entry* entry = &found.entry;
	if (write ? !entry->writable : !entry->readable)
		return root_->fault(context, kPermissionFault, iova, irq);
	return {IpmmuDma::kTranslated, entry->pa + (iova - entry->iova)};
}

// The micro-TLB, this unit's TLB, the root's, the tables; the answer is kept on the way back.
Ipmmu::Walk Ipmmu::find_translation(u32 n, u32 context, u64 iova)
{
	const u8 utlb = static_cast<u8>(n);
	if (const Entry* own = lookup(utlb, context, iova))
		return trace_->tlb_hits++, Walk{true, 0, *own};

	Walk found{true, 0, {}};
	if (const Entry* ours = lookup(kAnyUtlb, context, iova)) {
		found.entry = *ours;
	} else if (const Entry* roots = root_->lookup(kAnyUtlb, context, iova)) {
		found.entry = *roots;
	} else {
		found = root_->walk(context, iova);
		if (!found.ok)
			return found;
		root_->remember(found.entry, kAnyUtlb);
	}
	if (!is_root())
		remember(found.entry, kAnyUtlb);
	remember(found.entry, utlb);
	return found;
}

// A micro-TLB does not know which context its entries came through.
Ipmmu::Entry* Ipmmu::lookup(u32 utlb, u32 context, u64 iova)
{
	for (Entry& e : tlb_)
		if (e.valid && e.utlb == utlb && (utlb != kAnyUtlb || e.context == context) &&
		    iova >= e.iova && iova - e.iova < e.size)
			return &e;
	return nullptr;
}

void Ipmmu::remember(Entry entry, u8 utlb)
{
	entry.utlb = utlb;
	tlb_[next_entry_++ % tlb_.size()] = entry;
}

IpmmuDma Ipmmu::fault(u32 n, u32 bits, u64 iova, bool& irq)
{
	Context& c = contexts_[n];
	trace_->faults++;
	// The first one is kept until it is cleared.
	if (!(c.imstr & kErrors)) {
		c.imstr = bits;
		c.imelar = static_cast<u32>(iova);
		c.imeuar = static_cast<u32>(iova >> 32);
	}
	irq = c.imctr & kInten;
	return {IpmmuDma::kFault, 0};
}

void Ipmmu::inject_fault(u32 context, u32 bits, u64 iova)
{
	bool irq = false;
	{
		core::SpinLock::Guard guard(trace_->lock);
		fault(context, bits, iova, irq);
	}
	if (irq && host_->irq)
		host_->irq(host_->ctx);
}

}  // namespace model
