// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA on demand through QEMU's "edu" PCI device (docs/specs/edu in QEMU's tree).
 *
 * Each device gets a directory /sys/kernel/debug/edu_dma/<pci address>/:
 *   roundtrip   write a byte count: memory -> device -> other memory, checksums compared
 *   bad_read    write an IOVA: the device reads there, mapped or not
 *   bad_write   write an IOVA: the device writes there, mapped or not
 *   readonly    write a byte count: the device writes to memory mapped for its reads only
 *   stress      write "threads loops bytes": DMA API map and unmap from several threads
 * A write fails with an errno when the work did; "result" tells in words what the last write did.
 */
#include <linux/crc32.h>
#include <linux/debugfs.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "edu_device.h"

#define EDU_CHUNK		2048

#define EDU_MAX_BYTES		SZ_64K
#define EDU_MAX_THREADS		64
#define EDU_MAX_MAP		SZ_4M

static unsigned int dma_bits = 28;
module_param(dma_bits, uint, 0444);
MODULE_PARM_DESC(dma_bits, "address bits of the device, as in its QEMU property dma_mask");

static struct dentry *edu_root;

/**
 * struct edu - one device
 * @device:	the hardware
 * @dir:	debugfs directory
 * @lock:	one command at a time, also protects @result
 * @result:	what the last command did, in words
 */
struct edu {
	struct edu_device device;
	struct dentry *dir;
	struct mutex lock; /* one command at a time, @result */
	char result[128];
};

/**
 * struct edu_stress - what one thread of the stress loop does
 * @edu:	the device
 * @loops:	number of maps and unmaps
 * @bytes:	size of each mapping
 * @err:	0 or the first error
 * @done:	completed when the thread ends
 */
struct edu_stress {
	struct edu *edu;
	unsigned int loops;
	size_t bytes;
	int err;
	struct completion done;
};

static int edu_copy(struct edu *edu, dma_addr_t from, dma_addr_t to, size_t bytes)
{
	size_t at, chunk;
	int ret;

	for (at = 0; at < bytes; at += chunk) {
		chunk = min_t(size_t, bytes - at, EDU_CHUNK);
		ret = edu_device_read(&edu->device, from + at, chunk);
		if (ret)
			return ret;
		ret = edu_device_write(&edu->device, to + at, chunk);
		if (ret)
			return ret;
	}
	return 0;
}

static int edu_map_and_copy(struct edu *edu, void *in, void *out, size_t bytes)
{
	struct device *dev = &edu->device.pdev->dev;
	dma_addr_t from, to;
	int ret = -ENOMEM;

	from = dma_map_single(dev, in, bytes, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, from))
		return ret;
	to = dma_map_single(dev, out, bytes, DMA_FROM_DEVICE);
	if (!dma_mapping_error(dev, to)) {
		ret = edu_copy(edu, from, to, bytes);
		dma_unmap_single(dev, to, bytes, DMA_FROM_DEVICE);
	}
	dma_unmap_single(dev, from, bytes, DMA_TO_DEVICE);
	return ret;
}

static int edu_compare(struct edu *edu, const void *in, const void *out, size_t bytes)
{
	u32 sent = crc32(~0, in, bytes);
	u32 received = crc32(~0, out, bytes);

	snprintf(edu->result, sizeof(edu->result), "roundtrip bytes=%zu sent=%08x received=%08x",
		 bytes, sent, received);
	return sent == received ? 0 : -EIO;
}

static int edu_roundtrip(struct edu *edu, char *arg)
{
	unsigned int bytes;
	void *in, *out;
	int ret;

	ret = kstrtouint(arg, 0, &bytes);
	if (ret)
		return ret;
	if (!bytes || bytes > EDU_MAX_BYTES)
		return -EINVAL;

	in = kmalloc(bytes, GFP_KERNEL);
	out = kzalloc(bytes, GFP_KERNEL);
	if (in && out) {
		get_random_bytes(in, bytes);
		ret = edu_map_and_copy(edu, in, out, bytes);
		if (!ret)
			ret = edu_compare(edu, in, out, bytes);
	} else {
		ret = -ENOMEM;
	}
	kfree(out);
	kfree(in);
	return ret;
}

