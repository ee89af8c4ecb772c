// SPDX-License-Identifier: GPL-2.0-only
//
// Consumption of the command queue, section 4.1, and its errors, section 7.1.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

unsigned Smmuv3::step(unsigned n)
{
	Entry entry(*this);

	return powered_ ? consume(n) : 0;
}

void Smmuv3::set_deferred(bool on)
{
	Entry entry(*this);

	options_.deferred = on;
	kick();
}

void Smmuv3::hold_sync(bool on)
{
	Entry entry(*this);

	held_ = on;
	kick();
}

void Smmuv3::fail_command(Cerror error, u64 after)
{
	Entry entry(*this);

	inject_ = error;
	inject_after_ = after;
}

void Smmuv3::kick()
{
	if (!options_.deferred && powered_)
		consume(~0u);
}

Queue& Smmuv3::queue(unsigned source)
{
	return source ? r_.ecmdqs[source - 1].q : r_.cmdq;
}

// Whether commands are consumed: enabled, and no error of that queue is active.
bool Smmuv3::runs(unsigned source) const
{
	if (sfm_)
		return false;
	if (source)
		return r_.ecmdqs[source - 1].runs() && !r_.ecmdqs[source - 1].held;
	return on(cr0::CMDQEN) && !((r_.gerror ^ r_.gerrorn) & gerror::CMDQ_ERR);
}

// CONS stays at the command at fault until software has looked and acknowledged.
bool Smmuv3::command_error(Cerror error)
{
	if (error == Cerror::NONE)
		return false;
	if (source_) {
		Ecmdq& e = r_.ecmdqs[source_ - 1];
		e.err = !e.err;
		e.reason = static_cast<u8>(error);
		gerror(gerror::CMDQP_ERR);
		return true;
	}
	r_.cmdq.cons = (r_.cmdq.cons & ones(20)) | static_cast<u32>(error) << 24;
	gerror(gerror::CMDQ_ERR);
	return true;
}

// No order between queues is guaranteed: one command of each in turn.
unsigned Smmuv3::consume(unsigned n)
{
	unsigned done = 0;

	for (bool more = true; more && done < n;) {
		more = false;
		for (unsigned source = 0; source <= ecmdqs() && done < n; source++)
			if (consume_one(source)) {
				more = true;
				done++;
			}
	}
	return done;
}

bool Smmuv3::consume_one(unsigned source)
{
	Queue& q = queue(source);
	Command c;

	if (!runs(source) || q.empty())
		return false;
	source_ = static_cast<u8>(source);
	if (!mem_.read(q.address() + u64{16} * q.index(q.cons), c.w, 2)) {
		command_error(Cerror::ABT);
		return false;
	}
	if (held_ && c.op() == static_cast<u8>(Op::SYNC))
		return false;
	Cerror error = Cerror::NONE;
	if (inject_ != Cerror::NONE && inject_after_-- == 0) {
		error = inject_;
		inject_ = Cerror::NONE;
	} else {
		error = execute(c);
	}
	if (command_error(error))
		return false;
	q.cons = (q.cons & ~q.mask()) | ((q.cons + 1) & q.mask());
	// The signal of a CMD_SYNC follows its consumption.
	if (c.op() == static_cast<u8>(Op::SYNC))
		signal_sync(c);
	return true;
}

Cerror Smmuv3::execute(const Command& c)
{
	const auto op = static_cast<Op>(c.op());
	Cerror error = Cerror::ILL;

	cmd_log_.push(c);
	check_reserved(c);
	// SSec: this is the Non-secure queue.
	if (bit(c.w[0], 10))
		return Cerror::ILL;
	if (c.op() == 0x01 || c.op() == 0x02)
		error = prefetch(c);
	else if (c.op() >= 0x03 && c.op() <= 0x06)
		error = cfgi(c);
	else if (c.op() >= 0x10 && c.op() <= 0x30)
		error = tlbi(c);
	else if (op == Op::ATC_INV)
		error = atc_inv(c);
	else if (op == Op::PRI_RESP)
		error = pri_resp(c);
	else if (op == Op::RESUME || op == Op::STALL_TERM)
		error = resume(c);
	else if (op == Op::SYNC)
		error = sync(c);
	if (error == Cerror::NONE) {
		stats_.ops[c.op()]++;
		note_invalidation(c);
	}
	return error;
}

void Smmuv3::note_invalidation(const Command& c)
{
	if (c.op() == static_cast<u8>(Op::CFGI_STE_RANGE) && field(c.w[1], 4, 0) == 31)
		invalidated_[source_] |= 1;
	if (c.op() == static_cast<u8>(Op::TLBI_NSNH_ALL))
		invalidated_[source_] |= 2;
	if (c.op() == static_cast<u8>(Op::SYNC))
		invalidated_synced_ |= invalidated_[source_];
}

// Everything earlier is complete by now: commands here take effect as they are consumed.
Cerror Smmuv3::sync(const Command& c)
{
	if (field(c.w[0], 13, 12) == 3)
		return Cerror::ILL;
	if (atc_failed_[source_]) {
		atc_failed_[source_] = false;
		return Cerror::ATC_INV_SYNC;
	}
	return Cerror::NONE;
}

void Smmuv3::signal_sync(const Command& c)
{
	const unsigned cs = field(c.w[0], 13, 12);
	const u64 addr = c.w[1] & ones(52) & ~ones(2);

	if (cs == 2 && ids_.sev()) {
		stats_.sevs++;
		sevs_pending_++;
	}
	if (cs != 1)
		return;
	if (!ids_.msi() || !addr)
		interrupt(Irq::kCmdSync);
	else if (!send_msi(addr, field(c.w[0], 63, 32)))
		gerror(gerror::MSI_CMDQ_ABT_ERR);
}

}  // namespace model
