// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/ipmmu_board.hpp"

#include "kunit/testos.h"

namespace test {
namespace {

constexpr u64 kPage = 4096;

u64 read_register(void* ctx, u32 offset, u32)
{
	auto& unit = *static_cast<IpmmuBoard::Unit*>(ctx);
	if (unit.before_read)
		unit.before_read();
	return unit.model.read32(offset);
}

void write_register(void* ctx, u32 offset, u32, u64 value)
{
	auto& unit = *static_cast<IpmmuBoard::Unit*>(ctx);
	if (unit.before_write)
		unit.before_write(*unit.board);
	unit.model.write32(offset, static_cast<u32>(value));
}

void* phys(void*, u64 pa, u64 size)
{
	return test_bus_to_cpu(pa, size);
}

void violation(void* ctx, const char* what, u64 a, u64 b)
{
	auto& board = *static_cast<IpmmuBoard*>(ctx);
	if (!board.tolerate_violations)
		test_fail(&board.t, __FILE__, __LINE__, what, a, b);
}

model::IpmmuGeneration generation(u32 soc)
{
	if (soc == IPMMU_VMSA)
		return model::IpmmuGeneration::kGen2;
	return soc == IPMMU_R8A779A0 || soc == IPMMU_RCAR_GEN4 ? model::IpmmuGeneration::kGen4
							       : model::IpmmuGeneration::kGen3;
}

}  // namespace

IpmmuBoard::~IpmmuBoard()
{
	for (u32 n = 0; n < kMasters; n++)
		remove_master(n);
	for (u32 n = 0; n < kDomains; n++)
		destroy_domain(n);
	for (u32 n = placed; n--;) {
		unbind(n);
		if (units[n].base)
			test_mmio_unmap(units[n].base);
	}
	if (trace.out_of_order && !tolerate_order)
		test_fail(&t, __FILE__, __LINE__, trace.why_wrong, trace.out_of_order, 0);
}

void IpmmuBoard::place(u32 n, u32 soc, u32 root)
{
	soc_ = soc;
	host_ = {this, phys, nullptr, violation};
	Unit& unit = units[n];
	const test_mmio ops{&unit, read_register, write_register};
	unit.base = test_mmio_map(&ops, kBytes);
	unit.root = root;
	unit.board = this;
	unit.model.configure(static_cast<u8>(n), host_, trace, generation(soc),
			     root == n ? nullptr : &units[root].model, n + 1);
	placed = placed > n ? placed : n + 1;
}

int IpmmuBoard::probe(u32 n, u32 stage)
{
	Unit& unit = units[n];
	ipmmu_platform platform{};
	platform.base = unit.base;
	platform.size = kBytes;
	platform.soc = soc_;
	platform.stage = stage;
	platform.root = unit.root == n ? nullptr : units[unit.root].core;
	platform.has_prr = true;
	platform.prr = soc_ == IPMMU_RCAR_GEN4 ? 0x5a00 : 0x4f20;
	if (const int ret = ipmmu_core_create(test_device(), &platform, &unit.core))
		return ret;
	const int ret = ipmmu_core_start(unit.core);
	if (ret)
		unbind(n);
	return ret;
}

void IpmmuBoard::unbind(u32 n)
{
	if (!units[n].core)
		return;
	ipmmu_core_stop(units[n].core);
	ipmmu_core_destroy(units[n].core);
	units[n].core = nullptr;
}

bool IpmmuBoard::claim(u32 n)
{
	constexpr u32 kVisitor = kMasters - 1;
	const bool claimed = EXPECT_EQ(t, add_master(kVisitor, n, 0), 0) &&
			     EXPECT_EQ(t, attach_identity(kVisitor), 0);
	remove_master(kVisitor);
	return claimed;
}

bool IpmmuBoard::start(u32 soc, u32 leaves, u32 stage)
{
	for (u32 n = 0; n <= leaves; n++) {
		place(n, soc, 0);
		if (!EXPECT_EQ(t, probe(n, stage), 0) || (n && !claim(n)))
			return false;
	}
	return true;
}

int IpmmuBoard::add_master(u32 n, u32 unit, std::span<const u32> utlbs)
{
	return ipmmu_core_master_create(units[unit].core, master_device(n), utlbs.data(),
					static_cast<u32>(utlbs.size()), &masters[n]);
}

void IpmmuBoard::remove_master(u32 n)
{
	ipmmu_core_master_destroy(masters[n]);
	masters[n] = nullptr;
}

int IpmmuBoard::create_domain(u32 n, u32 unit)
{
	return ipmmu_core_domain_create(units[unit].core, &spaces[n].shim, &spaces[n].domain);
}

void IpmmuBoard::destroy_domain(u32 n)
{
	if (spaces[n].domain)
		ipmmu_core_domain_destroy(spaces[n].domain);
	spaces[n].domain = nullptr;
}

int IpmmuBoard::attach(u32 master, u32 domain, const void* group)
{
	return ipmmu_core_attach(masters[master], spaces[domain].domain,
				 group ? group : &names_[master]);
}

int IpmmuBoard::attach_identity(u32 master, const void* group)
{
	return ipmmu_core_attach_identity(masters[master], group ? group : &names_[master]);
}

int IpmmuBoard::attach_blocked(u32 master, const void* group)
{
	return ipmmu_core_attach_blocked(masters[master], group ? group : &names_[master]);
}

bool IpmmuBoard::map(u32 domain, u64 iova, u64 pa, bool writable)
{
	return spaces[domain].shim.table.map(iova, pa, kPage, writable);
}

void IpmmuBoard::unmap(u32 domain, u64 iova)
{
	EXPECT(t, spaces[domain].shim.table.unmap(iova, kPage));
	ipmmu_core_flush(spaces[domain].domain);
}

model::IpmmuDma IpmmuBoard::read(u32 unit, u32 utlb, u64 iova)
{
	return units[unit].model.access(utlb, iova, false);
}

model::IpmmuDma IpmmuBoard::write(u32 unit, u32 utlb, u64 iova)
{
	return units[unit].model.access(utlb, iova, true);
}

bool IpmmuBoard::reads(u32 unit, u32 utlb, u64 iova, u64 pa)
{
	const model::IpmmuDma dma = read(unit, utlb, iova);
	return dma.ok() && dma.pa == pa;
}

bool IpmmuBoard::faults(u32 unit, u32 utlb, u64 iova)
{
	return read(unit, utlb, iova).what == model::IpmmuDma::kFault;
}

int IpmmuBoard::suspend(u32 unit)
{
	const int ret = ipmmu_core_suspend(units[unit].core);
	if (!ret)
		units[unit].model.power_off();
	return ret;
}

int IpmmuBoard::resume(u32 unit, bool lost)
{
	units[unit].model.power_on(lost);
	return ipmmu_core_resume(units[unit].core);
}

bool IpmmuBoard::suspend_all()
{
	for (u32 n = placed; n--;)
		if (units[n].core && !EXPECT_EQ(t, suspend(n), 0))
			return false;
	return true;
}

bool IpmmuBoard::resume_all(bool lost)
{
	bool all = true;
	for (u32 n = 0; n < placed; n++)
		if (units[n].core)
			all &= resume(n, lost) == 0;
	return all;
}

}  // namespace test