static int edu_bad(struct edu *edu, char *arg, bool write)
{
	u64 iova;
	int ret;

	ret = kstrtou64(arg, 0, &iova);
	if (ret)
		return ret;
	ret = write ? edu_device_write(&edu->device, iova, 4) :
		      edu_device_read(&edu->device, iova, 4);
	snprintf(edu->result, sizeof(edu->result), "bad %s iova=%#llx", write ? "write" : "read",
		 iova);
	return ret;
}

static int edu_bad_read(struct edu *edu, char *arg)
{
	return edu_bad(edu, arg, false);
}

static int edu_bad_write(struct edu *edu, char *arg)
{
	return edu_bad(edu, arg, true);
}

static int edu_readonly(struct edu *edu, char *arg)
{
	struct device *dev = &edu->device.pdev->dev;
	dma_addr_t iova;
	unsigned int bytes;
	void *page;
	int ret;

	ret = kstrtouint(arg, 0, &bytes);
	if (ret)
		return ret;
	if (!bytes || bytes > EDU_CHUNK)
		return -EINVAL;

	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	ret = -ENOMEM;
	iova = dma_map_single(dev, page, PAGE_SIZE, DMA_TO_DEVICE);
	if (!dma_mapping_error(dev, iova)) {
		ret = edu_device_write(&edu->device, iova, bytes);
		dma_unmap_single(dev, iova, PAGE_SIZE, DMA_TO_DEVICE);
		snprintf(edu->result, sizeof(edu->result), "readonly iova=%pad written=%d", &iova,
			 !!memchr_inv(page, 0, bytes));
	}
	free_page((unsigned long)page);
	return ret;
}

static int edu_stress_thread(void *data)
{
	struct edu_stress *stress = data;
	struct device *dev = &stress->edu->device.pdev->dev;
	void *buffer = kmalloc(stress->bytes, GFP_KERNEL);
	unsigned int i;
	dma_addr_t iova;

	if (!buffer)
		stress->err = -ENOMEM;
	for (i = 0; i < stress->loops && !stress->err; i++) {
		iova = dma_map_single(dev, buffer, stress->bytes, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(dev, iova))
			stress->err = -ENOMEM;
		else
			dma_unmap_single(dev, iova, stress->bytes, DMA_BIDIRECTIONAL);
		cond_resched();
	}
	kfree(buffer);
	complete(&stress->done);
	return 0;
}

static int edu_stress_run(struct edu *edu, struct edu_stress *work, unsigned int threads)
{
	unsigned int started, i;
	struct task_struct *task;
	int ret = 0;

	for (started = 0; started < threads; started++) {
		init_completion(&work[started].done);
		task = kthread_run(edu_stress_thread, &work[started], "edu-stress/%u", started);
		if (IS_ERR(task)) {
			ret = PTR_ERR(task);
			break;
		}
	}
	for (i = 0; i < started; i++) {
		wait_for_completion(&work[i].done);
		ret = ret ?: work[i].err;
	}
	return ret;
}

static int edu_stress(struct edu *edu, char *arg)
{
	unsigned int threads, loops, bytes, i;
	struct edu_stress *work;
	u64 start;
	int ret;

	if (sscanf(arg, "%u %u %u", &threads, &loops, &bytes) != 3)
		return -EINVAL;
	if (!threads || threads > EDU_MAX_THREADS || !bytes || bytes > EDU_MAX_MAP)
		return -EINVAL;

	work = kcalloc(threads, sizeof(*work), GFP_KERNEL);
	if (!work)
		return -ENOMEM;
	for (i = 0; i < threads; i++) {
		work[i].edu = edu;
		work[i].loops = loops;
		work[i].bytes = bytes;
	}
	start = ktime_get_ns();
	ret = edu_stress_run(edu, work, threads);
	snprintf(edu->result, sizeof(edu->result),
		 "stress threads=%u maps=%llu bytes=%u ns=%llu error=%d", threads,
		 (u64)threads * loops, bytes, ktime_get_ns() - start, ret);
	kfree(work);
	return ret;
}

/* A domain that outlives its device, as a user of iommufd may have one: until this module goes. */
static struct iommu_domain *edu_kept;

