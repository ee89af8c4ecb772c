// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/user/sys.h"

#define STACK_BYTES	0x40000

#define CLONE_VM		0x00000100
#define CLONE_FS		0x00000200
#define CLONE_FILES		0x00000400
#define CLONE_SIGHAND		0x00000800
#define CLONE_THREAD		0x00010000
#define CLONE_SYSVSEM		0x00040000
#define THREAD_FLAGS \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

int main(int argc, char **argv);
void begin(long *stack) __attribute__((noreturn));
void run_thread(struct thread *thread) __attribute__((noreturn));
long clone_thread(long flags, void *stack);

void begin(long *stack)
{
	exit_process(main(stack[0], (char **)(stack + 1)));
}

void run_thread(struct thread *thread)
{
	thread->entry(thread);
	store(&thread->done, 1);
	for (;;)
		SYS1(exit, 0);
}

long start_thread(struct thread *thread)
{
	void **top = map(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	if (is_error(top))
		return (long)top;
	top += STACK_BYTES / sizeof(*top) - 2;
	*top = thread;
	thread->done = 0;
	return clone_thread(THREAD_FLAGS, top);
}

void join(struct thread *thread)
{
	while (!load(&thread->done))
		rest();
}

void exit_process(int status)
{
	for (;;)
		SYS1(exit_group, status);
}

long sleep_us(long us)
{
	const long time[2] = { us / 1000000, us % 1000000 * 1000 };

	return SYS2(nanosleep, time, NULL);
}

void rest(void)
{
	sleep_us(10);
}

long fork_process(void)
{
	return SYS5(clone, SIGCHLD, 0, 0, 0, 0);
}

int wait_for(long pid)
{
	int status = 0;

	if (SYS4(wait4, pid, &status, 0, NULL) != pid)
		return -1;
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* The compiler calls these. */
void *memset(void *to, int value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = value;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}
