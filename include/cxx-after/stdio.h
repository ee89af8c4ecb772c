/* SPDX-License-Identifier: GPL-2.0-only */
/* Only what libc++ names even without input and output. */
#ifndef CXX_STDIO_H
#define CXX_STDIO_H

#define EOF (-1)

#ifdef __cplusplus
extern "C" {
#endif

int remove(const char *path);

#ifdef __cplusplus
}
#endif

#endif
