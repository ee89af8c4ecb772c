// SPDX-License-Identifier: GPL-2.0-only
//
// Enhanced Command queues, section 3.5.6: their control pages, PROD and CONS with enable and error bits.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

unsigned Smmuv3::ecmdqs() const
{
	return ids_.ecmdqs() < kMaxEcmdqs ? ids_.ecmdqs() : kMaxEcmdqs;
}

u32 Smmuv3::end_of_registers() const
{
	return reg::END + static_cast<u32>(ids_.ecmdq_pages() * ecmdq::kPageBytes);
}

// The control pages follow page 1.  BASE.ADDR is an offset from page 0; CMDQGS is 64KB, PRESET 1.
std::optional<u32> Smmuv3::load_control_page(u32 offset) const
{
	const u32 page = (offset - reg::CMDQ_CONTROL_PAGE_BASE) / 32;

	if (offset < reg::CMDQ_CONTROL_PAGE_BASE || page >= ids_.ecmdq_pages())
		return std::nullopt;
	switch (offset % 32) {
	case 0x0:
		return reg::END + page * static_cast<u32>(ecmdq::kPageBytes) | 1u << 1 | 1;
	case 0x8:
	case 0xc:
		return 1;  // CFG.EN, STATUS.ENACK
	default:
		return 0;
	}
}

// The queues are spaced evenly in a page.
Ecmdq* Smmuv3::find_ecmdq(u32 offset, u32& within)
{
	const u32 stride = static_cast<u32>(ecmdq::kPageBytes) / ids_.ecmdqs_per_page();
	const u32 n = (offset - reg::END) / stride;

	within = (offset - reg::END) % stride;
	return within < ecmdq::BYTES && n < ecmdqs() ? &r_.ecmdqs[n] : nullptr;
}

u64 Smmuv3::load_ecmdq(u32 offset)
{
	u32 within;
	const Ecmdq* e = find_ecmdq(offset, within);

	if (!e)
		return 0;
	if (within == ecmdq::BASE)
		return e->q.base;
	poll(Ack::kEcmdq);
	const u32 prod = e->q.prod | (e->en ? ecmdq::EN : 0) | (e->errack ? ecmdq::ERR : 0);
	const u32 cons = e->q.cons | (e->enack ? ecmdq::EN : 0) | (e->err ? ecmdq::ERR : 0) |
			 u32{e->reason} << 24;
	return u64{cons} << 32 | prod;
}

void Smmuv3::store_ecmdq(u32 offset, u32 width, u64 value)
{
	u32 within;
	Ecmdq* e = find_ecmdq(offset, within);

	if (e && within == ecmdq::BASE && width == 8)
		write_ecmdq_base(*e, value);
	else if (e && within == ecmdq::PROD && width == 4)
		write_ecmdq_prod(*e, static_cast<u32>(value));
	else if (e && within == ecmdq::CONS && width == 4)
		write_ecmdq_cons(*e, static_cast<u32>(value));
	else
		violation("write to no register of an ECMDQ", offset, width);
}

void Smmuv3::write_ecmdq_base(Ecmdq& e, u64 value)
{
	constexpr u64 kMask = 1ull << 62 | (ones(56) & ~ones(5)) | ones(5);

	if (!e.off())
		return violation("ECMDQ_BASE written while in use", value);
	if (value & ~kMask)
		violation("ECMDQ_BASE written with reserved bits", value);
	e.q.base = value & kMask;
}

// CONS is read-only unless the queue is off.
void Smmuv3::write_ecmdq_cons(Ecmdq& e, u32 value)
{
	if (!e.off())
		return violation("ECMDQ_CONS written while in use", value);
	if (value & ~(ones(20) | ecmdq::ERR))
		violation("ECMDQ_CONS written with reserved bits", value);
	e.q.cons = value & ones(20);
	e.err = value & ecmdq::ERR;
}

void Smmuv3::acknowledge_errors(Ecmdq& e, bool errack)
{
	if (errack != e.errack && e.err == e.errack)
		violation("ECMDQ_PROD.ERRACK acknowledges an error that is not active");
	e.errack = errack;
}

// Read-only between EN and ENACK.
void Smmuv3::write_ecmdq_prod(Ecmdq& e, u32 value)
{
	const u32 wr = value & ones(20);

	if (e.en != e.enack)
		return violation("ECMDQ_PROD written before ENACK", value);
	if (value & ~(ones(20) | ecmdq::EN | ecmdq::ERR))
		violation("ECMDQ_PROD written with reserved bits", value);
	if (e.en) {
		if (wr & ~e.q.mask())
			violation("ECMDQ_PROD has bits above the wrap bit", value, e.q.mask());
		check_prod(e.q, wr, e.err != e.errack, "ECMDQ_PROD beyond full",
			   "ECMDQ_PROD moved back");
		acknowledge_errors(e, value & ecmdq::ERR);
	} else {
		e.errack = value & ecmdq::ERR;
	}
	e.q.prod = wr;
	if (e.en == static_cast<bool>(value & ecmdq::EN))
		return kick();
	e.en = !e.en;
	if (e.en)
		check_queue(e.q, ids_.cmdq_log2(), 4, "ECMDQ_BASE.LOG2SIZE above IDR1.CMDQS");
	if (e.en && e.err != e.errack)
		violation("ECMDQ enabled with ERRACK different from ERR");
	begin(Ack::kEcmdq);
}

void Smmuv3::hold_ecmdq(u32 n, bool on)
{
	Entry entry(*this);

	r_.ecmdqs[n].held = on;
	kick();
}

void Smmuv3::apply_ecmdqs()
{
	for (u32 n = 0; n < kMaxEcmdqs; n++)
		if (!(stuck_ecmdqs_ >> n & 1))
			r_.ecmdqs[n].enack = r_.ecmdqs[n].en;
	kick();
}

void Smmuv3::stick_ecmdqs(u32 mask)
{
	Entry entry(*this);

	stuck_ecmdqs_ = mask;
	apply(Ack::kEcmdq);
}

bool Smmuv3::any_ecmdq_on() const
{
	for (const Ecmdq& e : r_.ecmdqs)
		if (!e.off())
			return true;
	return false;
}

void Smmuv3::check_ecmdqs_empty()
{
	for (const Ecmdq& e : r_.ecmdqs)
		if (!e.off() && !e.q.empty())
			violation("power removed with commands in an ECMDQ", e.q.prod, e.q.cons);
}

}  // namespace model
