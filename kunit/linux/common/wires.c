// SPDX-License-Identifier: GPL-2.0-only
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_sim.h>
#include <linux/irqdomain.h>

#include "kunit/linux/common/tree.h"
#include "kunit/linux/common/wires.h"

static struct irq_domain *wires;
static unsigned int number;

int wires_create(unsigned int count)
{
	struct device_node *intc = tree_node("interrupt-controller");

	wires = irq_domain_create_sim(of_fwnode_handle(intc), count);
	of_node_put(intc);
	number = count;
	return PTR_ERR_OR_ZERO(wires);
}

void wires_remove(void)
{
	if (IS_ERR_OR_NULL(wires))
		return;
	for (unsigned int i = 0; i < number; i++)
		irq_dispose_mapping(irq_find_mapping(wires, i));
	irq_domain_remove_sim(wires);
	wires = NULL;
}

void wires_raise(unsigned int wire)
{
	int irq = irq_find_mapping(wires, wire);

	if (irq)
		irq_set_irqchip_state(irq, IRQCHIP_STATE_PENDING, true);
}

int wires_irq(unsigned int wire)
{
	return irq_create_mapping(wires, wire);
}

bool wires_enabled(unsigned int wire)
{
	int irq = irq_find_mapping(wires, wire);

	return irq && irq_has_action(irq) && !irqd_irq_disabled(irq_get_irq_data(irq));
}

static bool is_pending(int irq)
{
	bool pending = false;

	irq_get_irqchip_state(irq, IRQCHIP_STATE_PENDING, &pending);
	return pending;
}

bool wires_delivered(void)
{
	for (unsigned int i = 0; i < number; i++)
		if (is_pending(irq_find_mapping(wires, i)))
			return false;
	return true;
}
