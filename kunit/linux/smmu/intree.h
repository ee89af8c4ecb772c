/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own driver over the models, in place of the module.  Not in UML, since it is written for arm64. */
#ifndef KUNIT_LINUX_SMMU_INTREE_H
#define KUNIT_LINUX_SMMU_INTREE_H

#include <linux/errno.h>

#define SMMU_HAS_INTREE	IS_ENABLED(CONFIG_ARM64)

#if SMMU_HAS_INTREE
int smmu_intree_register(void);
void smmu_intree_unregister(void);
#else
static inline int smmu_intree_register(void)
{
	return -EOPNOTSUPP;
}

static inline void smmu_intree_unregister(void)
{
}
#endif

#endif
