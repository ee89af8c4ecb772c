// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/model/smmu/world.hpp"

namespace model {

namespace {

constinit Machine the_machine;

void* phys(void* ctx, u64 pa, u64 size)
{
	auto* m = static_cast<Machine*>(ctx);

	if (pa < Machine::kBase || pa + size > Machine::kBase + Machine::kSize)
		return nullptr;
	return reinterpret_cast<u8*>(m->ram.data()) + (pa - Machine::kBase);
}

void irq(void* ctx, Irq which)
{
	static_cast<Machine*>(ctx)->irqs[static_cast<u8>(which)]++;
}

void sev(void* ctx)
{
	static_cast<Machine*>(ctx)->sevs++;
}

void violation(void* ctx, const char* what, u64, u64)
{
	auto* m = static_cast<Machine*>(ctx);

	m->violations++;
	m->last_violation = what;
}

}  // namespace

bool faulted(Machine& machine, const Dma& dma, Event id)
{
	const auto record = machine.event();

	return dma.outcome == Outcome::kAborted && dma.event == id && dma.recorded && record &&
	       record->type() == id;
}

Machine& machine()
{
	return the_machine;
}

void Machine::create(const Ids& ids, const Options& options)
{
	ram.fill(0);
	next = 0;
	violations = 0;
	last_violation = nullptr;
	irqs = {};
	sevs = 0;
	prod = eventq_cons = 0;
	host = {.ctx = this,
		.phys = phys,
		.irq = irq,
		.msi = nullptr,
		.sev = sev,
		.lock = nullptr,
		.unlock = nullptr,
		.violation = violation};
	smmu.configure(host, ids, options);
	strtab = page();
	cmdq = page();
	eventq = page();
	priq = page();
}

u64 Machine::page(u64 size)
{
	u64 align = 4096;

	while (align < size)
		align <<= 1;
	next = (next + align - 1) & ~(align - 1);
	const u64 pa = kBase + next;
	next += align;
	return pa;
}

void Machine::queues()
{
	smmu.write32(0x28, 0xd75);
	smmu.write32(0x2c, 0x2);
	smmu.write64(0x90, cmdq | kLog2);
	smmu.write32(0x98, prod);
	smmu.write32(0x9c, prod);
	smmu.write64(0xa0, eventq | kLog2);
	smmu.write32(0x100a8, 0);
	smmu.write32(0x100ac, 0);
	smmu.write64(0xc0, priq | kLog2);
	smmu.write32(0x100c8, 0);
	smmu.write32(0x100cc, 0);
	smmu.write64(0x68, 0);
	smmu.write64(0xb0, 0);
	smmu.write64(0xd0, 0);
	smmu.write32(0xdc, 0);
	eventq_cons = 0;
	smmu.write32(0x20, 0xe);
	smmu.write32(0x50, 7);
}

void Machine::enable()
{
	smmu.write64(0x80, strtab);
	smmu.write32(0x88, 6);
	queues();
	invalidate_all();
	smmu.write32(0x20, 0xf);
}

void Machine::invalidate_all()
{
	put(0x04, 31);
	put(0x30);
	sync();
}

void Machine::start(const Ids& ids, const Options& options)
{
	create(ids, options);
	enable();
}

void Machine::put(u64 w0, u64 w1)
{
	const u64 at = cmdq + 16 * (prod & 15);

	word(at) = w0;
	word(at + 8) = w1;
	prod = (prod + 1) & 31;
	smmu.write32(0x98, prod);
}

std::optional<EventRecord> Machine::event()
{
	EventRecord e;
	const u64 at = eventq + 32 * (eventq_cons & 15);

	if (((smmu.read32(0x100a8) ^ eventq_cons) & 31) == 0)
		return std::nullopt;
	for (unsigned i = 0; i < 4; i++)
		e.w[i] = word(at + 8 * i);
	eventq_cons = (eventq_cons & 1u << 31) | ((eventq_cons + 1) & 31);
	smmu.write32(0x100ac, eventq_cons);
	return e;
}

u64 Machine::stage1_stream(u32 sid, u16 asid, u16 vmid)
{
	const u64 cd = page(), root = page();

	// T0SZ 16, EPD1, V, IPS 48 bits, AA64, R, A
	word(cd) = 16 | 1u << 30 | 1u << 31 | u64{5} << 32 | u64{1} << 41 | u64{1} << 45 |
		   u64{1} << 46 | u64{asid} << 48;
	word(cd + 8) = root;
	word(ste(sid) + 16) = vmid;
	word(ste(sid)) = 1 | 5u << 1 | cd;
	put(0x03 | u64{sid} << 32, 1);
	sync();
	return root;
}

u64 Machine::stage2_stream(u32 sid, u16 vmid)
{
	const u64 root = page(8192);

	// S2T0SZ 24, SL0 1 (level 1), PS 48 bits, AA64, S2R
	word(ste(sid) + 16) =
		vmid | u64{24} << 32 | u64{1} << 38 | u64{5} << 48 | u64{1} << 51 | u64{1} << 58;
	word(ste(sid) + 24) = root;
	word(ste(sid)) = 1 | 6u << 1;
	put(0x03 | u64{sid} << 32, 1);
	sync();
	return root;
}

u64& Machine::slot(u64 root, u64 ia, int level, int leaf_level)
{
	u64 table = root;
	u64 mask = 0x3ff;  // two concatenated tables at most

	for (;; level++, mask = 0x1ff) {
		u64& entry = word(table + 8 * (ia >> (12 + 9 * (3 - level)) & mask));

		if (level == leaf_level)
			return entry;
		if (!(entry & 1))
			entry = page() | 3;
		table = entry & 0xfffffffff000;
	}
}

void Machine::map(u64 root, u64 ia, u64 desc, int level, int leaf_level)
{
	if (leaf_level < 3)
		desc &= ~u64{2};
	slot(root, ia, level, leaf_level) = desc;
}

}  // namespace model
