// SPDX-License-Identifier: GPL-2.0-only
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_sim.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/ipmmu/board.h"
#include "kunit/linux/common/uml.h"

#define UNIT_BYTES	0x1000

extern char __dtbo_ipmmu_begin[], __dtbo_ipmmu_end[];

static int overlay;
static struct device_node *node;
static struct device *container;
static struct irq_domain *wire;
static struct of_changeset changes[4];
static int changed;

static const char *const unit_names[IPMMU_UNITS] = { "root", "leaf-one", "leaf-two" };

/* ---- clients ---- */

static struct device *clients[IPMMU_CLIENTS];

static int client_number(struct device *dev)
{
	return dev->of_node->name[strlen("client-")] - 'a';
}

static struct ipmmu_board_calls calls;

static void count_call(struct device *dev)
{
	u32 leaf = client_number(dev) == IPMMU_C ? IPMMU_LEAF2 : IPMMU_LEAF1;

	calls.all++;
	if (!ipmmu_model_powered(leaf) || !ipmmu_model_powered(IPMMU_ROOT))
		calls.without_power++;
}

/* A client may do DMA from the first instruction of these to the last one. */
static int client_callback(struct device *dev)
{
	if (!pm_runtime_status_suspended(dev))
		count_call(dev);
	return 0;
}

static enum ipmmu_driver drivers[IPMMU_CLIENTS];

void ipmmu_board_set_driver(enum ipmmu_client_name which, enum ipmmu_driver driver)
{
	drivers[which] = driver;
}

static int client_probe(struct platform_device *pdev)
{
	const enum ipmmu_driver driver = drivers[client_number(&pdev->dev)];

	clients[client_number(&pdev->dev)] = &pdev->dev;
	if (driver == IPMMU_UNMANAGED) {
		count_call(&pdev->dev);
		return 0;
	}
	if (driver == IPMMU_IRQ_SAFE)
		pm_runtime_irq_safe(&pdev->dev);
	pm_runtime_enable(&pdev->dev);
	return pm_runtime_resume_and_get(&pdev->dev);
}

static void client_remove(struct platform_device *pdev)
{
	clients[client_number(&pdev->dev)] = NULL;
	if (drivers[client_number(&pdev->dev)] == IPMMU_UNMANAGED)
		return;
	pm_runtime_put_sync(&pdev->dev);
	pm_runtime_disable(&pdev->dev);
}

static const struct dev_pm_ops client_pm_ops = {
	SET_RUNTIME_PM_OPS(client_callback, client_callback, NULL)
	SET_NOIRQ_SYSTEM_SLEEP_PM_OPS(client_callback, client_callback)
};

struct ipmmu_board_calls ipmmu_board_calls(void)
{
	return calls;
}

static const struct of_device_id client_match[] = {
	{ .compatible = "ipmmu-kunit,client" },
	{ }
};

static struct platform_driver client_driver = {
	.driver = {
		.name = "ipmmu-kunit-client",
		.of_match_table = client_match,
		.pm = &client_pm_ops,
	},
	.probe = client_probe,
	.remove = client_remove,
};
builtin_platform_driver(client_driver);

struct device *ipmmu_board_client(enum ipmmu_client_name which)
{
	return clients[which];
}

/* ---- the interrupt ---- */

static bool interrupt_is_on(void)
{
	int irq = irq_find_mapping(wire, 0);

	return irq && irq_has_action(irq) && !irqd_irq_disabled(irq_get_irq_data(irq));
}

/* Before the root is in service, and when its power may go. */
static void look_at_interrupt(void)
{
	calls.turns++;
	calls.with_interrupt += interrupt_is_on();
}

static bool started;

/* A root's registers are read for the first time when it is started. */
static void on_read(u32 unit)
{
	if (unit != IPMMU_ROOT || started)
		return;
	started = true;
	look_at_interrupt();
}

static void raise(void)
{
	int irq = irq_find_mapping(wire, 0);

	if (irq)
		irq_set_irqchip_state(irq, IRQCHIP_STATE_PENDING, true);
}

