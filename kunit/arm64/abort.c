// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: nothing answers at the models' addresses, so each access of a driver is an external abort.  tools/kunit
 * lets the kernel's handler ask here first: the instruction is carried out on a device model.
 */
#include <linux/irqflags.h>
#include <linux/ptrace.h>

#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/insn.h>
#include <asm/sysreg.h>
#include <asm/traps.h>

#include "instructions.h"

bool smmuv3_kunit_claims_abort(unsigned long address, struct pt_regs *regs);

/* The physical address, as the CPU itself translates; ~0 if it can't. */
static u64 translate(unsigned long address)
{
	unsigned long flags;
	u64 par;

	local_irq_save(flags);
	asm volatile("at s1e1r, %0" :: "r"(address));
	isb();
	par = read_sysreg_par();
	local_irq_restore(flags);
	if (par & SYS_PAR_EL1_F)
		return ~0ULL;
	return (par & GENMASK_ULL(51, 12)) | (address & ~PAGE_MASK);
}

static u32 loads, acquiring_loads;

/* LDAR of 32 or 64 bits: what a register's load is on a CPU with erratum 832075. */
static bool is_load_acquire(u32 instruction)
{
	return (instruction & 0xbffffc00) == 0x88dffc00;
}

u32 uml_loads(void)
{
	return loads;
}

u32 uml_acquiring_loads(void)
{
	return acquiring_loads;
}

bool uml_loads_must_acquire(void)
{
	return cpus_have_final_cap(ARM64_WORKAROUND_DEVICE_LOAD_ACQUIRE);
}

static void load(u64 offset, u32 bytes, int reg, struct pt_regs *regs)
{
	loads++;
	pt_regs_write_reg(regs, reg, uml_mmio_read(offset, bytes));
}

static bool carry_out(u32 instruction, u64 offset, struct pt_regs *regs)
{
	int reg = aarch64_insn_decode_register(AARCH64_INSN_REGTYPE_RT, instruction);
	u32 bytes = 1 << (instruction >> 30);

	acquiring_loads += is_load_acquire(instruction);
	if (aarch64_insn_is_load_imm(instruction) || is_load_acquire(instruction))
		load(offset, bytes, reg, regs);
	else if (aarch64_insn_is_store_imm(instruction))
		uml_mmio_write(offset, bytes, pt_regs_read_reg(regs, reg));
	else
		return false;
	return true;
}

static bool claim(unsigned long address, struct pt_regs *regs)
{
	u64 offset = translate(address) - UML_MMIO_BASE;

	if (user_mode(regs) || offset >= UML_MMIO_BYTES)
		return false;
	if (!carry_out(le32_to_cpup((__le32 *)instruction_pointer(regs)), offset, regs))
		return false;
	arm64_skip_faulting_instruction(regs, AARCH64_INSN_SIZE);
	return true;
}

bool smmuv3_kunit_claims_abort(unsigned long address, struct pt_regs *regs)
{
	u32 since = instructions_now();
	bool claimed = claim(address, regs);

	instructions_exclude(since);
	return claimed;
}
