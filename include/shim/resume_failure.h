/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy for an IOMMU that fails to resume from system sleep:
 *
 *	static struct shim_choice resume_failure = { shim_resume_failure_words };
 *	module_param_cb(resume_failure, &shim_choice_ops, &resume_failure, 0644);
 */
#ifndef SHIM_RESUME_FAILURE_H
#define SHIM_RESUME_FAILURE_H

#include <linux/device.h>
#include <linux/panic.h>

#include "shim/choice.h"

enum { SHIM_RESUME_FAILURE_PANIC, SHIM_RESUME_FAILURE_ISOLATE };
static const char *const shim_resume_failure_words[] __maybe_unused = { "panic", "isolate", NULL };

/**
 * shim_resume_failed - panic, unless only the clients of the IOMMU are to be blocked
 * @dev: the IOMMU, which had active clients
 * @choice: panic or isolate
 * @ret: the errno of the suspend or resume
 *
 * Context: process context.
 */
static inline void shim_resume_failed(struct device *dev, const struct shim_choice *choice, int ret)
{
	if (choice->value == SHIM_RESUME_FAILURE_PANIC)
		panic("%s failed to resume from system sleep (%d), boot with %s.resume_failure=isolate to block only its clients\n",
		      dev_name(dev), ret, KBUILD_MODNAME);
}

#endif
