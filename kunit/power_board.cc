// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/power_board.hpp"

#include "os/os.h"

namespace test {

PowerBoard::PowerBoard(Case& the_case, const Setup& setup)
	: Board(the_case, setup),
	  inner_(static_cast<char*>(platform.page0))
{
	const test_mmio ops{this, read, write};
	outer_ = test_mmio_map(&ops, 0x20000);
	platform.page0 = outer_;
	platform.page1 = static_cast<char*>(outer_) + SMMU_PAGE1_OFFSET;
	up();
	take_counts();
}

PowerBoard::~PowerBoard()
{
	on_access = nullptr;
	stop();
	destroy();
	test_mmio_unmap(outer_);
}

bool PowerBoard::down(bool retain)
{
	if (suspend())
		return false;
	smmu.power_off(retain);
	return true;
}

int PowerBoard::wake()
{
	smmu.power_on();
	return resume();
}

u64 PowerBoard::reach(u64 iova, u32 sid)
{
	const model::Dma done = dma(sid, iova);
	return done.outcome == model::Outcome::kTranslated ? done.pa : ~u64{0};
}

PowerBoard::Counts PowerBoard::take_counts()
{
	Counts counts;
	for (u32 i = 0; i < access_count && i < kMaxAccesses; i++)
		(accesses[i].write ? counts.writes : counts.reads)++;
	access_count = 0;
	return counts;
}

u64 PowerBoard::last_written(u32 offset) const
{
	for (u32 i = access_count; i--;)
		if (i < kMaxAccesses && accesses[i].write && accesses[i].offset == offset)
			return accesses[i].value;
	return ~u64{0};
}

void PowerBoard::note(u32 offset, bool is_write, u64 value)
{
	const u32 number = access_count++;
	last_access = {offset, is_write, value};
	if (number < kMaxAccesses)
		accesses[number] = last_access;
	if (on_access)
		on_access(*this, number, is_write);
}

u64 PowerBoard::read(void* ctx, u32 offset, u32 bytes)
{
	auto* board = static_cast<PowerBoard*>(ctx);
	board->note(offset, false, 0);
	return bytes == 8 ? os_mmio_read64(board->inner_ + offset)
			  : os_mmio_read32(board->inner_ + offset);
}

void PowerBoard::write(void* ctx, u32 offset, u32 bytes, u64 value)
{
	auto* board = static_cast<PowerBoard*>(ctx);
	board->note(offset, true, value);
	if (bytes == 8)
		os_mmio_write64(board->inner_ + offset, value);
	else
		os_mmio_write32(board->inner_ + offset, static_cast<u32>(value));
}

Client::Client(PowerBoard& board, u32 sid)
	: space(board),
	  device(board, {sid})
{
	EXPECT_EQ(board.t, device.attach(space), 0);
}

}  // namespace test
