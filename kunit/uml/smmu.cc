// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/uml/smmu.h"

#include "kunit/model/smmuv3.hpp"
#include "kunit/model/world.hpp"
#include "kunit/testos.h"
#include "os/os.h"

namespace {

constinit model::Smmuv3 smmu;
constinit void (*raise_wire)(smmu_wire) = nullptr;
constinit u32 violations = 0;
constinit const char* last_violation = nullptr;
constinit unsigned long lock_flags = 0;

void* phys(void*, model::u64 pa, model::u64 size)
{
	return test_bus_to_cpu(pa, size);
}

void irq(void*, model::Irq which)
{
	if (raise_wire)
		raise_wire(static_cast<smmu_wire>(which));
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
	violations++;
	last_violation = what;
	os_log(test_device(), OS_ERROR, "SMMU model: %s (%#llx, %#llx)", what, static_cast<u64>(a),
	       static_cast<u64>(b));
}

constinit const model::Host host{
	.ctx = nullptr,
	.phys = phys,
	.irq = irq,
	.msi = nullptr,
	.sev = nullptr,
	.lock = lock,
	.unlock = unlock,
	.violation = violation,
};

u64 read(void*, u32 offset, u32 bytes)
{
	return bytes == 8 ? smmu.read64(offset) : smmu.read32(offset);
}

void write(void*, u32 offset, u32 bytes, u64 value)
{
	if (bytes == 8)
		smmu.write64(offset, value);
	else
		smmu.write32(offset, static_cast<u32>(value));
}

}  // namespace

extern "C" constinit const test_mmio smmu_model_mmio = {nullptr, read, write};

u32 smmu_model_idr0()
{
	return model::kRichIds.idr0;
}

u32 smmu_model_idr1()
{
	return model::kRichIds.idr1;
}

void smmu_model_create(u32 idr0, u32 idr1)
{
	model::Ids ids = model::kRichIds;
	ids.idr0 = idr0;
	ids.idr1 = idr1;
	violations = 0;
	last_violation = nullptr;
	smmu.configure(host, ids);
	smmu.clear_stats();
	smmu.clear_logs();
}

void smmu_model_on_irq(void (*raise)(smmu_wire))
{
	raise_wire = raise;
}

u32 smmu_model_read32(u32 offset)
{
	return smmu.read32(offset);
}

bool smmu_model_dma_read(u32 sid, u64 iova, void* to, size_t size)
{
	return smmu.dma_read(sid, iova, to, size);
}

bool smmu_model_dma_write(u32 sid, u64 iova, const void* from, size_t size)
{
	return smmu.dma_write(sid, iova, from, size);
}

bool smmu_model_translate(u32 sid, u64 iova, u64* pa)
{
	const model::Dma dma = smmu.translate(sid, std::nullopt, iova, {});
	*pa = dma.pa;
	return dma.ok();
}

u64 smmu_model_commands(u8 opcode)
{
	return smmu.stats().ops[opcode];
}

u64 smmu_model_events(u8 type)
{
	return smmu.stats().events[type];
}

u32 smmu_model_violations()
{
	return violations;
}

const char* smmu_model_last_violation()
{
	return last_violation ? last_violation : "none";
}

void smmu_model_fail_command(u8 error)
{
	smmu.fail_command(static_cast<model::Cerror>(error));
}

void smmu_model_never_ack_cr0()
{
	smmu.delay_ack(model::Ack::kCr0, model::kForever);
}

void smmu_model_hold_sync(bool hold)
{
	smmu.hold_sync(hold);
}

void smmu_model_power(bool on)
{
	if (on)
		smmu.power_on();
	else
		smmu.power_off();
}

bool smmu_model_powered()
{
	return smmu.powered();
}

bool smmu_model_translating()
{
	return smmu.regs().cr0ack & model::cr0::SMMUEN;
}

u64 smmu_model_writes()
{
	return smmu.stats().writes;
}

bool smmu_model_page_request(u32 sid, u64 address, u32 group)
{
	return smmu.page_request(sid, std::nullopt, address, group, true, {});
}
