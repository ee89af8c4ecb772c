// SPDX-License-Identifier: GPL-2.0-only
//
// Reset, power loss and the lock around each entry.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

Smmuv3::Entry::Entry(Smmuv3& s)
	: s_(s)
{
	if (s_.host_->lock)
		s_.host_->lock(s_.host_->ctx);
}

Smmuv3::Entry::~Entry()
{
	const Host& h = *s_.host_;
	const u8 irqs = s_.irqs_pending_;
	u32 sevs = s_.sevs_pending_;

	s_.irqs_pending_ = 0;
	s_.sevs_pending_ = 0;
	if (h.unlock)
		h.unlock(h.ctx);
	for (u8 i = 0; h.irq && i < 4; i++)
		if (irqs >> i & 1)
			h.irq(h.ctx, static_cast<Irq>(i));
	for (; h.sev && sevs; sevs--)
		h.sev(h.ctx);
}

void Smmuv3::configure(const Host& host, const Ids& ids, const Options& options)
{
	host_ = &host;
	ids_ = ids;
	options_ = options;
	random_ = options.seed;
	mem_.bind(host);
	mem_.clear_aborts();
	acks_ = {};
	stuck_ecmdqs_ = 0;
	atcs_ = {};
	pris_ = {};
	stats_ = {};
	clear_logs();
	powered_ = true;
	reset();
}

void Smmuv3::clear_logs()
{
	reg_log_.clear();
	cmd_log_.clear();
	msi_log_.clear();
}

void Smmuv3::reset()
{
	Entry entry(*this);

	config_.clear();
	tlb_.clear();
	inject_ = Cerror::NONE;
	reset_state();
}

// All but the caches.
void Smmuv3::reset_state()
{
	stalls_ = {};
	held_ = sfm_ = false;
	atc_failed_ = {};
	invalidated_ = {};
	invalidated_synced_ = 0;
	for (PendingAck& a : acks_)
		a.pending = false;
	reset_registers();
}

// What the manual leaves UNKNOWN out of reset is garbage here, a different one each time.
void Smmuv3::scramble()
{
	auto next = [this] {
		random_ = random_ * 6364136223846793005u + 1442695040888963407u;
		return random_ ^ random_ >> 29;
	};

	r_.cr1 = next() & 0xfff;
	r_.cr2 = next() & 7;
	r_.strtab_base = next() & 0x400fffffffffffc0;
	r_.strtab_base_cfg = next() & 0x307ff;
	for (Queue* q : {&r_.cmdq, &r_.eventq, &r_.priq}) {
		q->base = next() & 0x400fffffffffffff;
		q->prod = next() & 0xfffff;
		q->cons = next() & 0xfffff;
	}
	for (Ecmdq& e : r_.ecmdqs) {
		e.q.base = next() & 0x400fffffffffffff;
		e.q.prod = next() & 0xfffff;
		e.q.cons = next() & 0xfffff;
		e.reason = next() & 7;
	}
	for (IrqCfg& c : r_.irq)
		c = {next() & 0x000ffffffffffffc, static_cast<u32>(next()),
		     static_cast<u32>(next() & 0x8000003f)};
}

void Smmuv3::reset_registers()
{
	r_ = {};
	scramble();
	r_.gbpa = 0x1000;  // SHCFG: use incoming
	if (options_.gbpa_resets_abort)
		r_.gbpa |= gbpa::ABORT;
	r_.gbpa_next = r_.gbpa;
}

void Smmuv3::power_off(bool retain)
{
	Entry entry(*this);

	powered_ = false;
	retained_ = retain;
	if (!r_.cmdq.empty() && on(cr0::CMDQEN))
		violation("power removed with commands in the queue", r_.cmdq.prod, r_.cmdq.cons);
	check_ecmdqs_empty();
	for (const StallSlot& s : stalls_)
		if (s.state == StallState::kWaiting)
			violation("power removed with a transaction stalled", s.txn.sid);
	if (retain)
		return;
	if (!options_.keeps_caches) {
		config_.clear();
		tlb_.clear();
	}
	reset_state();
}

void Smmuv3::power_on()
{
	Entry entry(*this);

	powered_ = true;
	kick();
}

}  // namespace model
