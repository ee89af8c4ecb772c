/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls of arm64, without a C library. */
#ifndef KUNIT_USER_SYS_H
#define KUNIT_USER_SYS_H

#include <stddef.h>

#include <linux/mman.h>
#include <linux/types.h>

#include <asm/unistd.h>

#define AT_FDCWD	-100
#define O_RDWR		2
#define SIGKILL		9
#define SIGCHLD		17
#define ENOENT		2

/* The result, or an errno below zero. */
static inline long sys(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 asm("x8") = number;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;
	register long x2 asm("x2") = c;
	register long x3 asm("x3") = d;
	register long x4 asm("x4") = e;
	register long x5 asm("x5") = f;

	asm volatile("svc #0"
		     : "+r"(x0)
		     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
		     : "memory", "cc");
	return x0;
}

#define SYS6(name, a, b, c, d, e, f) \
	sys(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYS5(name, a, b, c, d, e)	SYS6(name, a, b, c, d, e, 0)
#define SYS4(name, a, b, c, d)		SYS5(name, a, b, c, d, 0)
#define SYS3(name, a, b, c)		SYS4(name, a, b, c, 0)
#define SYS2(name, a, b)		SYS3(name, a, b, 0)
#define SYS1(name, a)			SYS2(name, a, 0)
#define SYS0(name)			SYS1(name, 0)

#define is_error(result)	((unsigned long)(result) > -4096UL)

/* Private memory without a file, at @hint if there is room; -errno. */
static inline void *map(void *hint, size_t size, int protection, int flags)
{
	return (void *)SYS6(mmap, hint, size, protection, MAP_ANONYMOUS | flags, -1, 0);
}

/* A value that another task writes. */
#define load(from)	__atomic_load_n(from, __ATOMIC_ACQUIRE)
#define store(to, value)	__atomic_store_n(to, value, __ATOMIC_RELEASE)

void exit_process(int status) __attribute__((noreturn));
long sleep_us(long us);
/* While something is awaited: the guest's time passes at no cost then. */
void rest(void);
long fork_process(void);
/* Wait for the end of a child: its exit status, or 128 and the signal. */
int wait_for(long pid);

/* Run @entry on a stack of its own, in the same address space; @done is set at its end. */
struct thread {
	void (*entry)(struct thread *thread);
	void *argument;
	int done;
};

long start_thread(struct thread *thread);
void join(struct thread *thread);

#endif
