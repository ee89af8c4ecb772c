// SPDX-License-Identifier: GPL-2.0-only
// The services of include/os/os.h that the queue uses.
#include <cstdlib>
#include <cstring>

#include "os/os.h"

void* os_alloc(size_t size)
{
	const size_t whole_lines = (size + 63) / 64 * 64;
	void* memory = std::aligned_alloc(64, whole_lines);
	if (memory)
		std::memset(memory, 0, whole_lines);
	return memory;
}

void os_free(void* memory)
{
	std::free(memory);
}
