// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/pm_runtime.h>
#include <linux/workqueue.h>

#include "kunit/linux/common/handler.h"
#include "kunit/linux/common/wait.h"

struct handler handler;

static int handle(struct iommu_domain *domain, struct device *dev, unsigned long iova, int flags,
		  void *token)
{
	handler.started++;
	wait_for_completion(&handler.go);
	handler.resumed = pm_runtime_resume_and_get(dev);
	if (!handler.resumed)
		pm_runtime_put_sync(dev);
	handler.ended++;
	return handler.answer;
}

void handler_set_to(struct iommu_domain *domain, iommu_fault_handler_t function)
{
	handler = (struct handler){ .resumed = -ENOENT };
	init_completion(&handler.go);
	iommu_set_fault_handler(domain, function, NULL);
}

void handler_set(struct iommu_domain *domain)
{
	handler_set_to(domain, handle);
}

static int handle_after_detaching(struct iommu_domain *domain, struct device *dev,
				  unsigned long iova, int flags, void *token)
{
	struct iommu_group *group = iommu_group_get(dev);

	iommu_detach_group(domain, group);
	iommu_group_put(group);
	handler.started++;
	msleep(100);
	handler.found = iommu_iova_to_phys(domain, handler.iova);
	handler.ended++;
	return 0;
}

void handler_set_detaching(struct iommu_domain *domain, unsigned long iova)
{
	handler_set_to(domain, handle_after_detaching);
	handler.iova = iova;
}

bool handler_has_started(void)
{
	return handler.started;
}

bool handler_has_ended(void)
{
	return handler.ended == 1;
}

static struct {
	const char *text;
	u32 count;
} awaited;

static void go_on(struct work_struct *work)
{
	wait_for_log(awaited.text, awaited.count);
	complete(&handler.go);
}

static DECLARE_WORK(going_on, go_on);

void handler_go_on_after(const char *text, u32 count)
{
	awaited.text = text;
	awaited.count = count;
	queue_work(system_unbound_wq, &going_on);
}

void handler_flush(void)
{
	flush_work(&going_on);
}
