/* SPDX-License-Identifier: GPL-2.0-only */
/* The SMMUs of smmu.dtso. */
#ifndef KUNIT_LINUX_SMMU_UNITS_H
#define KUNIT_LINUX_SMMU_UNITS_H

#include "kunit/linux/smmu/model.h"

/* What their nodes are called. */
static const char *const board_unit_names[SMMU_UNITS] = { "iommu", "second-iommu" };

#endif
