// SPDX-License-Identifier: GPL-2.0-only
// Random numbers, the same in every run: xorshift64*.
#pragma once

#include <cmath>

#include "os/types.h"

namespace scale {

class Random {
public:
	explicit Random(u64 seed)
		: state_(seed * 0x9e37'79b9'7f4a'7c15 + 1)
	{
	}

	// In [0, 1).
	double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
	u32 below(u32 bound) { return static_cast<u32>((next() >> 32) * bound >> 32); }
	double exponential(double mean) { return -mean * std::log1p(-uniform()); }

private:
	u64 next()
	{
		state_ ^= state_ >> 12;
		state_ ^= state_ << 25;
		state_ ^= state_ >> 27;
		return state_ * 0x2545'f491'4f6c'dd1d;
	}

	u64 state_;
};

}  // namespace scale
