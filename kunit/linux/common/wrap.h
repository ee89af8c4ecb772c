/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests come before: the services they count, break or slow down (kunit/linux/common/os.c), and what the
 * core calls (kunit/smmu/fixture/shim.cc).  Linux's own have another name in this kernel.
 */
#ifndef KUNIT_LINUX_COMMON_WRAP_H
#define KUNIT_LINUX_COMMON_WRAP_H

#define os_alloc	linux_os_alloc
#define os_free		linux_os_free
#define os_dma_alloc	linux_os_dma_alloc
#define os_dma_free	linux_os_dma_free
#define os_dma_set_mask	linux_os_dma_set_mask
#define os_now_ns	linux_os_now_ns
#define os_udelay	linux_os_udelay
#define os_reschedule	linux_os_reschedule
#define os_mutex_create	linux_os_mutex_create
#define os_mutex_destroy linux_os_mutex_destroy
#define os_ids_create	linux_os_ids_create
#define os_ids_destroy	linux_os_ids_destroy
#define os_ids_take	linux_os_ids_take
#define os_ids_give	linux_os_ids_give
#define os_map_create	linux_os_map_create
#define os_map_destroy	linux_os_map_destroy
#define os_map_insert	linux_os_map_insert
#define os_log		linux_os_log
#define os_tables_create linux_os_tables_create
#define os_tables_stop	linux_os_tables_stop
#define os_tables_destroy linux_os_tables_destroy
#define os_table_alloc	linux_os_table_alloc
#define os_table_free	linux_os_table_free
#define os_table_retire	linux_os_table_retire
#define os_table_clean	linux_os_table_clean

#define smmu_shim_map_registers		linux_smmu_shim_map_registers
#define smmu_shim_drain_later		linux_smmu_shim_drain_later
#define smmu_shim_may_log		linux_smmu_shim_may_log
#define smmu_shim_report_event		linux_smmu_shim_report_event
#define smmu_shim_resolve_fault		linux_smmu_shim_resolve_fault
#define smmu_shim_resolve_page_requests	linux_smmu_shim_resolve_page_requests
#define smmu_shim_stall_waits		linux_smmu_shim_stall_waits
#define smmu_shim_report_shared_stream	linux_smmu_shim_report_shared_stream
#define smmu_shim_report_page_request	linux_smmu_shim_report_page_request
#define smmu_shim_trace_power		linux_smmu_shim_trace_power
#define smmu_shim_trace_drain		linux_smmu_shim_trace_drain
#define smmu_shim_trace_rollback	linux_smmu_shim_trace_rollback
#define smmu_shim_trace_elided		linux_smmu_shim_trace_elided

#define ipmmu_shim_report_range		linux_ipmmu_shim_report_range
#define ipmmu_shim_report_fault		linux_ipmmu_shim_report_fault
#define ipmmu_shim_report_stuck		linux_ipmmu_shim_report_stuck
#define ipmmu_shim_trace_power		linux_ipmmu_shim_trace_power
#define ipmmu_shim_trace_restore_failed	linux_ipmmu_shim_trace_restore_failed

#endif
