// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions by the PMU's INST_RETIRED, which QEMU counts exactly with -icount, without those that a model
 * takes to answer: a register access counts as the one instruction that it is.
 */
#include <linux/io.h>
#include <linux/irqflags.h>

#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "instructions.h"

#define PMCR_ENABLE		BIT(0)
#define COUNTER_0		BIT(0)
#define EVENT_INST_RETIRED	0x08
#define PROBES			64

static u32 excluded;	/* what handling the aborts has taken; wraps like the counter */
static u32 aborts;
static u32 abort_cost;	/* taking an abort and returning from it */

u32 instructions_now(void)
{
	isb();
	return read_sysreg(pmevcntr0_el0);
}

void instructions_exclude(u32 since)
{
	aborts++;
	excluded += instructions_now() - since;
}

u32 uml_instructions(void)
{
	return instructions_now() - excluded - aborts * abort_cost;
}

static noinline u32 cost_of_reads(const void __iomem *address)
{
	u32 start = uml_instructions();

	for (int i = 0; i < PROBES; i++)
		__raw_readl(address);
	return uml_instructions() - start;
}

void uml_count_instructions(const void *a_register)
{
	unsigned long flags;
	u32 plain = 0;

	local_irq_save(flags);
	write_sysreg(EVENT_INST_RETIRED, pmevtyper0_el0);
	write_sysreg(COUNTER_0, pmcntenset_el0);
	write_sysreg(read_sysreg(pmcr_el0) | PMCR_ENABLE, pmcr_el0);
	abort_cost = 0;
	abort_cost = cost_of_reads((const void __force __iomem *)a_register) -
		     cost_of_reads((const void __force __iomem *)&plain);
	abort_cost /= PROBES;
	local_irq_restore(flags);
}
