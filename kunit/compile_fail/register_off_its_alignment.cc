// SPDX-License-Identifier: GPL-2.0-only
// A 64-bit register is aligned to eight bytes.
// error: static assertion failed
#include "core/bits.hpp"

struct Odd : core::Register<Odd, u64, 0x84> {};
auto value = Odd{};
