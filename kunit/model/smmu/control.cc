// SPDX-License-Identifier: GPL-2.0-only
//
// CR0, IRQ_CTRL and GBPA: updates that software starts and the SMMU acknowledges.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

void Smmuv3::begin(Ack which)
{
	PendingAck& a = acks_[static_cast<u8>(which)];

	a.left = a.delay;
	a.pending = a.delay != 0;
	if (!a.pending)
		apply(which);
}

// Called for each read of the register software polls.
void Smmuv3::poll(Ack which)
{
	PendingAck& a = acks_[static_cast<u8>(which)];

	if (!a.pending || a.left == kForever)
		return;
	if (a.left-- != 0)
		return;
	a.pending = false;
	apply(which);
}

void Smmuv3::apply(Ack which)
{
	acks_[static_cast<u8>(which)].pending = false;
	switch (which) {
	case Ack::kCr0:
		apply_cr0();
		break;
	case Ack::kIrqCtrl:
		r_.irq_ctrlack = r_.irq_ctrl;
		break;
	case Ack::kGbpa:
		r_.gbpa = r_.gbpa_next;
		break;
	case Ack::kEcmdq:
		apply_ecmdqs();
		break;
	}
}

void Smmuv3::finish_acks()
{
	Entry entry(*this);

	for (u8 i = 0; i < acks_.size(); i++)
		if (acks_[i].pending)
			apply(static_cast<Ack>(i));
}

void Smmuv3::write_cr0(u32 value)
{
	// Only a field whose previous update is acknowledged may change again (section 6.3.9).
	if ((r_.cr0 ^ r_.cr0ack) & (r_.cr0 ^ value))
		violation("CR0 field changed before its CR0ACK", r_.cr0, value);
	if (value & ~cr0::kWritable)
		violation("CR0 reserved bits set", value);
	const u32 rising = value & ~r_.cr0;
	r_.cr0 = value & cr0::kWritable;
	if (rising & cr0::CMDQEN)
		check_queue(r_.cmdq, ids_.cmdq_log2(), 4, "CMDQ_BASE.LOG2SIZE above IDR1.CMDQS");
	if (rising & cr0::EVENTQEN)
		check_queue(r_.eventq, ids_.eventq_log2(), 5,
			    "EVENTQ_BASE.LOG2SIZE above IDR1.EVENTQS");
	if (rising & cr0::PRIQEN)
		check_queue(r_.priq, ids_.priq_log2(), 4, "PRIQ_BASE.LOG2SIZE above IDR1.PRIQS");
	if (rising & cr0::SMMUEN)
		check_stream_table();
	begin(Ack::kCr0);
}

void Smmuv3::apply_cr0()
{
	const u32 falling = r_.cr0ack & ~r_.cr0;

	r_.cr0ack = r_.cr0;
	// Whatever is still stalled is terminated with SMMUEN's fall (section 3.12.2).
	if (falling & cr0::SMMUEN)
		end_stalls(std::nullopt, StallState::kAbort);
	kick();
}

void Smmuv3::write_irq_ctrl(u32 value)
{
	if ((r_.irq_ctrl ^ r_.irq_ctrlack) & (r_.irq_ctrl ^ value))
		violation("IRQ_CTRL field changed before its IRQ_CTRLACK", r_.irq_ctrl, value);
	if (value & ~7u)
		violation("IRQ_CTRL reserved bits set", value);
	r_.irq_ctrl = value & 7;
	begin(Ack::kIrqCtrl);
}

void Smmuv3::write_gbpa(u32 value)
{
	if (r_.gbpa & gbpa::UPDATE) {
		violation("GBPA written while UPDATE is set", value, r_.gbpa);
		return;
	}
	if (!(value & gbpa::UPDATE)) {
		violation("GBPA written without UPDATE is ignored", value);
		return;
	}
	r_.gbpa_next = value & gbpa::kWritable;
	r_.gbpa |= gbpa::UPDATE;
	begin(Ack::kGbpa);
}

}  // namespace model
