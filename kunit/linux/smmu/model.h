/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SMMUv3 models as C sees them.  Functions without a number are about the SMMU chosen by
 * smmu_model_select(), and are called by the test only.
 */
#ifndef KUNIT_LINUX_SMMU_MODEL_H
#define KUNIT_LINUX_SMMU_MODEL_H

#include "os/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SMMU_UNITS		2
#define SMMU_MODEL_BYTES	0x30000	/* with a Command queue control page */

enum smmu_wire { SMMU_WIRE_EVTQ, SMMU_WIRE_PRIQ, SMMU_WIRE_SYNC, SMMU_WIRE_GERROR };

/* What SMMU_IDR0 and SMMU_IDR1 of an SMMU with everything read. */
u32 smmu_model_idr0(void);
u32 smmu_model_idr1(void);

/* Power on SMMUs with these, and choose the first. */
void smmu_model_create(u32 idr0, u32 idr1);

/* The same with addresses of 52 bits in tables of all granules. */
void smmu_model_create_wide(u32 idr0, u32 idr1);
void smmu_model_select(u32 unit);

/* IDR1 of an SMMU with one Enhanced Command queue; turn it on, as a previous kernel may; whether it is on. */
#define SMMU_MODEL_IDR1_ECMDQ	0x80000000
void smmu_model_leave_ecmdq_on(void);
bool smmu_model_ecmdq_is_on(void);

/* What to call for a wired interrupt; any context. */
void smmu_model_on_irq(void (*raise)(u32 unit, enum smmu_wire wire));

/* What to call before each write of a register, until smmu_model_create(); NULL for nothing. */
void smmu_model_on_write(void (*look)(u32 unit));

u32 smmu_model_read32(u32 offset);

/* A device's access; false when the SMMU or memory refused any part. */
bool smmu_model_dma_read(u32 sid, u64 iova, void *to, size_t size);
bool smmu_model_dma_write(u32 sid, u64 iova, const void *from, size_t size);

/* Whether a read at @iova would be let through, and where it would go. */
bool smmu_model_translate(u32 sid, u64 iova, u64 *pa);
bool smmu_model_translate_pasid(u32 sid, u32 pasid, u64 iova, u64 *pa);

/* A transaction of a device, which must not cross a multiple of 4 KiB. */
struct smmu_model_dma {
	u32 sid, pasid;
	u64 iova;
	u64 size;
	bool write;
	u64 pa;			/* of a transaction that is done: where it goes, */
	u8 page_shift;		/* and log2 of the bytes around it under the same translation */
	u16 stag;		/* of one that stalls */
};

enum smmu_dma { SMMU_DMA_DONE, SMMU_DMA_STALLED, SMMU_DMA_ABORTED };

enum smmu_dma smmu_model_dma(struct smmu_model_dma *dma);

/* The same by the ATC of a function with ATS, which asks for the page by PRI where this aborts. */
enum smmu_dma smmu_model_dma_by_atc(struct smmu_model_dma *dma);

/* A read that stalls: its tag; false if it does not.  @pasid: 0 for none. */
bool smmu_model_stall(u32 sid, u32 pasid, u64 iova, u16 *stag);

/* What has become of it. */
enum smmu_stalled { SMMU_STALLED_WAITS, SMMU_STALLED_TRIES_AGAIN, SMMU_STALLED_ABORTED };
enum smmu_stalled smmu_model_stalled(u16 stag);

/*
 * The ATC of a function with ATS: from connect to the next connect, behind the chosen SMMU.  Enabling ATS anew empties
 * it; otherwise it keeps what it has, whatever happens to the SMMU.
 */
void smmu_model_connect_atc(u32 sid);
void smmu_model_enable_ats(bool on);
bool smmu_model_ats_enabled(void);
void smmu_model_ignore_invalidations(bool on);
u32 smmu_model_atc_entries(void);

/* An access by the ATC: false if it was refused. */
bool smmu_model_ats_access(u64 iova, u64 *pa);
bool smmu_model_ats_access_pasid(u32 pasid, u64 iova, u64 *pa);

/* What the SMMU has executed and written. */
u64 smmu_model_commands(u8 opcode);
u64 smmu_model_events(u8 type);

/* Times the architecture's rules were broken, by any unit, and the last one. */
u32 smmu_model_violations(void);
const char *smmu_model_last_violation(void);

/* A rule that a test makes the driver break, by its text. */
void smmu_model_forgive(const char *what);

/* The next command fails with CMDQ_CONS.ERR = @error. */
void smmu_model_fail_command(u8 error);

enum smmu_defect { SMMU_CONSUMES_NOTHING, SMMU_IGNORES_CR0, SMMU_IGNORES_GBPA };

#define SMMU_FOR_EVER		(~0U)

/* The SMMU has @defect until CR0 is written for the @cr0_writes-th time from now. */
void smmu_model_break(enum smmu_defect defect, u32 cr0_writes);
void smmu_model_mend(void);

/* CMD_SYNC does not complete while held. */
void smmu_model_hold_sync(bool hold);

/* The power switch; nothing of the SMMU survives it. */
void smmu_model_power(u32 unit, bool on);
bool smmu_model_powered(u32 unit);

/* Whether it translates, or is about to stop. */
bool smmu_model_translating(u32 unit);

/* Register writes so far. */
u64 smmu_model_writes(void);

/* One page request of a device. */
bool smmu_model_page_request(u32 sid, u64 address, u32 group);

/*
 * The function with PRI, from connect to the next connect, behind the chosen SMMU.  It wants PASIDs in responses.
 * It is reset while it is disabled.
 */
void smmu_model_connect_pri(u32 sid);
void smmu_model_reset_pri(void);
void smmu_model_enable_pri(u32 credits);
void smmu_model_disable_pri(void);
bool smmu_model_pri_enabled(void);

/* Disabled, and all that it has requested is answered; it has got a Response Failure since its last reset. */
bool smmu_model_pri_stopped(void);
bool smmu_model_pri_failed(void);

/* A request of it, to read; false if it was not sent, or not recorded.  @pasid: 0 for none. */
bool smmu_model_pri_request(u32 pasid, u64 address, u32 group, bool last);

/* Likewise for the page of @dma, as the only one of its group. */
bool smmu_model_pri_request_for(const struct smmu_model_dma *dma, u32 group);

/* Whether a group waits for its response, and the last response that it has got. */
enum smmu_pri_code { SMMU_PRI_NONE, SMMU_PRI_SUCCESS, SMMU_PRI_INVALID, SMMU_PRI_FAILURE };
bool smmu_model_pri_waits(u32 group);
enum smmu_pri_code smmu_model_pri_response(u32 group);

#ifdef __cplusplus
}
#endif

#endif
