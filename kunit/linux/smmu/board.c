// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_sim.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/board.h"
#include "kunit/linux/common/uml.h"

#define WIRES	3	/* of each SMMU */
#define LONG_PROBE_MS	200	/* longer than an SMMU that nothing holds stays on */

extern const struct test_mmio smmu_model_mmio[SMMU_UNITS];
extern char __dtbo_smmu_begin[], __dtbo_smmu_end[];

static int overlay;
static struct device_node *node;
static struct device *container;
static struct irq_domain *wires;
static bool combined;	/* one wire for all interrupts */
static struct of_changeset changes[8];
static int changed;

/* ---- clients ---- */

static struct device *clients[BOARD_CLIENTS];

static const char *const client_names[BOARD_CLIENTS] = {
	[BOARD_CLIENT_A]	= "client-a",
	[BOARD_CLIENT_B]	= "client-b",
	[BOARD_CLIENT_TWIN]	= "client-twin",
	[BOARD_CLIENT_PLAIN]	= "client-plain",
	[BOARD_CLIENT_C]	= "client-c",
};

static enum board_client client_number(struct device *dev)
{
	return match_string(client_names, BOARD_CLIENTS, dev->of_node->name);
}

static enum board_driver drivers[BOARD_CLIENTS];
static u32 probes_without_smmu;

static void reset_drivers(void)
{
	memset(drivers, BOARD_MANAGED, sizeof(drivers));
	drivers[BOARD_CLIENT_PLAIN] = BOARD_UNMANAGED;
	probes_without_smmu = 0;
}

void board_set_driver(enum board_client which, enum board_driver driver)
{
	drivers[which] = driver;
}

u32 board_probes_without_smmu(void)
{
	return probes_without_smmu;
}

static int start_runtime_pm(struct device *dev, enum board_driver driver)
{
	if (driver == BOARD_UNMANAGED)
		return 0;
	if (driver == BOARD_LATE) {
		msleep(LONG_PROBE_MS);
		pm_runtime_enable(dev);
		return 0;
	}
	pm_runtime_enable(dev);
	if (driver == BOARD_IRQ_SAFE) {
		msleep(LONG_PROBE_MS);
		pm_runtime_irq_safe(dev);
	}
	return pm_runtime_resume_and_get(dev);
}

/* It may do DMA from here on. */
static int client_probe(struct platform_device *pdev)
{
	const enum board_client which = client_number(&pdev->dev);
	int ret = drivers[which] == BOARD_FAILING ? -EIO : start_runtime_pm(&pdev->dev, drivers[which]);

	if (which != BOARD_CLIENT_C && !smmu_model_translating(0))
		probes_without_smmu++;
	if (!ret)
		clients[which] = &pdev->dev;
	return ret;
}

static void client_remove(struct platform_device *pdev)
{
	const enum board_client which = client_number(&pdev->dev);

	clients[which] = NULL;
	if (drivers[which] == BOARD_UNMANAGED)
		return;
	pm_runtime_put_sync(&pdev->dev);
	pm_runtime_disable(&pdev->dev);
}

static const struct of_device_id client_match[] = {
	{ .compatible = "smmuv3-kunit,client" },
	{ .compatible = "smmuv3-kunit,plain" },
	{ }
};

static struct platform_driver client_driver = {
	.driver = {
		.name = "smmuv3-kunit-client",
		.of_match_table = client_match,
	},
	.probe = client_probe,
	.remove = client_remove,
};
builtin_platform_driver(client_driver);

struct device *board_client(enum board_client which)
{
	return clients[which];
}

/* ---- interrupts ---- */

/* smmu.dtso: interrupts = eventq, priq, gerror. */
static int wire_number(u32 unit, enum smmu_wire wire)
{
	const int first = unit * WIRES;

	if (!unit && combined && wire != SMMU_WIRE_SYNC)
		return 0;
	switch (wire) {
	case SMMU_WIRE_EVTQ:	return first;
	case SMMU_WIRE_PRIQ:	return first + 1;
	case SMMU_WIRE_GERROR:	return first + 2;
	default:		return -1;
	}
}

void board_raise(u32 unit, enum smmu_wire wire)
{
	int number = wire_number(unit, wire);
	int irq = number < 0 ? 0 : irq_find_mapping(wires, number);

	if (irq)
		irq_set_irqchip_state(irq, IRQCHIP_STATE_PENDING, true);
}

int board_wire(u32 unit, enum smmu_wire wire)
{
	return irq_create_mapping(wires, wire_number(unit, wire));
}

bool board_wire_enabled(u32 unit, enum smmu_wire wire)
{
	int irq = irq_find_mapping(wires, wire_number(unit, wire));

	return irq && irq_has_action(irq) && !irqd_irq_disabled(irq_get_irq_data(irq));
}

static bool is_pending(int irq)
{
	bool pending = false;

	irq_get_irqchip_state(irq, IRQCHIP_STATE_PENDING, &pending);
	return pending;
}

