// SPDX-License-Identifier: GPL-2.0-only
/* The driver as Linux runs it: from the device tree to an SMMU at work, and back. */
#include <linux/interrupt.h>
#include <linux/ioport.h>
#include <linux/platform_device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "kunit/linux/smmu/bench.h"

/* The board as @change leaves it; the driver must refuse it and say @why. */
static void refuse(struct test_run *t, int (*change)(void), const char *why)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	if (EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, change(), 0) &&
	    EXPECT_EQ(t, tree_populate(), 0)) {
		EXPECT(t, !board_smmu()->driver);
		EXPECT_EQ(t, test_log_count(why), 1);
		EXPECT(t, !(smmu_model_read32(CR0) & CR0_SMMUEN));
	}
	bench_stop(t);
}

/* What a stream without translation gets: GBPA's word. */
static bool passes_untranslated(void)
{
	return !(smmu_model_read32(GBPA) & GBPA_ABORT) && bench_reaches(BOARD_SID_A, IOVA, IOVA);
}

static void enables_and_leaves_as_found(struct test_run *t)
{
	if (!bench_start(t))
		return bench_stop(t);
	EXPECT(t, smmu_model_read32(CR0) & CR0_SMMUEN);
	EXPECT(t, device_iommu_mapped(board_client(BOARD_CLIENT_A)));
	EXPECT(t, device_iommu_mapped(board_client(BOARD_CLIENT_B)));
	EXPECT(t, device_iommu_capable(board_client(BOARD_CLIENT_A), IOMMU_CAP_CACHE_COHERENCY));
	bench_stop(t);
	EXPECT(t, !(smmu_model_read32(CR0) & CR0_SMMUEN));
	EXPECT(t, passes_untranslated());
	EXPECT_EQ(t, test_log_count("disabled, DMA behind it is not translated"), 1);
}

/* What follows the SMMU's registers in each page belongs to the performance monitor's driver. */
static void performance_monitor_stays_free(struct test_run *t)
{
	const resource_size_t pages[] = { 0x80000000, 0x80010000 };

	if (!bench_start(t))
		return bench_stop(t);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		EXPECT(t, !request_mem_region(pages[i], 0x1000, "page"));
		if (EXPECT(t, request_mem_region(pages[i] + 0x1000, 0xf000, "monitor")))
			release_mem_region(pages[i] + 0x1000, 0xf000);
	}
	bench_stop(t);
}

static void shut_down(struct test_run *t)
{
	struct platform_device *smmu = to_platform_device(board_smmu());

	to_platform_driver(smmu->dev.driver)->shutdown(smmu);
	EXPECT(t, !(smmu_model_read32(CR0) & CR0_SMMUEN));
}

/* The next kernel may have no driver for it. */
static void shutdown_leaves_as_found(struct test_run *t)
{
	if (bench_start(t)) {
		shut_down(t);
		EXPECT(t, passes_untranslated());
	}
	bench_stop(t);
}

static void shutdown_aborts_where_asked_for(struct test_run *t)
{
	parameter_set("smmuv3.on_exit", "abort");
	if (bench_start(t)) {
		shut_down(t);
		EXPECT(t, smmu_model_read32(GBPA) & GBPA_ABORT);
		EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	}
	bench_stop(t);
	EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
	parameter_set("smmuv3.on_exit", "firmware");
}

static int two_cells(void)
{
	return tree_set("iommu", "#iommu-cells", (u32[]){ 2 }, 1);
}

static void bad_iommu_cells_are_refused(struct test_run *t)
{
	refuse(t, two_cells, "invalid #iommu-cells value (2)");
}

static int no_cells(void)
{
	return tree_remove("iommu", "#iommu-cells");
}

static void missing_iommu_cells_are_refused(struct test_run *t)
{
	refuse(t, no_cells, "missing #iommu-cells property");
}

static int one_page(void)
{
	return tree_set("iommu", "reg", (u32[]){ 0x80000000, SZ_64K }, 2);
}

static void small_register_range_is_refused(struct test_run *t)
{
	refuse(t, one_page, "MMIO region too small");
}

static void silent_smmu_is_given_up(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	smmu_model_break(SMMU_IGNORES_CR0, SMMU_FOR_EVER);
	test_clock_fake(true);
	if (EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, tree_populate(), 0)) {
		EXPECT(t, !board_smmu()->driver);
		EXPECT(t, !board_client(BOARD_CLIENT_A));
		/* Its devices come up without it, sooner or later. */
		EXPECT(t, passes_untranslated());
		EXPECT_EQ(t, test_log_count("disabled, DMA behind it is not translated"), 1);
		EXPECT_EQ(t, test_log_count("aborts"), 0);
	}
	board_destroy();
}

