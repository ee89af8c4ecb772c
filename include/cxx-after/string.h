/* SPDX-License-Identifier: GPL-2.0-only */
/* The C header that libc++ expects, declaring what the kernel exports. */
#ifndef CXX_STRING_H
#define CXX_STRING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *left, const void *right, size_t size);
void *memchr(const void *from, int byte, size_t size);
size_t strlen(const char *text);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t size);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
char *strstr(const char *text, const char *what);
char *strpbrk(const char *text, const char *accept);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t size);
char *strcat(char *to, const char *from);
char *strncat(char *to, const char *from, size_t size);
int strcoll(const char *left, const char *right);
size_t strxfrm(char *to, const char *from, size_t size);
size_t strcspn(const char *text, const char *reject);
size_t strspn(const char *text, const char *accept);
char *strtok(char *text, const char *delimiters);
char *strerror(int error);

#ifdef __cplusplus
}
#endif

#endif
