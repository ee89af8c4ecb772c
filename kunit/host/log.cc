// SPDX-License-Identifier: GPL-2.0-only
// What was logged, kept for the case to look at, and printed when it fails.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "kunit/host/host.hpp"
#include "kunit/base/testos.h"
#include "os/os.h"

#if __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#endif

namespace {

struct Log {
	std::mutex mutex;
	std::vector<std::string> lines;
};

Log& log()
{
	static Log& the_log = *new Log;  // outlives every thread
	return the_log;
}

constexpr const char* kLevels[] = {"error", "warning", "notice", "info"};

}  // namespace

void os_log(device*, os_level level, const char* format, ...)
{
	char line[512];
	va_list arguments;
	va_start(arguments, format);
	std::vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);

	std::lock_guard guard(log().mutex);
	log().lines.push_back(std::string(kLevels[level]) + ": " + line);
}

u32 test_log_count(const char* text)
{
	std::lock_guard guard(log().mutex);
	u32 count = 0;
	for (const std::string& line : log().lines)
		count += line.find(text) != std::string::npos;
	return count;
}

void test_log_clear()
{
	std::lock_guard guard(log().mutex);
	log().lines.clear();
}

void host::reset_log()
{
	test_log_clear();
}

void host::print_log()
{
	std::lock_guard guard(log().mutex);
	for (const std::string& line : log().lines)
		std::printf("    # log: %s%s", line.c_str(), line.ends_with('\n') ? "" : "\n");
}

void host::die(const char* format, ...)
{
	std::fflush(stdout);
	std::fputs("    # ", stderr);
	va_list arguments;
	va_start(arguments, format);
	std::vfprintf(stderr, format, arguments);
	va_end(arguments);
	std::fputc('\n', stderr);
#if __has_feature(address_sanitizer)
	__sanitizer_print_stack_trace();
#endif
	std::abort();
}

void os_assert_failed(const char* file, int line, const char* what)
{
	host::die("%s:%d: broken invariant: %s", file, line, what);
}