static int create_wire(void)
{
	struct device_node *intc = of_get_child_by_name(node, "interrupt-controller");

	wire = irq_domain_create_sim(of_fwnode_handle(intc), 1);
	of_node_put(intc);
	ipmmu_model_on_irq(raise);
	started = false;
	ipmmu_model_on_read(on_read);
	return PTR_ERR_OR_ZERO(wire);
}

static void destroy_wire(void)
{
	ipmmu_model_on_irq(NULL);
	ipmmu_model_on_read(NULL);
	irq_dispose_mapping(irq_find_mapping(wire, 0));
	irq_domain_remove_sim(wire);
	wire = NULL;
}

/* ---- power ---- */

static struct generic_pm_domain domains[IPMMU_UNITS];
static struct generic_pm_domain *domain_list[IPMMU_UNITS];
static struct genpd_onecell_data provider = {
	.domains = domain_list,
	.num_domains = IPMMU_UNITS,
};

static int domain_on(struct generic_pm_domain *domain)
{
	ipmmu_model_power(domain - domains, true);
	return 0;
}

static int domain_off(struct generic_pm_domain *domain)
{
	ipmmu_model_power(domain - domains, false);
	return 0;
}

static void leave_domain(struct generic_pm_domain *domain, struct device *dev)
{
	if (domain != &domains[IPMMU_ROOT] || !started)
		return;
	started = false;
	look_at_interrupt();
}

static int create_domains(void)
{
	struct device_node *power = of_get_child_by_name(node, "power-controller");
	int ret = 0;

	for (int n = 0; n < IPMMU_UNITS && !ret; n++) {
		domains[n] = (struct generic_pm_domain){
			.name = unit_names[n],
			.power_on = domain_on,
			.power_off = domain_off,
			.detach_dev = leave_domain,
		};
		domain_list[n] = &domains[n];
		ret = pm_genpd_init(&domains[n], NULL, false);
	}
	if (!ret)
		ret = of_genpd_add_provider_onecell(power, &provider);
	of_node_put(power);
	return ret;
}

void ipmmu_board_keep_on(u32 unit)
{
	domains[unit].flags |= GENPD_FLAG_ALWAYS_ON;
}

static void destroy_domains(void)
{
	struct device_node *power = of_get_child_by_name(node, "power-controller");

	of_genpd_del_provider(power);
	of_node_put(power);
	for (int n = 0; n < IPMMU_UNITS; n++)
		pm_genpd_remove(&domains[n]);
}

/* ---- the tree ---- */

int ipmmu_board_create(void)
{
	int ret = of_overlay_fdt_apply(__dtbo_ipmmu_begin, __dtbo_ipmmu_end - __dtbo_ipmmu_begin,
				       &overlay, NULL);

	if (ret)
		return ret;
	node = of_find_node_by_path("/ipmmu-board");
	if (!node)
		return -ENOENT;
	ipmmu_model_create();
	calls = (struct ipmmu_board_calls){ };
	memset(drivers, IPMMU_MANAGED, sizeof(drivers));
	for (int n = 0; n < IPMMU_UNITS; n++)
		uml_mmio_claim_at(UML_IPMMU_REGION + n, &ipmmu_model_mmio[n], UNIT_BYTES);
	ret = create_domains();
	return ret ?: create_wire();
}

static struct device_node *find_node(const char *name)
{
	struct device_node *child;

	for_each_child_of_node(node, child)
		if (of_node_name_eq(child, name))
			return child;
	return NULL;
}

int ipmmu_board_set(const char *name, const char *property, const u32 *cells, size_t count)
{
	struct of_changeset *set = &changes[changed];
	struct device_node *child = find_node(name);
	struct property *old;
	int ret;

	if (!child || changed == ARRAY_SIZE(changes))
		return -ENOENT;
	of_changeset_init(set);
	old = of_find_property(child, property, NULL);
	ret = old ? of_changeset_remove_property(set, child, old) : 0;
	if (!ret && count)
		ret = of_changeset_add_prop_u32_array(set, child, property, cells, count);
	if (!ret)
		ret = of_changeset_apply(set);
	if (ret)
		of_changeset_destroy(set);
	else
		changed++;
	of_node_put(child);
	return ret;
}

