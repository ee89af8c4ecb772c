/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A map and an unmap, and the instructions they took.
 *
 * Counted by the PMU's INST_RETIRED, which is exact in QEMU with -icount and nowhere else.
 *
 * HINT instructions that no CPU gives a meaning tell tools/bench/count.c what is going on.
 */
#ifndef COST_H
#define COST_H

#include <linux/dma-mapping.h>

#include <asm/barrier.h>
#include <asm/sysreg.h>

#define PMCR_ENABLE		BIT(0)
#define PMU_COUNTER_0		BIT(0)
#define EVENT_INST_RETIRED	0x08

/* As in tools/bench/count.c. */
#define MARK_COUNTING		0x60	/* from here on the operations of the next series are counted */
#define MARK_MAP		0x61	/* or a resume */
#define MARK_UNMAP		0x62	/* or a suspend */
#define MARK_END		0x63	/* of any of these */
#define MARK_IGNORING		0x64	/* from here on they are not */
#define mark(number)		asm volatile("hint #%0" :: "i"(number) : "memory")

static inline void cost_counter_start(void)
{
	write_sysreg(EVENT_INST_RETIRED, pmevtyper0_el0);
	write_sysreg(PMU_COUNTER_0, pmcntenset_el0);
	write_sysreg(read_sysreg(pmcr_el0) | PMCR_ENABLE, pmcr_el0);
	isb();
}

static inline void cost_counter_stop(void)
{
	write_sysreg(PMU_COUNTER_0, pmcntenclr_el0);
	isb();
}

static __always_inline u32 cost_counter(void)
{
	isb();
	return (u32)read_sysreg(pmevcntr0_el0);
}

/* The instructions of two readings with nothing in between. */
static inline u32 cost_of_reading(void)
{
	u32 start = cost_counter();

	return cost_counter() - start;
}

/* Interrupts stay off meanwhile: nobody else's instructions are counted. */
static inline int cost_once(struct device *dev, void *buffer, size_t bytes, u32 reading, u32 *map,
			    u32 *unmap)
{
	unsigned long flags;
	dma_addr_t iova;
	u32 start;

	local_irq_save(flags);
	mark(MARK_MAP);
	start = cost_counter();
	iova = dma_map_single(dev, buffer, bytes, DMA_BIDIRECTIONAL);
	*map = cost_counter() - start - reading;
	mark(MARK_END);
	local_irq_restore(flags);
	if (dma_mapping_error(dev, iova))
		return -ENOMEM;

	local_irq_save(flags);
	mark(MARK_UNMAP);
	start = cost_counter();
	dma_unmap_single(dev, iova, bytes, DMA_BIDIRECTIONAL);
	*unmap = cost_counter() - start - reading;
	mark(MARK_END);
	local_irq_restore(flags);
	return 0;
}

#endif
