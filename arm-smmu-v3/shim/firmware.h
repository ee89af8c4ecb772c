/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARM_SMMU_V3_SHIM_FIRMWARE_H
#define ARM_SMMU_V3_SHIM_FIRMWARE_H

#include "arm-smmu-v3/core.h"

struct smmu;

int smmu_firmware_read(struct smmu *smmu, struct smmu_platform *platform);
int smmu_firmware_reserve(struct smmu *smmu);
bool smmu_firmware_allows_pri(u32 segment);

#endif
