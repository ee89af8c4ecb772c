// SPDX-License-Identifier: GPL-2.0-only
/* A console that keeps what was printed since the case began, for the case to look at. */
#include <linux/console.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "os/os.h"
#include "kunit/linux/common/uml.h"

static char text[64 << 10];
static size_t length;

static void keep(struct console *con, const char *line, unsigned int count)
{
	count = min_t(size_t, count, sizeof(text) - 1 - length);
	memcpy(text + length, line, count);
	length += count;
	text[length] = '\0';
}

static struct console keeper = {
	.name = "keeper",
	.write = keep,
	.flags = CON_ENABLED | CON_ANYTIME,
	.index = -1,
};

void test_log_clear(void)
{
	console_lock();
	length = 0;
	text[0] = '\0';
	console_unlock();
}

/* Lines, not occurrences. */
u32 test_log_count(const char *wanted)
{
	const bool may_sleep = !irqs_disabled();	/* else nothing else runs: there is one CPU */
	u32 count = 0;

	if (may_sleep)
		console_lock();
	for (char *at = text; (at = strstr(at, wanted)); count++) {
		at = strchr(at, '\n');
		if (!at) {
			count++;
			break;
		}
	}
	if (may_sleep)
		console_unlock();
	return count;
}

/* Tests of a core may call anything a device; Linux must not look into it.  Any context. */
static struct device *real(struct device *dev)
{
	const struct bus_type *bus;

	if (get_kernel_nofault(bus, &dev->bus) || bus != &platform_bus_type)
		return test_device();
	return dev;
}

void os_log(struct device *dev, enum os_level level, const char *format, ...)
{
	static const char *const severity[] = {
		[OS_ERROR] = KERN_ERR, [OS_WARNING] = KERN_WARNING,
		[OS_NOTICE] = KERN_NOTICE, [OS_INFO] = KERN_INFO,
	};
	struct va_format line = { .fmt = format };
	va_list arguments;

	va_start(arguments, format);
	line.va = &arguments;
	dev_printk(severity[level], real(dev), "%pV\n", &line);
	va_end(arguments);
}

static int __init add_keeper(void)
{
	register_console(&keeper);
	return 0;
}
core_initcall(add_keeper);
