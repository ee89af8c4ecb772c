/* SPDX-License-Identifier: GPL-2.0-only */
/* A fault handler (iommu_set_fault_handler()) that looks at its device's registers, once it may. */
#ifndef KUNIT_LINUX_COMMON_HANDLER_H
#define KUNIT_LINUX_COMMON_HANDLER_H

#include <linux/completion.h>
#include <linux/iommu.h>

extern struct handler {
	struct completion go;	/* it waits for this */
	int started, ended;	/* times */
	int resumed;		/* pm_runtime_resume_and_get() of its device */
	int answer;		/* its own */
	unsigned long iova;	/* what handler_set_detaching() looks up */
	phys_addr_t found;
} handler;

/* Handle the faults of @domain by a new one. */
void handler_set(struct iommu_domain *domain);

/* Another one in its place: newer kernels refuse to change the handler of a domain. */
void handler_set_to(struct iommu_domain *domain, iommu_fault_handler_t function);

/* One that detaches its device's group, and looks @iova up in @domain a while later. */
void handler_set_detaching(struct iommu_domain *domain, unsigned long iova);

/* wait_for() these. */
bool handler_has_started(void);
bool handler_has_ended(void);

/* Let it go on when @count lines with @text have been logged: from now to handler_flush(). */
void handler_go_on_after(const char *text, u32 count);
void handler_flush(void);

#endif
