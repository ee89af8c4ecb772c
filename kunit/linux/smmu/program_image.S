/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/linkage.h>

	.section .rodata, "a"
SYM_DATA_START(smmuv3_program_begin)
	.incbin PROGRAM_IMAGE
SYM_DATA_END_LABEL(smmuv3_program_begin, SYM_L_GLOBAL, smmuv3_program_end)
