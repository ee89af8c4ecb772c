/* SPDX-License-Identifier: GPL-2.0-only */
/* Only the type that libc++ names even without wide characters. */
#ifndef CXX_WCHAR_H
#define CXX_WCHAR_H

typedef struct {
	int unused;
} mbstate_t;

#endif