/* Its argument: a number of tables, with a page in each. */
static int edu_keep_domain(struct edu *edu, char *arg)
{
	struct iommu_domain *domain;
	unsigned int tables, i;
	int ret;

	ret = kstrtouint(arg, 0, &tables);
	if (ret)
		return ret;
	if (edu_kept)
		return -EBUSY;
	domain = iommu_paging_domain_alloc(&edu->device.pdev->dev);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	edu_kept = domain;
	for (i = 0; i < tables && !ret; i++)
		ret = iommu_map(domain, (unsigned long)i * SZ_1G, page_to_phys(ZERO_PAGE(0)),
				PAGE_SIZE, IOMMU_READ, GFP_KERNEL);
	snprintf(edu->result, sizeof(edu->result), "keep_domain tables=%u error=%d", i, ret);
	return ret;
}

/* Runs @command on the text a user wrote; the file's write returns its error. */
static ssize_t edu_command(struct file *file, const char __user *text, size_t count,
			   int (*command)(struct edu *edu, char *arg))
{
	struct edu *edu = file->private_data;
	char *arg = memdup_user_nul(text, min_t(size_t, count, PAGE_SIZE));
	int ret;

	if (IS_ERR(arg))
		return PTR_ERR(arg);
	mutex_lock(&edu->lock);
	ret = command(edu, strim(arg));
	if (ret)
		scnprintf(edu->result, sizeof(edu->result), "%pd: error %d", file->f_path.dentry,
			  ret);
	mutex_unlock(&edu->lock);
	kfree(arg);
	return ret ?: count;
}

#define EDU_FILE(name)									\
static ssize_t edu_##name##_write(struct file *file, const char __user *text,		\
				  size_t count, loff_t *pos)				\
{											\
	return edu_command(file, text, count, edu_##name);				\
}											\
static const struct file_operations edu_##name##_fops = {				\
	.owner = THIS_MODULE,								\
	.open = simple_open,								\
	.write = edu_##name##_write,							\
}

EDU_FILE(roundtrip);
EDU_FILE(bad_read);
EDU_FILE(bad_write);
EDU_FILE(readonly);
EDU_FILE(stress);
EDU_FILE(keep_domain);

static int edu_result_show(struct seq_file *file, void *unused)
{
	struct edu *edu = file->private;

	mutex_lock(&edu->lock);
	seq_printf(file, "%s\n", edu->result);
	mutex_unlock(&edu->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(edu_result);

static void edu_create_files(struct edu *edu)
{
	edu->dir = debugfs_create_dir(pci_name(edu->device.pdev), edu_root);
	debugfs_create_file("roundtrip", 0200, edu->dir, edu, &edu_roundtrip_fops);
	debugfs_create_file("bad_read", 0200, edu->dir, edu, &edu_bad_read_fops);
	debugfs_create_file("bad_write", 0200, edu->dir, edu, &edu_bad_write_fops);
	debugfs_create_file("readonly", 0200, edu->dir, edu, &edu_readonly_fops);
	debugfs_create_file("stress", 0200, edu->dir, edu, &edu_stress_fops);
	debugfs_create_file("keep_domain", 0200, edu->dir, edu, &edu_keep_domain_fops);
	debugfs_create_file("result", 0400, edu->dir, edu, &edu_result_fops);
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int ret;

	edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	mutex_init(&edu->lock);
	pci_set_drvdata(pdev, edu);

	ret = edu_device_open(&edu->device, pdev, dma_bits, 0);
	if (ret)
		return ret;
	edu_create_files(edu);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	debugfs_remove(edu->dir);
	edu_device_close(&edu->device);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};

static int __init edu_init(void)
{
	int ret;

	edu_root = debugfs_create_dir(KBUILD_MODNAME, NULL);
	ret = pci_register_driver(&edu_driver);
	if (ret)
		debugfs_remove(edu_root);
	return ret;
}
module_init(edu_init);

static void __exit edu_exit(void)
{
	pci_unregister_driver(&edu_driver);
	debugfs_remove(edu_root);
	if (edu_kept)
		iommu_domain_free(edu_kept);
}
module_exit(edu_exit);

MODULE_DESCRIPTION("DMA on demand through QEMU's edu device");
MODULE_LICENSE("GPL");