bool board_irqs_delivered(void)
{
	for (int i = 0; i < SMMU_UNITS * WIRES; i++)
		if (is_pending(irq_find_mapping(wires, i)))
			return false;
	return true;
}

static int create_wires(void)
{
	struct device_node *intc = of_get_child_by_name(node, "interrupt-controller");

	wires = irq_domain_create_sim(of_fwnode_handle(intc), SMMU_UNITS * WIRES);
	of_node_put(intc);
	smmu_model_on_irq(board_raise);
	return PTR_ERR_OR_ZERO(wires);
}

void board_remove_wires(void)
{
	smmu_model_on_irq(NULL);
	for (int i = 0; i < SMMU_UNITS * WIRES; i++)
		irq_dispose_mapping(irq_find_mapping(wires, i));
	irq_domain_remove_sim(wires);
	wires = NULL;
	combined = false;
}

/* ---- the tree ---- */

int board_create(void)
{
	int ret = of_overlay_fdt_apply(__dtbo_smmu_begin, __dtbo_smmu_end - __dtbo_smmu_begin,
				       &overlay, NULL);

	if (ret)
		return ret;
	reset_drivers();
	node = of_find_node_by_path("/smmuv3-board");
	if (!node)
		return -ENOENT;
	for (u32 i = 0; i < SMMU_UNITS; i++)
		uml_mmio_claim_at(UML_SMMU_REGION + i, &smmu_model_mmio[i], SMMU_MODEL_BYTES);
	return create_wires();
}

struct device_node *board_node(const char *name)
{
	struct device_node *child;

	for_each_child_of_node(node, child)
		if (of_node_name_eq(child, name))
			return child;
	return NULL;
}

const char *board_smmu_name(u32 unit)
{
	return unit ? "second-iommu" : "iommu";
}

struct change {
	const char *node, *property;
	const u32 *cells;	/* or a text, or neither to remove it */
	size_t count;
	const char *text;
};

static int enter(struct of_changeset *set, struct device_node *child, const struct change *change)
{
	struct property *old = of_find_property(child, change->property, NULL);
	int ret = old ? of_changeset_remove_property(set, child, old) : 0;

	if (!ret && change->cells)
		ret = of_changeset_add_prop_u32_array(set, child, change->property, change->cells,
						      change->count);
	if (!ret && change->text)
		ret = of_changeset_add_prop_string(set, child, change->property, change->text);
	return ret ?: of_changeset_apply(set);
}

static int make(const struct change *change)
{
	struct of_changeset *set = &changes[changed];
	struct device_node *child = board_node(change->node);
	int ret;

	if (!child || changed == ARRAY_SIZE(changes))
		return -ENOENT;
	of_changeset_init(set);
	ret = enter(set, child, change);
	if (ret)
		of_changeset_destroy(set);
	else
		changed++;
	of_node_put(child);
	return ret;
}

static void undo_changes(void)
{
	while (changed) {
		of_changeset_revert(&changes[--changed]);
		of_changeset_destroy(&changes[changed]);
	}
}

int board_set(const char *name, const char *property, const u32 *cells, size_t count)
{
	return make(&(struct change){ name, property, cells, count });
}

int board_remove(const char *name, const char *property)
{
	return make(&(struct change){ name, property });
}

int board_add_second(void)
{
	return board_remove(board_smmu_name(1), "status") ?: board_remove("client-c", "status");
}

int board_combine_wires(void)
{
	int ret = board_set("iommu", "interrupts", (u32[]){ 0 }, 1);

	combined = true;
	return ret ?: make(&(struct change){ "iommu", "interrupt-names", .text = "combined" });
}

int board_populate(void)
{
	struct platform_device *pdev = of_find_device_by_node(node);
	int ret;

	if (!pdev)
		return -ENODEV;
	container = &pdev->dev;
	ret = of_platform_populate(node, NULL, NULL, container);
	/* Clients wait for the SMMU, and are probed by a work item. */
	wait_for_device_probe();
	return ret;
}

void board_destroy(void)
{
	if (container) {
		of_platform_depopulate(container);
		put_device(container);
		container = NULL;
	}
	if (wires)
		board_remove_wires();
	board_reserve(NULL, 0);
	board_remove_power_domain();
	undo_changes();
	of_node_put(node);
	node = NULL;
	of_overlay_remove(&overlay);
	for (u32 i = 0; i < SMMU_UNITS; i++)
		uml_mmio_release_at(UML_SMMU_REGION + i);
}

static struct device *find_device(const char *name)
{
	struct device_node *child = board_node(name);
	struct platform_device *pdev = of_find_device_by_node(child);

	of_node_put(child);
	if (!pdev)
		return NULL;
	put_device(&pdev->dev);	/* the board keeps it */
	return &pdev->dev;
}

struct device *board_unit(u32 unit)
{
	return find_device(board_smmu_name(unit));
}

struct device *board_smmu(void)
{
	return board_unit(0);
}

struct device *board_device(enum board_client which)
{
	return find_device(client_names[which]);
}

int board_bind(enum board_client which)
{
	struct device *dev = board_device(which);

	return dev ? device_attach(dev) : -ENODEV;
}
