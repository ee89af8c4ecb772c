// SPDX-License-Identifier: GPL-2.0-only
//
// ATS, section 3.9.1: Translation Requests, Translated transactions, CMD_ATC_INV.
#include "kunit/model/smmu/smmuv3.hpp"

namespace model {

void Smmuv3::connect(Atc& atc)
{
	Entry entry(*this);

	for (Atc*& slot : atcs_)
		if (!slot) {
			slot = &atc;
			return;
		}
	violation("more functions with an ATC than the model has room for", atc.sid());
}

void Smmuv3::disconnect(Atc& atc)
{
	Entry entry(*this);

	for (Atc*& slot : atcs_)
		if (slot == &atc)
			slot = nullptr;
}

// Split-stage ATS exists for nested streams with ATSCHK only (STE.EATS).
bool Smmuv3::ats_allowed(const Ste& ste) const
{
	return ste.eats() == 1 || (ste.eats() == 2 && on(cr0::ATSCHK));
}

// What an ordinary transaction would meet, without an event.
AtsCompletion Smmuv3::ats_translate(Txn t, Fault& f)
{
	Stream st{};
	Dma d;

	if (attempt(t, st, d, f))
		return {AtsStatus::kSuccess, !t.acc.write, t.acc.write, d.pa, d.page_shift};
	switch (f.id) {
	case Event::F_TRANSLATION:
	case Event::F_ADDR_SIZE:
	case Event::F_ACCESS:
	case Event::F_PERMISSION:
		return {.status = AtsStatus::kSuccess};
	default:
		return {};
	}
}

AtsCompletion Smmuv3::refuse_ats(const Txn& t, Event event)
{
	if (event != Event::NONE)
		record(t, {.id = event}, false, 0);
	return {.status = AtsStatus::kUnsupported};
}

// With @acc.write both permissions are asked for.
AtsCompletion Smmuv3::answer_ats(const Txn& t)
{
	Ste ste{};
	Fault f;

	if (!on(cr0::SMMUEN))
		return refuse_ats(t, Event::F_BAD_ATS_TREQ);
	if (!find_ste(t.sid, ste, f))
		return {};
	if (ste.config() < 4)
		return refuse_ats(t, Event::NONE);
	if (ste.config() == 4 || !ats_allowed(ste))
		return refuse_ats(t, Event::F_BAD_ATS_TREQ);

	Txn as = t;
	as.acc.write = false;
	AtsCompletion answer = ats_translate(as, f);
	if (!t.acc.write || answer.status != AtsStatus::kSuccess)
		return answer;
	as.acc.write = true;
	const AtsCompletion writing = ats_translate(as, f);
	if (writing.status != AtsStatus::kSuccess || !writing.write)
		return answer;
	answer = {AtsStatus::kSuccess, answer.read, true, writing.pa, writing.shift};
	return answer;
}

AtsCompletion Smmuv3::translation_request(u32 sid, std::optional<u32> pasid, u64 iova,
					  Access access)
{
	Entry entry(*this);

	if (!powered_ || sfm_ || !ids_.ats())
		return {.status = AtsStatus::kUnsupported};
	return answer_ats({.sid = sid,
			   .ssid = pasid.value_or(0),
			   .ssv = pasid.has_value(),
			   .iova = iova,
			   .acc = access});
}

// Section 3.9.1.3.
Dma Smmuv3::pass_translated(const Txn& t)
{
	Stream st{};
	Dma d;
	Fault f;

	if (!powered_)
		return d;
	if (!on(cr0::SMMUEN))
		return finish(t, st, {.id = Event::F_TRANSL_FORBIDDEN});
	if (on(cr0::ATSCHK)) {
		if (!find_ste(t.sid, st.ste, f))
			return finish(t, st, f);
		if (st.ste.config() < 4)
			return d;
		if (st.ste.config() == 4 || !st.ste.eats())
			return finish(t, st, {.id = Event::F_TRANSL_FORBIDDEN});
	}
	d.outcome = Outcome::kTranslated;
	d.pa = t.iova;
	d.page_shift = 12;
	return d;
}

Dma Smmuv3::translated_access(u32 sid, u64 pa, Access access)
{
	Entry entry(*this);

	return pass_translated({.sid = sid, .ssid = 0, .ssv = false, .iova = pa, .acc = access});
}

// The transaction is ordered with every invalidation: one that has completed is obeyed.
Dma Smmuv3::ats_access(Atc& atc, std::optional<u32> pasid, u64 iova, Access access)
{
	Entry entry(*this);
	const Txn t{.sid = atc.sid(),
		    .ssid = pasid.value_or(0),
		    .ssv = pasid.has_value(),
		    .iova = iova,
		    .acc = access};
	Dma refused;

	const auto permits = [&] {
		const Atc::Entry* e = atc.find(pasid, iova);
		return e && (access.write ? e->write : e->read) ? e : nullptr;
	};
	if (!permits() && atc.enabled() && powered_ && !sfm_ && ids_.ats()) {
		const AtsCompletion answer = answer_ats(t);
		if (answer.status == AtsStatus::kSuccess && (answer.read || answer.write))
			atc.insert(pasid, iova, answer);
	}
	const Atc::Entry* e = permits();
	if (!atc.enabled() || !e)
		return refused;
	Txn out = t;
	out.iova = e->pa | (iova & ones(e->shift));
	return pass_translated(out);
}

// Section 4.5.1.  Ignored while translation is off.
Cerror Smmuv3::atc_inv(const Command& c)
{
	const unsigned size = field(c.w[1], 5, 0), shift = 12 + size;

	if (!ids_.ats() || size > 52)
		return Cerror::ILL;
	if (!on(cr0::SMMUEN))
		return Cerror::NONE;
	AtcScope scope{};
	if (c.ssv())
		scope.pasid = c.ssid();
	scope.global = c.ssv() && bit(c.w[0], 9);
	scope.first = c.address() & ~ones(shift);
	scope.last = scope.first | ones(shift);
	for (Atc* atc : atcs_)
		if (atc && atc->sid() == c.sid() && !atc->invalidate(scope))
			atc_failed_[source_] = true;
	atc_failed_[source_] |= atc_fails_;
	return Cerror::NONE;
}

}  // namespace model
