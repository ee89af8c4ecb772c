// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>

#include "kunit/base/testos.h"
#include "kunit/linux/common/wait.h"

#define LOOKS	100
#define LOOK_MS	20

bool wait_for(bool (*done)(void))
{
	for (int i = 0; i < LOOKS && !done(); i++)
		msleep(LOOK_MS);
	return done();
}

bool wait_for_log(const char *text, u32 count)
{
	for (int i = 0; i < LOOKS && test_log_count(text) < count; i++)
		msleep(LOOK_MS);
	return test_log_count(text) >= count;
}
