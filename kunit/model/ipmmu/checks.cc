// SPDX-License-Identifier: GPL-2.0-only
//
// The order of writes: what has to be so before a register is written.
#include "kunit/model/ipmmu/ipmmu.hpp"

namespace model {
namespace {

constexpr u32 kMmuen = 1, kInten = 4, kErrors = 0x17;
constexpr u32 kNone = ~0u;

}  // namespace

void Ipmmu::out_of_order(const char* why)
{
	trace_->out_of_order++;
	trace_->why_wrong = why;
}

// What has to be so before a write of `value`.
void Ipmmu::check_order(const u32* at, u32 n, u32 value)
{
	if (at == &imsauxctlr_) {
		for (u32 i = 0; is_root() && i < contexts(); i++)
			if (contexts_[i].imctr & kMmuen)
				return out_of_order(
					"the table format changes under a context that is on");
		return;
	}
	if (n == kNone) {
		for (u32 i = 0; i < utlbs(); i++)
			if (at == &utlbs_[i].imuctr && value & kMmuen)
				check_utlb_order(i, value);
		return;
	}
	const Context& c = contexts_[n];
	if (at == &c.imctr) {
		if (is_root() && value & ~c.imctr & kInten && c.imstr & kErrors)
			out_of_order("the interrupt is enabled for a fault of before");
	} else if (at != &c.imstr && c.imctr & kMmuen && *at != value) {
		out_of_order("a table changes under a context that is on");
	}
}

void Ipmmu::check_utlb_order(u32 n, u32 imuctr)
{
	const u32 context = imuctr >> 4 & 0x1f;
	if (utlbs_[n].imuasid)
		out_of_order("a micro-TLB is on before its address space number");
	else if (context < contexts() &&
		 !(contexts_[context].imctr & root_->contexts_[context].imctr & kMmuen))
		out_of_order("a micro-TLB is on before its context");
}

}  // namespace model