/* The second SMMU is disabled while the device behind it is probed, as one whose driver came too late. */
static bool client_comes_first(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	return EXPECT_EQ(t, board_create(), 0) &&
	       EXPECT_EQ(t, tree_remove("client-c", "status"), 0) && bench_populate(t) &&
	       EXPECT(t, board_client(BOARD_CLIENT_C)) &&
	       EXPECT_EQ(t, tree_remove("second-iommu", "status"), 0) &&
	       EXPECT(t, board_unit(1)) && EXPECT(t, board_unit(1)->driver);
}

static void device_bound_before_its_smmu_is_named(struct test_run *t)
{
	const char *late = "client-c was bound to driver kunit-client before this SMMU: its DMA aborts";

	if (client_comes_first(t)) {
		EXPECT_EQ(t, test_log_count(late), 1);
		EXPECT_EQ(t, test_log_count("before this SMMU"), 1);
		EXPECT(t, !device_iommu_mapped(board_client(BOARD_CLIENT_C)));
		smmu_model_select(1);
		EXPECT(t, bench_aborts(BOARD_SID_C, IOVA));
		smmu_model_select(0);
	}
	bench_stop(t);
}

static void devices_that_waited_for_their_smmu_are_not_named(struct test_run *t)
{
	if (bench_start(t))
		EXPECT_EQ(t, test_log_count("before this SMMU"), 0);
	bench_stop(t);
}

static int refuse_to_resume(struct device *dev)
{
	return -EIO;
}

static struct dev_pm_domain broken_domain = { .ops.runtime_resume = refuse_to_resume };

/* A register of an SMMU without power or clock may stop the CPU. */
static void smmu_whose_supplier_is_off_is_refused(struct test_run *t)
{
	struct platform_device *supplier;
	struct device_link *link;

	supplier = platform_device_register_simple("supplier", PLATFORM_DEVID_NONE, NULL, 0);
	if (!EXPECT(t, !IS_ERR(supplier)))
		return;
	dev_pm_domain_set(&supplier->dev, &broken_domain);
	pm_runtime_enable(&supplier->dev);
	if (bench_start(t)) {
		device_release_driver(board_smmu());
		link = device_link_add(board_smmu(), &supplier->dev,
				       DL_FLAG_STATELESS | DL_FLAG_PM_RUNTIME);
		EXPECT(t, link);
		EXPECT(t, device_attach(board_smmu()) != 1);
		EXPECT_EQ(t, test_log_count("failed to set runtime PM status to active"), 1);
		EXPECT(t, passes_untranslated());
		device_link_del(link);
		EXPECT_EQ(t, device_attach(board_smmu()), 1);
	}
	bench_stop(t);
	pm_runtime_disable(&supplier->dev);
	platform_device_unregister(supplier);
}

static void smmu_without_stages_is_refused(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0() & ~(IDR0_S1P | IDR0_S2P), smmu_model_idr1());
	if (EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, tree_populate(), 0))
		EXPECT(t, !board_smmu()->driver);
	bench_stop(t);
}

static void stream_out_of_range_stays_out(struct test_run *t)
{
	struct device *client;
	u64 to;

	/* 8 bits of StreamID: client-b has none of its two. */
	smmu_model_create(smmu_model_idr0() & ~IDR0_ST_LEVEL,
			  (smmu_model_idr1() & ~IDR1_SIDSIZE) | 8);
	if (!EXPECT_EQ(t, board_create(), 0) || !bench_populate(t))
		return bench_stop(t);
	EXPECT(t, test_log_count("stream ID 0x100 is out of range") >= 1);
	EXPECT(t, device_iommu_mapped(board_client(BOARD_CLIENT_A)));
	client = board_client(BOARD_CLIENT_B);
	EXPECT(t, !client || !device_iommu_mapped(client));
	EXPECT(t, !smmu_model_translate(BOARD_SID_B1, IOVA, &to));
	bench_stop(t);
}

static void stream_of_another_device_is_refused(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	if (!EXPECT_EQ(t, board_create(), 0) ||
	    !EXPECT_EQ(t, tree_remove("client-twin", "status"), 0) || !bench_populate(t))
		return bench_stop(t);
	/* The twin came first. */
	EXPECT(t, test_log_count("client-a: stream ID 0x7 of 80000000.iommu belongs to "
				 "smmuv3-board:client-twin, whose translation it uses") >= 1);
	EXPECT_EQ(t, test_log_count("DMA aborts"), 0);
	EXPECT(t, device_iommu_mapped(board_client(BOARD_CLIENT_TWIN)));
	EXPECT(t, !device_iommu_mapped(board_client(BOARD_CLIENT_A)));
	bench_stop(t);
}

/* ---- interrupts ---- */

