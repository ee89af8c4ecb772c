// SPDX-License-Identifier: GPL-2.0-only
/* The configuration space of a function with PRI (PCIe 7.8.9), whose requests are the model's. */
#include "kunit/linux/smmu/pri_function.h"

#include "kunit/linux/smmu/pri.h"

#define CAPABILITY	0x240	/* where it is */

struct pri_function pri_function;

static struct test_run *run;
static struct pri_pci functions[PRI_PFS];
static u32 allocation;	/* "Outstanding Page Request Allocation" */
static u32 late;	/* reads left before the function has the last response, U32_MAX without end */

/* Client B is a PCI function if it has VFs. */
static bool is_b(struct device *dev)
{
	struct pri_pci *b = &functions[PRI_PF_B];

	if (pri_function.pf != PRI_PF_B)
		return false;
	b->dev = b->dev ?: board_device(BOARD_CLIENT_B);
	return dev == b->dev;
}

struct pri_pci *pri_pci_of(struct device *dev)
{
	if (is_b(dev))
		return &functions[PRI_PF_B];
	return dev == board_device(BOARD_CLIENT_A) ? &functions[PRI_PF_A] : NULL;
}

struct pri_pci *pri_physfn(struct pri_pci *pci)
{
	return pci->pf ?: pci;
}

/* The bearer has one. */
static bool bears_pri(struct pri_pci *pci)
{
	return pci == &functions[pri_function.pf];
}

u16 pri_find_ext_capability(struct pri_pci *pci, int id)
{
	EXPECT_EQ(run, id, PCI_EXT_CAP_ID_PRI);
	return bears_pri(pci) && !pri_function.gone ? CAPABILITY : 0;
}

static bool is_stopped(void)
{
	if (late && late != U32_MAX)
		late--;
	return !late && smmu_model_pri_stopped();
}

static u16 status(void)
{
	return PCI_PRI_STATUS_PASID | (smmu_model_pri_failed() ? PCI_PRI_STATUS_RF : 0) |
	       (is_stopped() ? PCI_PRI_STATUS_STOPPED : 0);
}

int pri_read_config_word(struct pri_pci *pci, int where, u16 *value)
{
	EXPECT(run, bears_pri(pci));
	EXPECT_EQ(run, where, CAPABILITY + PCI_PRI_STATUS);
	*value = pri_function.gone ? U16_MAX : status();
	return 0;
}

int pri_read_config_dword(struct pri_pci *pci, int where, u32 *value)
{
	EXPECT(run, bears_pri(pci));
	EXPECT_EQ(run, where, CAPABILITY + PCI_PRI_MAX_REQ);
	*value = pri_function.gone ? U32_MAX : pri_function.capacity;
	return 0;
}

/* It forgets what it has requested. */
static void reset(void)
{
	pri_function.forgotten += late || !smmu_model_pri_stopped();
	if (pri_function.stuck)
		return;
	late = 0;
	smmu_model_reset_pri();
}

/* PRI is enabled while ATS is. */
static void enable(void)
{
	EXPECT(run, smmu_model_ats_enabled());
	EXPECT(run, smmu_model_pri_stopped() && !smmu_model_pri_failed());
	EXPECT(run, allocation);
	pri_function.credits = allocation;
	pri_function.enables++;
	smmu_model_enable_pri(allocation);
}

static void disable(void)
{
	EXPECT(run, smmu_model_ats_enabled());
	pri_function.disables++;
	late = pri_function.late;
	smmu_model_disable_pri();
}

/* A reset has no effect while it is enabled. */
static void control(u16 value)
{
	const bool enabled = smmu_model_pri_enabled();

	if (enabled && !(value & PCI_PRI_CTRL_ENABLE))
		disable();
	if (value & PCI_PRI_CTRL_RESET && !(value & PCI_PRI_CTRL_ENABLE))
		reset();
	if (!enabled && value & PCI_PRI_CTRL_ENABLE)
		enable();
}

/* The bits of the status are cleared by a 1; the model's reset clears them, too. */
int pri_write_config_word(struct pri_pci *pci, int where, u16 value)
{
	EXPECT(run, bears_pri(pci));
	if (where == CAPABILITY + PCI_PRI_CTRL)
		control(value);
	else
		EXPECT_EQ(run, where, CAPABILITY + PCI_PRI_STATUS);
	return 0;
}

int pri_write_config_dword(struct pri_pci *pci, int where, u32 value)
{
	EXPECT(run, bears_pri(pci));
	EXPECT_EQ(run, where, CAPABILITY + PCI_PRI_ALLOC_REQ);
	EXPECT(run, !smmu_model_pri_enabled());
	allocation = value;
	return 0;
}

bool pri_is_noted(void)
{
	const struct pri_pci *pf = &functions[pri_function.pf];

	EXPECT(run, !pf->pri_enabled || pf->pri_reqs_alloc == allocation);
	return pf->pri_enabled;
}

bool pri_start_as_vf(struct bench *bench, struct test_run *t, enum pri_pf pf,
		     bool (*board)(struct test_run *t))
{
	run = t;
	pri_function = (struct pri_function){ .pf = pf, .capacity = 1000 };
	pri_remove_iort();
	memset(functions, 0, sizeof(functions));
	if (pf != PRI_PF_A)
		functions[PRI_PF_A].pf = &functions[pf];
	allocation = 0;
	late = 0;
	if (!ats_start_by(bench, t, "on", board))
		return false;
	smmu_model_connect_pri(BOARD_SID_A);
	return true;
}

bool pri_start(struct bench *bench, struct test_run *t, bool (*board)(struct test_run *t))
{
	return pri_start_as_vf(bench, t, PRI_PF_A, board);
}
