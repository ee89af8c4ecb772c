// SPDX-License-Identifier: GPL-2.0-only
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "kunit/linux/common/parameter.h"

extern const struct kernel_param __start___param[], __stop___param[];

int parameter_set(const char *name, const char *value)
{
	char text[64];	/* arrays are taken apart in place */
	int ret = -ENOENT;

	strscpy(text, value);
	kernel_param_lock(NULL);
	for (const struct kernel_param *param = __start___param; param < __stop___param; param++)
		if (!strcmp(param->name, name))
			ret = param->ops->set(text, param);
	kernel_param_unlock(NULL);
	return ret;
}
