// SPDX-License-Identifier: GPL-2.0-only
// A second stack to run code on.
#pragma once

#include <csetjmp>
#include <memory>

#include <ucontext.h>

#include "os/types.h"

namespace scale {

class Fiber {
public:
	using Code = void (*)(void* context);

	// `code` never returns: a run ends by not entering it again.
	Fiber(Code code, void* context);

	// Called on the main stack: run the fiber until it calls leave().
	void enter();
	void leave();

private:
	static constexpr size_t kStack = 64 * 1024;

	static void start(u32 high, u32 low);

	Code code_;
	void* context_;
	bool started_ = false;
	std::unique_ptr<char[]> stack_;
	ucontext_t first_;
	std::jmp_buf main_, self_;
};

}  // namespace scale
