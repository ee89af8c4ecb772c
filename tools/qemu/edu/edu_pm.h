/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of edu_pm.ko share: the device, and what runs on it. */
#ifndef EDU_PM_H
#define EDU_PM_H

#include <linux/atomic.h>
#include <linux/mutex.h>

#include "edu_device.h"

#define EDU_PM_MAX_CHURN	8

/**
 * struct edu_pm - one device
 * @device:	the hardware
 * @smmu:	the IOMMU's device
 * @smmu_regs:	its registers, for scrambling
 * @dir:	debugfs directory
 * @lock:	starting and stopping threads
 * @cycler:	the thread of the cycles, or NULL
 * @churner:	the threads that map and unmap, or NULL
 * @goal:	cycles to do
 * @scramble:	write garbage into the SMMU's registers while it is suspended
 * @wake:	wake the machine up in each system suspend
 * @refuse:	let each system suspend fail
 * @message:	where the transfer goes whose interrupt wakes the machine up
 * @message_iova: its DMA address
 * @messages:	such transfers that arrived, and were reported, while the machine was asleep
 * @cycles:	cycles done
 * @suspends:	times that this device has been suspended
 * @scrambles:	times that the SMMU's registers were scrambled
 * @maps:	mappings that came and went
 * @running:	a cycle thread is at work
 * @error:	why it ended early, or 0
 */
struct edu_pm {
	struct edu_device device;
	struct device *smmu;
	void __iomem *smmu_regs;
	struct dentry *dir;
	struct mutex lock; /* starting and stopping threads */
	struct task_struct *cycler;
	struct task_struct *churner[EDU_PM_MAX_CHURN];
	unsigned int goal;
	bool scramble;
	bool wake;
	bool refuse;
	u64 *message;
	dma_addr_t message_iova;
	u64 messages;
	u64 cycles;
	u64 suspends;
	u64 scrambles;
	atomic64_t maps;
	bool running;
	int error;
};

int edu_pm_cycle_start(struct edu_pm *edu, unsigned int cycles);
int edu_pm_churn_start(struct edu_pm *edu, unsigned int threads);
void edu_pm_stop(struct edu_pm *edu);

#endif
