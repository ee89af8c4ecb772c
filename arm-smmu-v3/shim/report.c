// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logging of faults and page requests.  Messages that the in-tree driver has, too, have its format: an event as raw
 * words, as in Linux 6.12, and decoded, as in 7.2.
 */
#include <linux/seq_buf.h>

#include "arm-smmu-v3/core_inspect.h"
#include "shim/dump.h"
#include "paging.h"

#define LINE_BYTES	384

static const char *smmu_client_name(struct device *client)
{
	return client ? dev_name(client) : "(unassigned sid)";
}

static void smmu_print_access(struct seq_buf *line, const struct smmu_event *event)
{
	seq_buf_printf(line, " %s %s %s s%c", event->privileged ? "priv" : "unpriv",
		       event->instruction ? "inst" : "data", event->read ? "read" : "write",
		       event->stage2 ? '2' : '1');
}

static void smmu_print_event(struct seq_buf *line, struct device *client,
			     const struct smmu_event *event)
{
	seq_buf_printf(line, "event: %s client: %s sid: %#x ssid: %#x", event->name,
		       smmu_client_name(client), event->sid, event->has_ssid ? event->ssid : 0);
	if (event->has_address)
		seq_buf_printf(line, " iova: %#llx ipa: %#llx", event->address,
			       event->has_ipa ? event->ipa : 0);
	if (event->has_access)
		smmu_print_access(line, event);
	if (event->class_name)
		seq_buf_printf(line, " class: %s", event->class_name);
	if (event->stall)
		seq_buf_printf(line, " stalled stag: %#x", event->stag);
	if (event->has_fetch_address)
		seq_buf_printf(line, " fetch_addr: %#llx", event->fetch_address);
	if (event->has_ste)
		seq_buf_printf(line, " ste: %#llx %#llx", event->ste[0], event->ste[1]);
}

static void smmu_print_words(struct device *dev, const struct smmu_event *event)
{
	size_t i;

	dev_info(dev, "event 0x%02x received:\n", event->id);
	for (i = 0; i < ARRAY_SIZE(event->raw); i++)
		dev_info(dev, "\t0x%016llx\n", event->raw[i]);
}

/**
 * smmu_shim_may_log - rate limit of a message
 * @dev: the SMMU
 * @line: the kind of message; each SMMU has a limit for each
 *
 * The number of suppressed messages is logged.
 *
 * Context: any.
 * Return: true if the message may be logged.
 */
bool smmu_shim_may_log(struct device *dev, enum smmu_line line)
{
	struct smmu *smmu = dev_get_drvdata(dev);

	return __ratelimit(&smmu->limits[line]);
}

/**
 * smmu_report_init - initialise the rate limits of an SMMU
 * @smmu: an SMMU being probed, before it has a core
 *
 * Context: process context.
 */
void smmu_report_init(struct smmu *smmu)
{
	int i;

	for (i = 0; i < SMMU_NR_LINES; i++)
		ratelimit_default_init(&smmu->limits[i]);
}

/**
 * smmu_count - count a report of a device
 * @client: the device, or NULL
 * @what: the report
 *
 * Context: any.
 */
void smmu_count(struct device *client, enum smmu_count what)
{
	struct smmu_client *priv;

	if (!client)
		return;
	priv = dev_iommu_priv_get(client);
	atomic64_inc(&priv->counts[what]);
}

/* Without a handler, report_iommu_fault() is only a tracepoint. */
static bool smmu_offer_fault(struct iommu_domain *domain, struct device *dev, struct device *client,
			     const struct smmu_event *event)
{
	const int flags = event->read ? IOMMU_FAULT_READ : IOMMU_FAULT_WRITE;
	DECLARE_SEQ_BUF(line, LINE_BYTES);

	if (!smmu_is_paging(domain) || !shim_has_fault_handler(domain))
		return !report_iommu_fault(domain, client, event->address, flags);
	smmu_print_event(&line, client, event);
	return shim_fault_offer(&to_smmu_paging(domain)->faults,
				&(struct shim_fault){
				      .iommu = dev,
				      .dev = client,
				      .iova = event->address,
				      .flags = flags,
				      .line = seq_buf_str(&line),
				});
}

