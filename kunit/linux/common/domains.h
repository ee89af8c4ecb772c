/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The power domains of a board, the node "power-controller" of its tree: one for each unit, which switches the
 * unit's model.  One controller at a time.
 */
#ifndef KUNIT_LINUX_COMMON_DOMAINS_H
#define KUNIT_LINUX_COMMON_DOMAINS_H

#include <linux/pm_domain.h>

#define DOMAINS_MAX	4

struct domains_config {
	const char *const *names;	/* of units */
	u32 count;
	unsigned int flags;		/* of struct generic_pm_domain */
	bool (*is_on)(u32 unit);
	int (*switch_to)(u32 unit, bool on);
	void (*leave)(u32 unit);	/* a device has left its domain; may be NULL */
};

/* @config is used until domains_remove(). */
int domains_create(const struct domains_config *config);
void domains_remove(void);

/* A domain is never turned off. */
void domains_keep_on(u32 unit);

#endif
