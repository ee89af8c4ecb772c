// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU that counts what the guest executes between the marks of dma_cost/cost.h.
 *   -plugin count.so,out=FILE
 * FILE gets one line for each instruction that was executed while a map or an unmap was counted:
 *   SIZE OPERATION ADDRESS OPCODE TIMES REGISTER_READS REGISTER_WRITES
 * after one line "operations SIZE OPERATION TIMES" for each kind of operation. SIZE counts from 0; with
 * power_cost.c it is the number of the series, and the map and unmap of the last are a resume and a suspend.
 *
 * Debian ships no qemu-plugin.h: what is needed of version 1 of the interface is declared here.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
typedef struct qemu_info qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3 };
typedef void (*tb_callback)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*insn_callback)(unsigned int cpu, void *data);
typedef void (*mem_callback)(unsigned int cpu, uint32_t info, uint64_t address, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_callback callback);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, insn_callback callback,
					    int registers, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_callback callback,
				      int registers, int accesses, void *data);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t info, uint64_t address);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *address);
bool qemu_plugin_mem_is_store(uint32_t info);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*callback)(plugin_id id, void *data),
				    void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* As in dma_cost/cost.h; HINT #n is d503201f with n in bits 11 to 5. */
enum { MARK_COUNTING = 0x60, MARK_MAP, MARK_UNMAP, MARK_END, MARK_IGNORING };
#define HINT(n)		(0xd503201fu | (uint32_t)(n) << 5)

enum { SIZES = 4, OPERATIONS = 2, PHASES = SIZES * OPERATIONS, NOT_COUNTED = -1 };
#define FIRST_ADDRESS	(1ull << 63)	/* the kernel's half */
#define BUCKETS		(1u << 16)

struct counted {
	struct counted *next;
	uint64_t address;
	uint32_t opcode;
	uint64_t times[PHASES], reads[PHASES], writes[PHASES];
};

static struct counted *buckets[BUCKETS];
static uint64_t operations[PHASES];
static int size = -1, phase = NOT_COUNTED;
static bool counting;
static const char *file_name;

static void executed(unsigned int cpu, void *data)
{
	struct counted *insn = data;

	(void)cpu;
	if (phase != NOT_COUNTED)
		insn->times[phase]++;
}

static void accessed(unsigned int cpu, uint32_t info, uint64_t address, void *data)
{
	struct counted *insn = data;
	struct qemu_plugin_hwaddr *where;

	(void)cpu;
	if (phase == NOT_COUNTED)
		return;
	where = qemu_plugin_get_hwaddr(info, address);
	if (!where || !qemu_plugin_hwaddr_is_io(where))
		return;
	if (qemu_plugin_mem_is_store(info))
		insn->writes[phase]++;
	else
		insn->reads[phase]++;
}

static void marked(unsigned int cpu, void *data)
{
	(void)cpu;
	switch ((uintptr_t)data) {
	case MARK_COUNTING:
		counting = ++size < SIZES;
		break;
	case MARK_MAP:
	case MARK_UNMAP:
		if (counting) {
			phase = size * OPERATIONS + ((uintptr_t)data == MARK_UNMAP);
			operations[phase]++;
		}
		break;
	case MARK_IGNORING:
		counting = false;
		/* fall through */
	default:
		phase = NOT_COUNTED;
	}
}

/* One record for each address and opcode, however often QEMU translates it. */
static struct counted *record(uint64_t address, uint32_t opcode)
{
	struct counted **bucket = &buckets[address / 4 % BUCKETS], *insn;

	for (insn = *bucket; insn; insn = insn->next)
		if (insn->address == address && insn->opcode == opcode)
			return insn;
	insn = calloc(1, sizeof(*insn));
	if (!insn)
		abort();
	insn->address = address;
	insn->opcode = opcode;
	insn->next = *bucket;
	*bucket = insn;
	return insn;
}

static void watch(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	struct counted *counted;
	uint32_t opcode;

	memcpy(&opcode, qemu_plugin_insn_data(insn), sizeof(opcode));
	if (address < FIRST_ADDRESS)
		return;
	if (opcode >= HINT(MARK_COUNTING) && opcode <= HINT(MARK_IGNORING) && (opcode & 0x1f) == 0x1f) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, NO_REGISTERS,
						       (void *)(uintptr_t)(opcode >> 5 & 0x7f));
		return;
	}
	counted = record(address, opcode);
	qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, NO_REGISTERS, counted);
	qemu_plugin_register_vcpu_mem_cb(insn, accessed, NO_REGISTERS, READS_AND_WRITES, counted);
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t i, count = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < count; i++)
		watch(qemu_plugin_tb_get_insn(tb, i));
}

static void write_counted(FILE *file, const struct counted *insn)
{
	int i;

	for (i = 0; i < PHASES; i++)
		if (insn->times[i])
			fprintf(file, "%d %s %016llx %08x %llu %llu %llu\n", i / OPERATIONS,
				i % OPERATIONS ? "unmap" : "map", (unsigned long long)insn->address,
				insn->opcode, (unsigned long long)insn->times[i],
				(unsigned long long)insn->reads[i], (unsigned long long)insn->writes[i]);
}

static void finish(plugin_id id, void *data)
{
	FILE *file = fopen(file_name, "w");
	struct counted *insn;
	unsigned int i;

	(void)id;
	(void)data;
	if (!file) {
		perror(file_name);
		return;
	}
	for (i = 0; i < PHASES; i++)
		fprintf(file, "operations %u %s %llu\n", i / OPERATIONS, i % OPERATIONS ? "unmap" : "map",
			(unsigned long long)operations[i]);
	for (i = 0; i < BUCKETS; i++)
		for (insn = buckets[i]; insn; insn = insn->next)
			write_counted(file, insn);
	fclose(file);
}

__attribute__((visibility("default")))
int qemu_plugin_install(plugin_id id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "count.so: out=FILE is needed\n");
		return -1;
	}
	file_name = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
