/* SPDX-License-Identifier: GPL-2.0-only */
#include <asm/unistd.h>

	.globl	_start
_start:
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, sp
	b	begin

/* clone_thread(flags, stack): the new thread calls run_thread() with what is on the stack. */
	.globl	clone_thread
clone_thread:
	mov	x8, #__NR_clone
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	svc	#0
	cbz	x0, 1f
	ret
1:	ldr	x0, [sp]
	mov	x29, xzr
	mov	x30, xzr
	b	run_thread

	.section .note.GNU-stack, "", %progbits