static const enum smmu_wire wires[] = { SMMU_WIRE_EVTQ, SMMU_WIRE_GERROR, SMMU_WIRE_PRIQ };
static u32 looks, enabled_early;

static u32 enabled_wires(void)
{
	u32 count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wires); i++)
		count += board_wire_enabled(0, wires[i]);
	return count;
}

static void look_before_translation(u32 unit)
{
	if (smmu_model_translating(unit))
		return;
	looks++;
	enabled_early += enabled_wires();
}

/* Firmware or a former kernel may have left interrupts on, and queues that are not the driver's. */
static void interrupts_are_off_until_it_translates(struct test_run *t)
{
	looks = 0;
	enabled_early = 0;
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	smmu_model_on_write(look_before_translation);
	if (!EXPECT_EQ(t, board_create(), 0) || !bench_populate(t))
		return bench_stop(t);
	smmu_model_on_write(NULL);
	EXPECT(t, looks > 10);
	EXPECT_EQ(t, enabled_early, 0);
	EXPECT_EQ(t, enabled_wires(), ARRAY_SIZE(wires));
	bench_stop(t);
}

static irqreturn_t other_driver(int irq, void *data)
{
	return IRQ_NONE;
}

static int separate_wires(void)
{
	return 0;
}

/* The board as @change leaves it, with one wire taken; the driver must go on without it and say @why. */
static void do_without(struct test_run *t, int (*change)(void), enum smmu_wire wire,
		       const char *why)
{
	struct bench bench = { .t = t };
	int irq;
	u64 pa;

	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	if (!EXPECT_EQ(t, board_create(), 0) || !EXPECT_EQ(t, change(), 0))
		return bench_stop(t);
	irq = board_wire(0, wire);
	if (!EXPECT_EQ(t, request_irq(irq, other_driver, 0, "taken", t), 0))
		return bench_stop(t);
	if (bench_populate(t) && bench_attach(&bench, BOARD_CLIENT_A)) {
		EXPECT_EQ(t, test_log_count(why), 1);
		EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
		EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa));
		EXPECT_EQ(t, bench_sleep(t, NULL, NULL), 0);
		EXPECT(t, smmu_model_translate(BOARD_SID_A, IOVA, &pa));
		EXPECT_EQ(t, enabled_wires(), ARRAY_SIZE(wires));	/* one of them not the driver's */
		bench_detach(&bench);
	}
	free_irq(irq, t);
	bench_stop(t);
	EXPECT_EQ(t, test_log_count("WARNING"), 0);
}

static void interrupts_that_are_taken_are_done_without(struct test_run *t)
{
	do_without(t, separate_wires, SMMU_WIRE_EVTQ, "failed to enable evtq irq");
	do_without(t, separate_wires, SMMU_WIRE_GERROR, "failed to enable gerror irq");
	do_without(t, separate_wires, SMMU_WIRE_PRIQ, "failed to enable priq irq");
	do_without(t, board_combine_wires, SMMU_WIRE_EVTQ, "failed to enable combined irq");
}

static int no_interrupts(void)
{
	return tree_remove("iommu", "interrupts") ?: tree_remove("iommu", "interrupt-names");
}

static void interrupts_that_firmware_lacks_are_done_without(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	if (EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, no_interrupts(), 0) &&
	    bench_populate(t)) {
		EXPECT_EQ(t, test_log_count("no evtq irq - events will not be reported"), 1);
		EXPECT_EQ(t, test_log_count("no gerror irq - "), 1);
		EXPECT_EQ(t, test_log_count("no priq irq - "), 1);
		EXPECT(t, device_iommu_mapped(board_client(BOARD_CLIENT_A)));
	}
	bench_stop(t);
}

static void interrupt_controller_is_waited_for(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
	if (EXPECT_EQ(t, board_create(), 0)) {
		board_remove_wires();
		EXPECT_EQ(t, tree_populate(), 0);
		EXPECT(t, !board_smmu()->driver);
		EXPECT_EQ(t, test_log_count("irq - "), 0);
		EXPECT(t, !board_client(BOARD_CLIENT_A));
		EXPECT(t, !(smmu_model_read32(CR0) & CR0_SMMUEN));
	}
	bench_stop(t);
}

/* Each allocation of probe in turn fails: the error comes back, nothing stays. */
static void every_allocation_may_fail(struct test_run *t)
{
	u32 before = test_live_allocs();
	bool reached = true;
	u32 nth = 0;

	while (reached && nth < 200) {
		smmu_model_create(smmu_model_idr0(), smmu_model_idr1());
		if (!EXPECT_EQ(t, board_create(), 0))
			return board_destroy();
		test_fail_alloc(++nth);
		tree_populate();
		reached = test_alloc_failed();
		test_fail_alloc(0);
		bench_stop(t);
		if (!EXPECT_EQ(t, test_live_allocs(), before))
			pr_info("after failure of allocation %u\n", nth);
	}
	EXPECT(t, nth > 5 && nth < 200);
}

