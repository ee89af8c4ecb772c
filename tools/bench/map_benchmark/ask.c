// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the kernel's dma_map_benchmark and prints what it measured.
 *   ask THREADS SECONDS PAGES
 * Needs no libc: the guest has none, and neither may the machine that builds it.
 */
typedef unsigned int u32;
typedef unsigned long long u64;

/* The argument of the ioctl, include/linux/map_benchmark.h. */
struct request {
	u64 map_100ns, map_deviation, unmap_100ns, unmap_deviation;
	u32 threads, seconds;
	int node;
	u32 dma_bits, direction, transfer_ns, granule;
	unsigned char unused[76];
};

enum { SYS_IOCTL = 29, SYS_OPENAT = 56, SYS_WRITE = 64, SYS_EXIT = 93 };
enum { AT_FDCWD = -100, O_RDWR = 2, STDOUT = 1, NO_NODE = -1 };

/* _IOWR('d', 1, struct request) */
#define DMA_MAP_BENCHMARK	(3u << 30 | (u32)sizeof(struct request) << 16 | 'd' << 8 | 1)

static long call(long number, long a, long b, long c, long d)
{
	register long x8 asm("x8") = number;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;
	register long x2 asm("x2") = c;
	register long x3 asm("x3") = d;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

static u32 number(const char *text)
{
	u32 value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (u32)(*text - '0');
	return value;
}

static void say(const char *text)
{
	long length = 0;

	while (text[length])
		length++;
	call(SYS_WRITE, STDOUT, (long)text, length, 0);
}

static void say_number(const char *name, u64 value)
{
	char digits[24];
	int at = sizeof(digits);

	digits[--at] = 0;
	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	say(name);
	say(digits + at);
}

static int run(char **argument)
{
	struct request request = {
		.threads = number(argument[1]), .seconds = number(argument[2]),
		.granule = number(argument[3]), .node = NO_NODE, .dma_bits = 64,
	};
	long file = call(SYS_OPENAT, AT_FDCWD, (long)"/sys/kernel/debug/dma_map_benchmark", O_RDWR, 0);
	long error = file < 0 ? file : call(SYS_IOCTL, file, DMA_MAP_BENCHMARK, (long)&request, 0);

	if (error) {
		say_number("dma_map_benchmark: error ", (u64)-error);
		say("\n");
		return 1;
	}
	say_number("threads=", request.threads);
	say_number(" pages=", request.granule);
	say_number(" map_100ns=", request.map_100ns);
	say_number(" unmap_100ns=", request.unmap_100ns);
	say_number(" map_deviation=", request.map_deviation);
	say_number(" unmap_deviation=", request.unmap_deviation);
	say("\n");
	return 0;
}

/* The kernel leaves the number of arguments and then the arguments on the stack. */
__attribute__((used)) static void start(long *stack)
{
	call(SYS_EXIT, stack[0] == 4 ? run((char **)(stack + 1)) : 2, 0, 0, 0);
}

asm(".globl _start\n_start:\n\tmov x0, sp\n\tb start\n");
