// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/fiber.hpp"

namespace scale {

Fiber::Fiber(Code code, void* context)
	: code_(code),
	  context_(context),
	  stack_(std::make_unique_for_overwrite<char[]>(kStack))
{
	const u64 self = reinterpret_cast<u64>(this);
	getcontext(&first_);
	first_.uc_stack.ss_sp = stack_.get();
	first_.uc_stack.ss_size = kStack;
	first_.uc_link = nullptr;
	makecontext(&first_, reinterpret_cast<void (*)()>(start), 2, static_cast<u32>(self >> 32),
		    static_cast<u32>(self));
}

void Fiber::start(u32 high, u32 low)
{
	Fiber* self = reinterpret_cast<Fiber*>(u64{high} << 32 | low);
	self->code_(self->context_);
	__builtin_trap();
}

// The context is entered once; from then on _setjmp() and _longjmp() switch without a system call.
[[gnu::noinline]] void Fiber::enter()
{
	if (_setjmp(main_))
		return;
	if (started_)
		_longjmp(self_, 1);
	started_ = true;
	setcontext(&first_);
}

[[gnu::noinline]] void Fiber::leave()
{
	if (!_setjmp(self_))
		_longjmp(main_, 1);
}

}  // namespace scale
