// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: nothing answers at the models' addresses, so each access of a driver is an external abort.  tools/kunit
 * lets the kernel's handler ask here first: the instruction is carried out on a device model.
 */
#include <linux/irqflags.h>
#include <linux/ptrace.h>

#include <asm/barrier.h>
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

static bool carry_out(u32 instruction, u64 offset, struct pt_regs *regs)
{
	int reg = aarch64_insn_decode_register(AARCH64_INSN_REGTYPE_RT, instruction);
	u32 bytes = 1 << (instruction >> 30);

	if (aarch64_insn_is_load_imm(instruction))
		pt_regs_write_reg(regs, reg, uml_mmio_read(offset, bytes));
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
