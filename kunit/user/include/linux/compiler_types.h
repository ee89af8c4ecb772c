/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's headers for user space include this before they are installed; they need nothing of it. */
