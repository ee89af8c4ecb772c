// SPDX-License-Identifier: GPL-2.0-only
// Linux's error numbers, as the cores return them to C.
#pragma once

namespace test::errnos {

constexpr int kIo = -5, kNoMemory = -12, kBusy = -16, kNoDevice = -19, kInvalid = -22,
	      kNoSpace = -28, kRange = -34, kTimedOut = -110;

}  // namespace test::errnos