/* True if the domain's fault handler, set by iommu_set_fault_handler(), gets the event. */
static bool smmu_offered_to_owner(struct device *dev, struct device *client,
				  const struct smmu_event *event)
{
	struct smmu_client *priv = dev_iommu_priv_get(client);
	bool offered;

	mutex_lock(&priv->lock);
	offered = priv->domain && smmu_offer_fault(priv->domain, dev, client, event);
	mutex_unlock(&priv->lock);
	return offered;
}

/* The walk for an address in the page table that the device is attached to now. */
static void smmu_trace_walk(struct device *client, u64 iova, struct os_walk *walk)
{
	struct smmu_client *priv = dev_iommu_priv_get(client);

	mutex_lock(&priv->lock);
	if (priv->domain && smmu_is_paging(priv->domain))
		smmu_core_trace_walk(to_smmu_paging(priv->domain)->head.core, iova, walk);
	mutex_unlock(&priv->lock);
}

static void smmu_report_walk(struct device *dev, struct device *client,
			     const struct smmu_event *event)
{
	DECLARE_SEQ_BUF(line, LINE_BYTES);
	struct os_walk walk = { };

	if (!client || !event->class_name || event->has_ssid)
		return;
	smmu_trace_walk(client, event->address, &walk);
	if (!walk.count)
		return;
	shim_print_walk(&line, &walk);
	dev_err(dev, "walk: iova: %#llx%s\n", event->address, seq_buf_str(&line));
}

/**
 * smmu_shim_report_event - pass an event to the fault handler or log it
 * @dev: the SMMU
 * @client: the device that owns the stream, or NULL; valid until this returns
 * @event: the record
 *
 * A worker calls the domain's fault handler (shim/faults.h).  A fault that the handler handles is not logged.
 *
 * Context: process context.
 */
void smmu_shim_report_event(struct device *dev, struct device *client,
			    const struct smmu_event *event)
{
	DECLARE_SEQ_BUF(line, LINE_BYTES);

	smmu_count(client, SMMU_COUNT_EVENTS);
	/* One with a PASID is in another domain. */
	if (client && event->class_name && !event->has_ssid &&
	    smmu_offered_to_owner(dev, client, event))
		return;
	if (!smmu_shim_may_log(dev, SMMU_LINE_FAULT))
		return;
	smmu_print_event(&line, client, event);
	smmu_print_words(dev, event);
	dev_err(dev, "%s\n", seq_buf_str(&line));
	smmu_report_walk(dev, client, event);
}

/**
 * smmu_shim_report_shared_stream - log why a device is not added
 * @dev: the SMMU
 * @wanted: the device
 * @owner: the device that has the stream ID
 * @sid: the stream ID
 *
 * Context: process context.
 */
void smmu_shim_report_shared_stream(struct device *dev, struct device *wanted,
				    struct device *owner, u32 sid)
{
	dev_err(wanted, "stream ID 0x%x of %s belongs to %s, whose translation it uses\n", sid,
		dev_name(dev), dev_name(owner));
}

/**
 * smmu_shim_report_page_request - log a page request, which is denied
 * @dev: the SMMU
 * @client: the device that owns the stream, or NULL
 * @request: the request
 *
 * Context: process context.
 */
void smmu_shim_report_page_request(struct device *dev, struct device *client,
				   const struct smmu_page_request *request)
{
	DECLARE_SEQ_BUF(line, LINE_BYTES);

	if (request->last)
		smmu_count(client, SMMU_COUNT_DENIED);
	if (!smmu_shim_may_log(dev, SMMU_LINE_FAULT))
		return;
	seq_buf_printf(&line, "page request denied: client: %s sid: %#x", smmu_client_name(client),
		       request->sid);
	if (request->has_ssid)
		seq_buf_printf(&line, " ssid: %#x", request->ssid);
	seq_buf_printf(&line, " group: %#x iova: %#llx%s%s%s %s%s", request->group,
		       request->address, request->read ? " read" : "",
		       request->write ? " write" : "", request->execute ? " exec" : "",
		       request->privileged ? "priv" : "unpriv", request->last ? " last" : "");
	dev_warn(dev, "%s\n", seq_buf_str(&line));
}
