// SPDX-License-Identifier: GPL-2.0-only
//
// The registers, and what writing them does at once.
#include <utility>

#include "kunit/model/ipmmu/ipmmu.hpp"

namespace model {
namespace {

constexpr u32 kMmuen = 1, kFlush = 2;
constexpr u32 kNone = ~0u;

struct Shape {
	u32 contexts, utlbs, context_base, stride, utlb_base;
};

constexpr Shape shape(IpmmuGeneration generation)
{
	switch (generation) {
	case IpmmuGeneration::kGen2:
		return {1, 32, 0x800, 0x40, 0x800};
	case IpmmuGeneration::kGen3:
		return {8, 48, 0, 0x40, 0};
	default:
		return {16, 64, 0x10000, 0x1040, 0x3000};
	}
}

}  // namespace

void Ipmmu::configure(u8 unit, const IpmmuHost& host, IpmmuTrace& trace, IpmmuGeneration generation,
		      Ipmmu* root, u64 seed)
{
	unit_ = unit;
	host_ = &host;
	trace_ = &trace;
	generation_ = generation;
	root_ = root ? root : this;
	random_ = seed;
	held_ = check_ns_ = posts_ = false;
	latency_ = lost_flushes_ = posted_count_ = 0;
	tlb_ = {};
	begun_ = flushed_ = due_ = {};
	powered_ = true;
	scramble();
	for (Utlb& utlb : utlbs_)
		utlb.imuctr = 0;  // reset: everything passes
}

u32 Ipmmu::contexts() const
{
	return shape(generation_).contexts;
}

u32 Ipmmu::utlbs() const
{
	return shape(generation_).utlbs;
}

u32 Ipmmu::context_offset(u32 n) const
{
	const Shape s = shape(generation_);
	return s.context_base + n * s.stride + (n > 7 ? 0x600 : 0);
}

u32 Ipmmu::utlb_offset(u32 n) const
{
	return shape(generation_).utlb_base + (n < 32 ? 0x300 + n * 16 : 0x600 + (n - 32) * 16);
}

void Ipmmu::violation(const char* what, u64 a, u64 b)
{
	trace_->violations++;
	host_->violation(host_->ctx, what, a, b);
}

u32 Ipmmu::garbage()
{
	random_ = random_ * 6364136223846793005u + 1442695040888963407u;
	return static_cast<u32>(random_ >> 32);
}

// Contexts come up enabled on no table, with a fault of no device; micro-TLBs on any context, groups in force.
void Ipmmu::scramble()
{
	for (Context& c : contexts_)
		c = {garbage() | kMmuen, garbage(), garbage(), garbage(), garbage(),
		     garbage() | 1,      garbage(), garbage(), garbage()};
	for (Utlb& u : utlbs_)
		u = {garbage() | 1, garbage() | 1};
	imsctlr_ = garbage() | 1u << 28;
	imsauxctlr_ = garbage() ^ 1u << 3;
	flushing_ = {};
}

void Ipmmu::power_off()
{
	core::SpinLock::Guard guard(trace_->lock);
	arrive();
	powered_ = false;
}

void Ipmmu::power_on(bool lost)
{
	core::SpinLock::Guard guard(trace_->lock);
	if (!powered_ && lost) {
		scramble();
		for (Context& context : contexts_)
			context.imctr = 0;
		for (Utlb& utlb : utlbs_)
			utlb.imuctr = 0;
	}
	powered_ = true;
}

// The place of a register, with the context it belongs to; nullptr where there is none.
u32* Ipmmu::find(u32 offset, u32& which)
{
	which = kNone;
	for (u32 n = 0; n < contexts(); n++) {
		Context& c = contexts_[n];
		u32* const at[] = {&c.imctr,    nullptr,
				   &c.imttbcr,  gen2() ? &c.imbuscr : nullptr,
				   &c.imttlbr0, &c.imttubr0,
				   nullptr,     nullptr,
				   &c.imstr,    nullptr,
				   &c.immair0,  nullptr,
				   &c.imelar,   gen2() ? nullptr : &c.imeuar};
		const u32 reg = offset - context_offset(n);
		if (reg / 4 >= std::size(at))
			continue;
		which = n;
		return at[reg / 4];
	}
	for (u32 n = 0; n < utlbs(); n++) {
		const u32 reg = offset - utlb_offset(n);
		if (reg == 0)
			return &utlbs_[n].imuctr;
		if (reg == 8)
			return &utlbs_[n].imuasid;
	}
	if (!gen2() && offset == control_offset() + 0x500)
		return &imsctlr_;
	if (!gen2() && offset == control_offset() + 0x504)
		return &imsauxctlr_;
	return nullptr;
}

u32 Ipmmu::read_imctr(u32 n)
{
	u32 value = contexts_[n].imctr & ~kFlush;
	if (!flushing_[n])
		return value;
	if (held_ || flushing_[n] == kNone || --flushing_[n])
		return value | kFlush;
	forget(n);
	return value;
}

u32 Ipmmu::load(u32 offset)
{
	if (!powered_) {
		violation("a register is read without power", unit_, offset);
		return garbage();
	}
	u32 n;
	const u32* at = find(offset, n);
	if (!at) {
		violation("no such register is read", unit_, offset);
		return garbage();
	}
	return n != kNone && at == &contexts_[n].imctr ? read_imctr(n) : *at;
}

u32 Ipmmu::read32(u32 offset)
{
	core::SpinLock::Guard guard(trace_->lock);
	arrive();
	const u32 value = load(offset);
	trace_->reads++;
	trace_->accesses.push({unit_, false, offset, value});
	return value;
}

void Ipmmu::write_context(u32 n, u32 reg, u32 value)
{
	Context& c = contexts_[n];
	switch (reg) {
	case 0x00:
		c.imctr = value;
		// A leaf is not asked when it has forgotten: it has when its root has.
		if (value & kFlush && is_root()) {
			flushing_[n] = lost_flushes_ ? kNone : latency_ + 1;
			lost_flushes_ -= lost_flushes_ != 0;
			begun_[n]++;
		} else if (value & kFlush) {
			catch_up(n);  // with the flush before this one
			due_[n] = root_->begun_[n] + 1;
		}
		break;
	case 0x20:
		// Only a 0 clears, and takes the address with it.
		if (value == 0)
			c.imstr = c.imelar = c.imeuar = 0;
		break;
	default:
		violation("a read-only register of a context is written", unit_, reg);
	}
}

void Ipmmu::write32(u32 offset, u32 value)
{
	core::SpinLock::Guard guard(trace_->lock);
	trace_->writes++;
	trace_->accesses.push({unit_, true, offset, value});
	if (trace_->drop_write && --trace_->drop_write == 0) {
		trace_->dropped = !trace_->drop_bits || value & trace_->drop_bits;
		if (!trace_->drop_bits)
			return;
		value &= ~trace_->drop_bits;
	}
	if (trace_->swap_write && --trace_->swap_write == 0) {
		trace_->late = {unit_, true, offset, value};
		trace_->late_unit = this;
		return;
	}
	if (posts_) {
		if (posted_count_ == posted_.size())
			arrive();
		posted_[posted_count_++] = {offset, value};
		return;
	}
	store(offset, value);
	if (Ipmmu* late = std::exchange(trace_->late_unit, nullptr))
		late->store(trace_->late.offset, trace_->late.value);
}

void Ipmmu::arrive()
{
	for (u32 n = 0; n < posted_count_; n++)
		store(posted_[n].offset, posted_[n].value);
	posted_count_ = 0;
}

void Ipmmu::store(u32 offset, u32 value)
{
	if (!powered_)
		return violation("a register is written without power", unit_, offset);
	u32 n;
	u32* at = find(offset, n);
	if (!at)
		return violation("no such register is written", unit_, offset);
	check_order(at, n, value);
	if (n == kNone) {
		*at = value;
		for (u32 i = 0; i < utlbs(); i++)
			if (at == &utlbs_[i].imuctr && value & 2)
				forget_utlb(i);
		return;
	}
	Context& c = contexts_[n];
	if (at == &c.imctr || at == &c.imstr || at == &c.imelar || at == &c.imeuar)
		return write_context(n, offset - context_offset(n), value);
	*at = value;
}

// A leaf does what it was told to when its root has done the same.
void Ipmmu::catch_up(u32 context)
{
	if (is_root() || !due_[context] || root_->flushed_[context] < due_[context])
		return;
	due_[context] = 0;
	forget(context);
}

void Ipmmu::forget(u32 context)
{
	flushing_[context] = 0;
	flushed_[context] = begun_[context];
	for (Entry& entry : tlb_)
		if (entry.context == context)
			entry.valid = false;
}

bool Ipmmu::flushing()
{
	core::SpinLock::Guard guard(trace_->lock);
	for (u32 reads : flushing_)
		if (reads)
			return true;
	return false;
}

void Ipmmu::finish_flushes()
{
	core::SpinLock::Guard guard(trace_->lock);
	for (u32 n = 0; n < contexts(); n++)
		if (flushing_[n])
			forget(n);
}

void Ipmmu::forget_utlb(u32 n)
{
	if (is_root() && !gen2())
		return;
	for (Entry& entry : tlb_)
		if (entry.utlb == n)
			entry.valid = false;
}

}  // namespace model
