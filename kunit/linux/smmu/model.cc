// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/smmu/model.h"

#include "kunit/model/smmu/smmuv3.hpp"
#include "kunit/model/smmu/world.hpp"
#include "kunit/linux/common/modelled.hpp"
#include "os/os.h"

namespace {

// One SMMU, and what is the matter with it.
struct Unit {
	model::Smmuv3 smmu;
	smmu_defect defect = SMMU_CONSUMES_NOTHING;
	u32 defect_left = 0;  // writes of CR0 until it is whole again
};

constexpr u32 kControlPage = 0x20000;

constinit Unit units[SMMU_UNITS];
constinit Unit* unit = units;  // by smmu_model_select()
constinit void (*raise_wire)(u32, smmu_wire) = nullptr;
constinit void (*before_write)(u32) = nullptr;
constinit modelled::Violations violations("SMMU");
constinit const char* forgiven = nullptr;
constinit unsigned long lock_flags = 0;
constinit std::optional<model::Atc> atc;
constinit std::optional<model::Pri> pri;

void irq(void* ctx, model::Irq which)
{
	if (raise_wire)
		raise_wire(static_cast<u32>(static_cast<Unit*>(ctx) - units),
			   static_cast<smmu_wire>(which));
}

// There is one CPU: keeping its interrupts off is the lock.
void lock(void*)
{
	const unsigned long flags = os_irq_save();
	lock_flags = flags;
}

void unlock(void*)
{
	os_irq_restore(lock_flags);
}

void violation(void*, const char* what, model::u64 a, model::u64 b)
{
	if (forgiven && !__builtin_strcmp(what, forgiven))
		return;
	violations.add(what, a, b);
}

consteval model::Host host_of(Unit& it)
{
	return {
		.ctx = &it,
		.phys = modelled::phys,
		.irq = irq,
		.msi = nullptr,
		.sev = nullptr,
		.lock = lock,
		.unlock = unlock,
		.violation = violation,
	};
}

constinit const model::Host hosts[SMMU_UNITS] = {host_of(units[0]), host_of(units[1])};

void set_defect(Unit& it, smmu_defect defect, bool broken)
{
	const u32 reads = broken ? model::kForever : 0;
	switch (defect) {
	case SMMU_CONSUMES_NOTHING:
		return it.smmu.set_deferred(broken);
	case SMMU_IGNORES_CR0:
		it.smmu.delay_ack(model::Ack::kCr0, reads);
		break;
	case SMMU_IGNORES_GBPA:
		it.smmu.delay_ack(model::Ack::kGbpa, reads);
		break;
	}
	if (!broken)
		it.smmu.finish_acks();
}

u64 read(void* ctx, u32 offset, u32 bytes)
{
	auto& it = *static_cast<Unit*>(ctx);
	// A second without an answer is a thousand looks.
	if (offset == model::reg::CMDQ_CONS && it.defect_left)
		test_clock_advance(1'000'000);
	return bytes == 8 ? it.smmu.read64(offset) : it.smmu.read32(offset);
}

void write(void* ctx, u32 offset, u32 bytes, u64 value)
{
	auto& it = *static_cast<Unit*>(ctx);
	if (before_write)
		before_write(static_cast<u32>(&it - units));
	if (offset == model::reg::CR0 && it.defect_left && it.defect_left != SMMU_FOR_EVER &&
	    !--it.defect_left)
		set_defect(it, it.defect, false);
	if (bytes == 8)
		it.smmu.write64(offset, value);
	else
		it.smmu.write32(offset, static_cast<u32>(value));
}

}  // namespace

extern "C" constinit const test_mmio smmu_model_mmio[SMMU_UNITS] = {{&units[0], read, write},
								    {&units[1], read, write}};

u32 smmu_model_idr0()
{
	return model::kRichIds.idr0;
}

u32 smmu_model_idr1()
{
	return model::kRichIds.idr1;
}

