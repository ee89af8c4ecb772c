/* SPDX-License-Identifier: GPL-2.0-only */
/* Two SMMUs at work, each with a client in a paging domain of its own. */
#ifndef KUNIT_LINUX_SMMU_PAIR_H
#define KUNIT_LINUX_SMMU_PAIR_H

#include "kunit/linux/smmu/bench.h"
#include "arm-smmu-v3/core_inspect.h"

struct pair {
	struct test_run *t;
	struct bench benches[SMMU_UNITS];
	bool power_domains;
	bool attached;
};

/*
 * Each SMMU in a power domain of its own, or none in any; IOVA leads to each client's page.  False after a
 * failed expectation, to be followed by pair_stop() too.
 */
bool pair_start(struct pair *pair, struct test_run *t, bool power_domains);
void pair_stop(struct pair *pair);

/* smmu_model_break() for @unit, with a command in its queue. */
void pair_break(struct pair *pair, u32 unit, enum smmu_defect defect, u32 cr0_writes);

struct smmu_stats pair_stats(u32 unit);
struct smmu_power pair_power(u32 unit);

/* The driver's parameter; pair_stop() makes it "panic" again. */
void pair_resume_failure(const char *what);

/* Translation goes on where it was, and an unmapped page is forgotten. */
void pair_works(struct pair *pair, u32 unit);

/* Neither a translation nor the want of one lets anything through. */
void pair_is_blocked(struct pair *pair, u32 unit);

/* It is failed and blocked, no CPU waits for it, and runtime PM does not resume its client. */
void pair_is_isolated(struct pair *pair, u32 unit);

/* The references that clients hold on their power. */
void pair_clients_put(struct pair *pair);
void pair_clients_get(struct pair *pair);

#endif