static int add_device(struct of_changeset *set, u32 phandle, u32 utlb)
{
	const u32 iommus[] = { phandle, utlb };
	struct device_node *child;
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "extra-%x-%u", phandle, utlb);
	child = of_changeset_create_node(set, node, name);
	if (!child)
		return -ENOMEM;
	ret = of_changeset_add_prop_string(set, child, "compatible", "ipmmu-kunit,extra");
	return ret ?: of_changeset_add_prop_u32_array(set, child, "iommus", iommus, 2);
}

int ipmmu_board_add(const char *leaf, u32 utlb, u32 count)
{
	struct of_changeset *set = &changes[changed];
	struct device_node *unit = find_node(leaf);
	int ret = 0;

	if (!unit || changed == ARRAY_SIZE(changes))
		return -ENOENT;
	of_changeset_init(set);
	for (u32 n = 0; n < count && !ret; n++)
		ret = add_device(set, unit->phandle, utlb + n);
	of_node_put(unit);
	if (!ret)
		ret = of_changeset_apply(set);
	if (ret)
		of_changeset_destroy(set);
	else
		changed++;
	return ret;
}

int ipmmu_board_compatible(const char *compatible)
{
	struct of_changeset *set = &changes[changed];
	struct device_node *child;
	int ret = 0;

	of_changeset_init(set);
	for (int n = 0; n < IPMMU_UNITS && !ret; n++) {
		child = find_node(unit_names[n]);
		ret = of_changeset_remove_property(set, child,
						   of_find_property(child, "compatible", NULL));
		if (!ret)
			ret = of_changeset_add_prop_string(set, child, "compatible", compatible);
		of_node_put(child);
	}
	if (!ret)
		ret = of_changeset_apply(set);
	if (ret)
		of_changeset_destroy(set);
	else
		changed++;
	return ret;
}

static void undo_changes(void)
{
	while (changed) {
		of_changeset_revert(&changes[--changed]);
		of_changeset_destroy(&changes[changed]);
	}
}

int ipmmu_board_populate(void)
{
	struct platform_device *pdev = of_find_device_by_node(node);
	int ret;

	if (!pdev)
		return -ENODEV;
	container = &pdev->dev;
	ret = of_platform_populate(node, NULL, NULL, container);
	/* Leaves wait for their root, clients for their leaves; work items probe them. */
	wait_for_device_probe();
	return ret;
}

void ipmmu_board_destroy(void)
{
	if (container) {
		of_platform_depopulate(container);
		put_device(container);
		container = NULL;
	}
	if (wire)
		destroy_wire();
	destroy_domains();
	undo_changes();
	of_node_put(node);
	node = NULL;
	of_overlay_remove(&overlay);
	for (int n = 0; n < IPMMU_UNITS; n++)
		uml_mmio_release_at(UML_IPMMU_REGION + n);
}

static struct device *find_device(const char *name)
{
	struct device_node *child = find_node(name);
	struct platform_device *pdev = of_find_device_by_node(child);

	of_node_put(child);
	if (!pdev)
		return NULL;
	put_device(&pdev->dev);	/* the board keeps it */
	return &pdev->dev;
}

struct device *ipmmu_board_unit(u32 unit)
{
	return find_device(unit_names[unit]);
}

struct device *ipmmu_board_device(enum ipmmu_client_name which)
{
	const char name[] = { 'c', 'l', 'i', 'e', 'n', 't', '-', 'a' + which, '\0' };

	return find_device(name);
}

int ipmmu_board_bind(enum ipmmu_client_name which)
{
	struct device *dev = ipmmu_board_device(which);

	return dev ? device_attach(dev) : -ENODEV;
}