static void create(const model::Ids& ids)
{
	violations.clear();
	forgiven = nullptr;
	before_write = nullptr;
	unit = units;
	for (u32 i = 0; i < SMMU_UNITS; i++) {
		units[i].defect_left = 0;
		units[i].smmu.configure(hosts[i], ids);
	}
}

static model::Ids with(u32 idr0, u32 idr1)
{
	model::Ids ids = model::kRichIds;
	ids.idr0 = idr0;
	ids.idr1 = idr1;
	return ids;
}

void smmu_model_create(u32 idr0, u32 idr1)
{
	create(with(idr0, idr1));
}

// OAS, DS and VAX of IDR5.
void smmu_model_create_wide(u32 idr0, u32 idr1)
{
	model::Ids ids = with(idr0, idr1);
	ids.idr5 = 6 | 0x70 | 1u << 7 | 1u << 10;
	create(ids);
}

void smmu_model_select(u32 which)
{
	unit = &units[which];
}

void smmu_model_on_irq(void (*raise)(u32, smmu_wire))
{
	raise_wire = raise;
}

void smmu_model_on_write(void (*look)(u32))
{
	before_write = look;
}

void smmu_model_leave_ecmdq_on(void)
{
	unit->smmu.write32(kControlPage + model::ecmdq::PROD, 0);
	unit->smmu.write32(kControlPage + model::ecmdq::CONS, 0);
	unit->smmu.write64(kControlPage + model::ecmdq::BASE, 1);
	unit->smmu.write32(kControlPage + model::ecmdq::PROD, model::ecmdq::EN);
}

bool smmu_model_ecmdq_is_on(void)
{
	return unit->smmu.read32(kControlPage + model::ecmdq::CONS) & model::ecmdq::EN;
}

u32 smmu_model_read32(u32 offset)
{
	return unit->smmu.read32(offset);
}

bool smmu_model_dma_read(u32 sid, u64 iova, void* to, size_t size)
{
	return unit->smmu.dma_read(sid, iova, to, size);
}

bool smmu_model_dma_write(u32 sid, u64 iova, const void* from, size_t size)
{
	return unit->smmu.dma_write(sid, iova, from, size);
}

static bool is_ok(const model::Dma& dma, u64* pa)
{
	*pa = dma.pa;
	return dma.ok();
}

bool smmu_model_translate(u32 sid, u64 iova, u64* pa)
{
	return is_ok(unit->smmu.translate(sid, std::nullopt, iova, {}), pa);
}

bool smmu_model_translate_pasid(u32 sid, u32 pasid, u64 iova, u64* pa)
{
	return is_ok(unit->smmu.translate(sid, pasid, iova, {}), pa);
}

smmu_dma smmu_model_dma(struct smmu_model_dma* dma)
{
	const model::Dma result = unit->smmu.translate(dma->sid, dma->pasid, dma->iova,
						       {.write = dma->write}, dma->size);
	dma->pa = result.pa;
	dma->page_shift = result.page_shift;
	dma->stag = result.stag;
	return result.ok()                                  ? SMMU_DMA_DONE
	       : result.outcome == model::Outcome::kStalled ? SMMU_DMA_STALLED
							    : SMMU_DMA_ABORTED;
}

smmu_dma smmu_model_dma_by_atc(struct smmu_model_dma* dma)
{
	const model::Dma result =
		unit->smmu.ats_access(*atc, dma->pasid, dma->iova, {.write = dma->write});
	dma->pa = result.pa;
	return result.ok() ? SMMU_DMA_DONE : SMMU_DMA_ABORTED;
}

bool smmu_model_stall(u32 sid, u32 pasid, u64 iova, u16* stag)
{
	const auto ssid = pasid ? std::optional<u32>(pasid) : std::nullopt;
	const model::Dma dma = unit->smmu.translate(sid, ssid, iova, {});
	*stag = dma.stag;
	return dma.outcome == model::Outcome::kStalled;
}

smmu_stalled smmu_model_stalled(u16 stag)
{
	switch (unit->smmu.stall(stag)) {
	case model::StallState::kWaiting:
		return SMMU_STALLED_WAITS;
	case model::StallState::kRetry:
		return SMMU_STALLED_TRIES_AGAIN;
	default:
		return SMMU_STALLED_ABORTED;
	}
}

