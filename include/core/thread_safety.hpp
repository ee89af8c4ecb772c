// SPDX-License-Identifier: GPL-2.0-only
// Annotations of locks for clang (-Wthread-safety): the use of a field or function without its lock
// does not compile.  Constructors and destructors are not checked.
#pragma once

#define CAPABILITY(kind) __attribute__((capability(kind)))
#define SCOPED_CAPABILITY __attribute__((scoped_lockable))

// Of a field.
#define GUARDED_BY(lock) __attribute__((guarded_by(lock)))

// Of a function: it requires, acquires, tries, releases or asserts the lock, or returns it.
#define REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define TRY_ACQUIRE(...) __attribute__((try_acquire_capability(__VA_ARGS__)))
#define RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#define ASSERT_CAPABILITY(lock) __attribute__((assert_capability(lock)))
#define RETURN_CAPABILITY(lock) __attribute__((lock_returned(lock)))

// Of a function that is not checked, because it implements the operations above.
#define NO_THREAD_SAFETY_ANALYSIS __attribute__((no_thread_safety_analysis))
