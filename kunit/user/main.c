// SPDX-License-Identifier: GPL-2.0-only
/* program CASE PAGE_BYTES VA_BITS ACCELERATOR: runs a case as a process; the last is the number of a device. */
#include "kunit/user/cases.h"
#include "kunit/user/device.h"

#define S_IFCHR			0020000
#define S_IFBLK			0060000
#define DEVICE(major, minor)	((major) << 8 | (minor))

int failures;
size_t va_bits;

#define CASE(name) { #name, name }

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	CASE(device_reads_and_writes_memory_of_a_process),
	CASE(absent_pages_are_faulted_in),
	CASE(unmapped_memory_is_out_of_reach),
	CASE(read_only_memory_is_not_written),
	CASE(discarded_memory_reads_as_zero),
	CASE(moved_memory_is_reached_at_its_new_address),
	CASE(huge_page_is_one_translation),
	CASE(addresses_of_all_widths_are_translated),
	CASE(smmu_is_off_between_two_accesses),
	CASE(smmu_is_off_at_the_end_of_a_process),
	CASE(swapped_memory_comes_back),
	CASE(write_of_the_device_makes_a_page_dirty),
	CASE(copy_on_write_separates_parent_and_child),
	CASE(two_processes_have_two_pasids),
	CASE(shared_memory_is_shared_with_the_device),
	CASE(closed_queue_has_no_access),
	CASE(process_exits_in_mid_dma),
	CASE(process_is_killed_in_mid_dma),
	CASE(process_exits_before_its_fault_is_reported),
	CASE(queue_outlives_its_process),
	CASE(page_table_changes_under_dma),
};

static char line[256];
static size_t used;

static void put(const char *text)
{
	while (*text && used < sizeof(line))
		line[used++] = *text++;
}

static void put_number(unsigned long number, unsigned int base)
{
	char digits[20] = { };
	char *at = digits + sizeof(digits) - 1;

	do {
		at--;
		*at = "0123456789abcdef"[number % base];
	} while (number /= base);
	put(at);
}

void fail(const char *file, int at, const char *what, long left, long right)
{
	const long log = SYS4(openat, AT_FDCWD, "/kmsg", O_RDWR, 0);

	failures++;
	used = 0;
	put("    # ");
	put(file);
	put(":");
	put_number(at, 10);
	put(": ");
	put(what);
	put(": 0x");
	put_number(left, 16);
	put(", 0x");
	put_number(right, 16);
	SYS3(write, log, line, used);
	SYS1(close, log);
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static size_t number(const char *text)
{
	size_t value = 0;

	while (*text)
		value = 10 * value + *text++ - '0';
	return value;
}

static void make_device(const char *name, int type, size_t device)
{
	SYS3(unlinkat, AT_FDCWD, name, 0);
	if (SYS4(mknodat, AT_FDCWD, name, type | 0600, device))
		exit_process(2);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	page_bytes = number(argv[2]);
	va_bits = number(argv[3]);
	make_device("/kmsg", S_IFCHR, DEVICE(1, 11));
	make_device("/swap", S_IFBLK, DEVICE(1, 0));
	make_device("/accelerator", S_IFCHR, number(argv[4]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (!equal(cases[i].name, argv[1]))
			continue;
		cases[i].run();
		return !!failures;
	}
	fail(__FILE__, __LINE__, "the program has no such case", 0, 0);
	return 1;
}
