/* SPDX-License-Identifier: GPL-2.0-only */
/* The cases of kunit/linux/smmu/driver_process.c as the process knows them, by the same names. */
#ifndef KUNIT_USER_CASES_H
#define KUNIT_USER_CASES_H

#include "kunit/user/sys.h"

extern size_t va_bits;

/* pages.c */
void device_reads_and_writes_memory_of_a_process(void);
void absent_pages_are_faulted_in(void);
void unmapped_memory_is_out_of_reach(void);
void read_only_memory_is_not_written(void);
void discarded_memory_reads_as_zero(void);
void moved_memory_is_reached_at_its_new_address(void);
void huge_page_is_one_translation(void);
void addresses_of_all_widths_are_translated(void);

/* power.c */
void smmu_is_off_between_two_accesses(void);
void smmu_is_off_at_the_end_of_a_process(void);

/* swap.c */
void swapped_memory_comes_back(void);
void write_of_the_device_makes_a_page_dirty(void);

/* fork.c */
void copy_on_write_separates_parent_and_child(void);
void two_processes_have_two_pasids(void);
void shared_memory_is_shared_with_the_device(void);

/* ends.c */
void closed_queue_has_no_access(void);
void process_exits_in_mid_dma(void);
void process_is_killed_in_mid_dma(void);
void process_exits_before_its_fault_is_reported(void);
void queue_outlives_its_process(void);

/* threads.c */
void page_table_changes_under_dma(void);

#endif
