// SPDX-License-Identifier: GPL-2.0-only
// What runs before the driver: a stream table, a queue and a mapping of firmware's own, left enabled.
#pragma once

#include "kunit/board.hpp"

namespace test {

class Firmware {
public:
	static constexpr u32 kSid = 5;
	static constexpr u64 kIova = 0x40'0000, kPa = 0x1234'0000;  // a 64 KiB page

	// Enable translation of kIova for kSid, with the ASID that the driver's first domain will have, and let
	// the SMMU cache it.
	explicit Firmware(Board& board);
	~Firmware();
	Firmware(const Firmware&) = delete;
	Firmware& operator=(const Firmware&) = delete;

private:
	void put(u64 word0, u64 word1);

	Board& board_;
	os_dma strtab_{}, queue_{}, cd_{};
	Lpae table_;
	u32 prod_ = 0;
};

}  // namespace test