void smmu_model_connect_atc(u32 sid)
{
	if (atc)
		unit->smmu.disconnect(*atc);
	unit->smmu.connect(atc.emplace(sid));
}

void smmu_model_enable_ats(bool on)
{
	if (on)
		atc->enable();
	else
		atc->disable();
}

bool smmu_model_ats_enabled()
{
	return atc->enabled();
}

void smmu_model_ignore_invalidations(bool on)
{
	atc->ignore_invalidations(on);
}

u32 smmu_model_atc_entries()
{
	return atc->size();
}

bool smmu_model_ats_access(u64 iova, u64* pa)
{
	return is_ok(unit->smmu.ats_access(*atc, std::nullopt, iova, {}), pa);
}

bool smmu_model_ats_access_pasid(u32 pasid, u64 iova, u64* pa)
{
	return is_ok(unit->smmu.ats_access(*atc, pasid, iova, {}), pa);
}

u64 smmu_model_commands(u8 opcode)
{
	return unit->smmu.stats().ops[opcode];
}

u64 smmu_model_events(u8 type)
{
	return unit->smmu.stats().events[type];
}

u32 smmu_model_violations()
{
	return violations.count();
}

void smmu_model_forgive(const char* what)
{
	forgiven = what;
}

const char* smmu_model_last_violation()
{
	return violations.last();
}

void smmu_model_fail_command(u8 error)
{
	unit->smmu.fail_command(static_cast<model::Cerror>(error));
}

void smmu_model_break(smmu_defect defect, u32 cr0_writes)
{
	unit->defect = defect;
	unit->defect_left = cr0_writes;
	set_defect(*unit, defect, true);
}

void smmu_model_mend()
{
	unit->defect_left = 0;
	set_defect(*unit, unit->defect, false);
}

void smmu_model_hold_sync(bool hold)
{
	unit->smmu.hold_sync(hold);
}

void smmu_model_power(u32 which, bool on)
{
	model::Smmuv3& smmu = units[which].smmu;
	if (on && !smmu.powered())
		smmu.power_on();
	else if (!on)
		smmu.power_off();
}

bool smmu_model_powered(u32 which)
{
	return units[which].smmu.powered();
}

bool smmu_model_translating(u32 which)
{
	return units[which].smmu.regs().cr0ack & model::cr0::SMMUEN;
}

u64 smmu_model_writes()
{
	return unit->smmu.stats().writes;
}

bool smmu_model_page_request(u32 sid, u64 address, u32 group)
{
	return unit->smmu.page_request(sid, std::nullopt, address, group, true, {});
}

void smmu_model_connect_pri(u32 sid)
{
	if (pri)
		unit->smmu.disconnect(*pri);
	unit->smmu.connect(pri.emplace(sid, true));
}

void smmu_model_reset_pri()
{
	pri->reset();
}

void smmu_model_enable_pri(u32 credits)
{
	pri->enable(credits);
}

void smmu_model_disable_pri()
{
	pri->disable();
}

bool smmu_model_pri_enabled()
{
	return pri && pri->enabled();
}

bool smmu_model_pri_stopped()
{
	return !pri || pri->stopped();
}

bool smmu_model_pri_failed()
{
	return pri && pri->failed();
}

bool smmu_model_pri_request(u32 pasid, u64 address, u32 group, bool last)
{
	const auto with = pasid ? std::optional<u32>(pasid) : std::nullopt;
	return unit->smmu.page_request(*pri, with, address, group, last);
}

bool smmu_model_pri_request_for(const struct smmu_model_dma* dma, u32 group)
{
	return unit->smmu.page_request(*pri, dma->pasid, dma->iova, group, true,
				       {.write = dma->write});
}

bool smmu_model_pri_waits(u32 group)
{
	return pri->waits(group);
}

smmu_pri_code smmu_model_pri_response(u32 group)
{
	return static_cast<smmu_pri_code>(pri->response(group));
}