/* The control page follows the registers that are always mapped. */
static int describe_control_page(void)
{
	return tree_set("iommu", "reg", (u32[]){ 0x80000000, SMMU_MODEL_BYTES }, 2);
}

static void queue_is_off(struct test_run *t)
{
	EXPECT(t, !smmu_model_ecmdq_is_on());
}

static void enhanced_queue_left_on_is_turned_off(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1() | SMMU_MODEL_IDR1_ECMDQ);
	smmu_model_leave_ecmdq_on();
	if (EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, describe_control_page(), 0) &&
	    EXPECT_EQ(t, tree_populate(), 0)) {
		EXPECT(t, smmu_model_read32(CR0) & CR0_SMMUEN);
		EXPECT(t, !smmu_model_ecmdq_is_on());
		EXPECT_EQ(t, test_log_count("1 enhanced command queues, not used"), 1);
	}
	bench_stop(t);
}

/* Used, off while Linux sleeps, and off for the next kernel. */
static void enhanced_queue_is_used_where_asked_for(struct test_run *t)
{
	struct bench bench = { .t = t };

	parameter_set("smmuv3.ecmdq", "on");
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1() | SMMU_MODEL_IDR1_ECMDQ);
	if (EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, describe_control_page(), 0) &&
	    EXPECT(t, bench_populate(t)) && EXPECT(t, bench_attach(&bench, BOARD_CLIENT_A))) {
		EXPECT_EQ(t, test_log_count("using 1 of 1 enhanced command queues"), 1);
		EXPECT(t, smmu_model_ecmdq_is_on());
		for (int round = 0; round < 2; round++) {
			EXPECT_EQ(t, bench_map(&bench, IOVA, SZ_4K, IOMMU_READ), 0);
			EXPECT(t, bench_reaches(BOARD_SID_A, IOVA, page_to_phys(bench.page)));
			EXPECT_EQ(t, iommu_unmap(bench.domain, IOVA, SZ_4K), SZ_4K);
			EXPECT(t, bench_aborts(BOARD_SID_A, IOVA));
			EXPECT_EQ(t, bench_sleep(t, queue_is_off, NULL), 0);
		}
		bench_detach(&bench);
	}
	bench_stop(t);
	EXPECT(t, !smmu_model_ecmdq_is_on());
	parameter_set("smmuv3.ecmdq", "off");
}

/* The SMMU works nevertheless, and the queue stays as it is. */
static void control_page_that_is_not_described_is_left(struct test_run *t)
{
	smmu_model_create(smmu_model_idr0(), smmu_model_idr1() | SMMU_MODEL_IDR1_ECMDQ);
	if (EXPECT_EQ(t, board_create(), 0) && EXPECT_EQ(t, tree_populate(), 0)) {
		EXPECT(t, smmu_model_read32(CR0) & CR0_SMMUEN);
		EXPECT_EQ(t, test_log_count("left as found: failed to map their control pages"), 1);
	}
	bench_stop(t);
}

TEST_SUITE(driver_probe, TEST_CASE(enables_and_leaves_as_found),
	   TEST_CASE(performance_monitor_stays_free), TEST_CASE(shutdown_leaves_as_found),
	   TEST_CASE(shutdown_aborts_where_asked_for),
	   TEST_CASE(bad_iommu_cells_are_refused),
	   TEST_CASE(missing_iommu_cells_are_refused), TEST_CASE(small_register_range_is_refused),
	   TEST_CASE(silent_smmu_is_given_up),
	   TEST_CASE(device_bound_before_its_smmu_is_named),
	   TEST_CASE(devices_that_waited_for_their_smmu_are_not_named),
	   TEST_CASE(smmu_whose_supplier_is_off_is_refused),
	   TEST_CASE(smmu_without_stages_is_refused),
	   TEST_CASE(stream_out_of_range_stays_out), TEST_CASE(stream_of_another_device_is_refused),
	   TEST_CASE(interrupts_are_off_until_it_translates),
	   TEST_CASE(interrupts_that_are_taken_are_done_without),
	   TEST_CASE(interrupts_that_firmware_lacks_are_done_without),
	   TEST_CASE(interrupt_controller_is_waited_for),
	   TEST_CASE(enhanced_queue_left_on_is_turned_off),
	   TEST_CASE(enhanced_queue_is_used_where_asked_for),
	   TEST_CASE(control_page_that_is_not_described_is_left), TEST_CASE(every_allocation_may_fail));
