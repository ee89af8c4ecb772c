/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KUNIT_LINUX_COMMON_PARAMETER_H
#define KUNIT_LINUX_COMMON_PARAMETER_H

/* Set a parameter of a module built in, as on the command line: "ipmmu.stage".  0 or an errno. */
int parameter_set(const char *name, const char *value);

#endif
