// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/linux/ipmmu/model.h"

#include "kunit/linux/common/modelled.hpp"
#include "kunit/model/ipmmu/ipmmu.hpp"
#include "os/os.h"

namespace {

constinit model::Ipmmu units[IPMMU_UNITS];
constinit model::IpmmuTrace trace;
constinit void (*raise_wire)() = nullptr;
constinit void (*before_read)(u32) = nullptr;
constinit modelled::Violations violations("IPMMU");

void irq(void*)
{
	if (raise_wire)
		raise_wire();
}

void violation(void*, const char* what, model::u64 a, model::u64 b)
{
	violations.add(what, a, b);
}

constinit const model::IpmmuHost host{nullptr, modelled::phys, irq, violation};

u64 read(void* ctx, u32 offset, u32)
{
	if (before_read)
		before_read(static_cast<u32>(static_cast<model::Ipmmu*>(ctx) - units));
	return static_cast<model::Ipmmu*>(ctx)->read32(offset);
}

void write(void* ctx, u32 offset, u32, u64 value)
{
	static_cast<model::Ipmmu*>(ctx)->write32(offset, static_cast<u32>(value));
}

ipmmu_answer access(u32 unit, u32 utlb, u64 iova, bool write, u64* pa)
{
	const model::IpmmuDma dma = units[unit].access(utlb, iova, write);
	*pa = dma.pa;
	switch (dma.what) {
	case model::IpmmuDma::kTranslated:
		return IPMMU_TRANSLATED;
	case model::IpmmuDma::kBypassed:
		return IPMMU_BYPASSED;
	default:
		return IPMMU_FAULT;
	}
}

}  // namespace

extern "C" constinit const test_mmio ipmmu_model_mmio[IPMMU_UNITS] = {
	{&units[0], read, write}, {&units[1], read, write}, {&units[2], read, write}};

void ipmmu_model_create()
{
	trace.accesses.clear();
	trace.violations = trace.reads = trace.writes = 0;
	violations.clear();
	for (u32 n = 0; n < IPMMU_UNITS; n++) {
		units[n].configure(static_cast<u8>(n), host, trace, model::IpmmuGeneration::kGen3,
				   n ? &units[0] : nullptr, n + 1);
		units[n].check_ns(true);
	}
}

void ipmmu_model_on_irq(void (*raise)())
{
	raise_wire = raise;
}

void ipmmu_model_on_read(void (*look)(u32))
{
	before_read = look;
}

ipmmu_answer ipmmu_model_read(u32 unit, u32 utlb, u64 iova, u64* pa)
{
	return access(unit, utlb, iova, false, pa);
}

ipmmu_answer ipmmu_model_write(u32 unit, u32 utlb, u64 iova, u64* pa)
{
	return access(unit, utlb, iova, true, pa);
}

void ipmmu_model_power(u32 unit, bool on)
{
	if (on)
		units[unit].power_on();
	else
		units[unit].power_off();
}

bool ipmmu_model_powered(u32 unit)
{
	return units[unit].powered();
}

void ipmmu_model_hold_flush(bool hold)
{
	units[0].hold_flush(hold);
}

u64 ipmmu_model_writes()
{
	return trace.writes;
}

u64 ipmmu_model_reads()
{
	return trace.reads;
}

u32 ipmmu_model_violations()
{
	return violations.count();
}

const char* ipmmu_model_last_violation()
{
	return violations.last();
}
