// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/smmuv3/<device>/streams/<stream ID>: STE, CD, domain and what its page table maps. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "arm-smmu-v3/core_inspect.h"
#include "shim/dump.h"
#include "paging.h"

/**
 * struct smmu_stream_file - a file
 * @client: the device
 * @sid: its stream ID
 * @file: in debugfs
 */
struct smmu_stream_file {
	struct smmu_client	*client;
	u32			sid;
	struct dentry		*file;
};

/* ---- contents ---- */

static void smmu_show_words(struct seq_file *file, const char *name, const u64 *words)
{
	int i;

	seq_puts(file, name);
	for (i = 0; i < 8; i++)
		seq_printf(file, " %#018llx", words[i]);
	seq_putc(file, '\n');
}

static void smmu_show_config(struct seq_file *file, const struct smmu_stream *stream)
{
	smmu_show_words(file, "STE", stream->ste);
	if (stream->has_cd)
		smmu_show_words(file, "CD", stream->cd);
	seq_printf(file, "config %s", stream->config);
	if (stream->tag_name)
		seq_printf(file, ", %s %u, %u-bit input addresses, TTB %#llx", stream->tag_name,
			   stream->tag, stream->input_bits, stream->ttb);
	seq_putc(file, '\n');
}

static const char *smmu_domain_name(const struct iommu_domain *domain)
{
	if (!domain)
		return "none";
	return domain->type == IOMMU_DOMAIN_IDENTITY ? "identity" : "blocked";
}

static void smmu_show_domain(struct seq_file *file, const struct iommu_domain *domain,
			     struct smmu_domain *core)
{
	if (core)
		seq_printf(file, "domain paging, page sizes %#lx, tables %llu KiB\n",
			   domain->pgsize_bitmap, smmu_core_domain_table_bytes(core) / 1024);
	else
		seq_printf(file, "domain %s\n", smmu_domain_name(domain));
}

/* The core object of the paging domain that the device is attached to, or NULL. */
static struct smmu_domain *smmu_client_table(const struct smmu_client *client)
{
	lockdep_assert_held(&client->lock);
	if (!client->domain || !smmu_is_paging(client->domain))
		return NULL;
	return to_smmu_paging(client->domain)->head.core;
}

static const char *smmu_ats_name(const struct smmu_client *client)
{
	if (smmu_core_is_quarantined(client->master))
		return "quarantine";
	return list_empty_careful(&client->ats_node) ? "off" : "on";
}

/* Of the device, not of one stream. */
static void smmu_show_device(struct seq_file *file, const struct smmu_client *client)
{
	const atomic64_t *counts = client->counts;

	seq_printf(file, "device %s\n", dev_name(client->faults.dev));
	seq_printf(file, "ATS %s, PRI %s\n", smmu_ats_name(client),
		   READ_ONCE(client->pri_bearer) ? "on" : "off");
	seq_printf(file, "events %lld, stalls %lld, page requests %lld, groups denied %lld\n",
		   atomic64_read(&counts[SMMU_COUNT_EVENTS]),
		   atomic64_read(&counts[SMMU_COUNT_STALLS]),
		   atomic64_read(&counts[SMMU_COUNT_PAGE_REQUESTS]),
		   atomic64_read(&counts[SMMU_COUNT_DENIED]));
}

static const void *smmu_stream_header(struct seq_file *file, void *source)
{
	struct smmu_stream_file *stream = source;
	struct smmu_client *client = stream->client;
	struct smmu_domain *core;
	struct smmu_stream config;

	smmu_show_device(file, client);
	mutex_lock(&client->lock);
	core = smmu_client_table(client);
	smmu_core_read_stream(client->master, stream->sid, core, &config);
	smmu_show_config(file, &config);
	smmu_show_domain(file, client->domain, core);
	mutex_unlock(&client->lock);
	return core;
}

static enum os_scan smmu_stream_scan(void *source, const void *space, u64 *iova,
				     struct os_range *range)
{
	struct smmu_stream_file *stream = source;
	enum os_scan found = OS_SCAN_END;
	struct smmu_domain *core;

	mutex_lock(&stream->client->lock);
	core = smmu_client_table(stream->client);
	if (core == space)
		found = smmu_core_scan_range(core, iova, range);
	mutex_unlock(&stream->client->lock);
	return found;
}

static const struct shim_dump_ops smmu_stream_ops = {
	.header	= smmu_stream_header,
	.scan	= smmu_stream_scan,
};

SHIM_DEFINE_DUMP(smmu_stream, &smmu_stream_ops);

/* ---- files ---- */

static void smmu_stream_add(struct smmu_stream_file *stream)
{
	char name[16];

	snprintf(name, sizeof(name), "%#x", stream->sid);
	/* It has physical addresses: only root reads it. */
	stream->file = debugfs_create_file(name, 0400, stream->client->smmu->streams, stream,
					   &smmu_stream_fops);
}

/**
 * smmu_streams_add - create the files of a device
 * @client: the device
 * @sids: its stream IDs
 * @count: how many
 *
 * Errors are ignored, as for all of debugfs.
 *
 * Context: process context.
 */
void smmu_streams_add(struct smmu_client *client, const u32 *sids, u32 count)
{
	u32 i;

	client->files = kcalloc(count, sizeof(*client->files), GFP_KERNEL);
	if (!client->files)
		return;
	client->nr_files = count;
	for (i = 0; i < count; i++) {
		client->files[i].client = client;
		client->files[i].sid = sids[i];
		smmu_stream_add(&client->files[i]);
	}
}

/**
 * smmu_streams_remove - remove the files of a device and wait for their readers
 * @client: the device
 *
 * Context: process context.
 */
void smmu_streams_remove(struct smmu_client *client)
{
	u32 i;

	for (i = 0; i < client->nr_files; i++)
		debugfs_remove(client->files[i].file);
	kfree(client->files);
}
