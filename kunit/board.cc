// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/board.hpp"

#include "kunit/testos.h"

namespace test {
namespace {

constinit model::Smmuv3 the_smmu;

constexpr u32 kSize = 0x20000;

void* phys(void*, u64 pa, u64 size)
{
	return test_bus_to_cpu(pa, size);
}

void irq(void* ctx, model::Irq which)
{
	__atomic_fetch_or(&static_cast<Board*>(ctx)->pending, 1u << static_cast<u32>(which),
			  __ATOMIC_RELAXED);
}

void violation(void* ctx, const char* what, u64 a, u64 b)
{
	auto* board = static_cast<Board*>(ctx);
	board->last_violation = what;
	if (board->violations++ >= board->expected_violations)
		test_fail(&board->t, __FILE__, __LINE__, what, a, b);
}

// True: taken, as far as the SMMU can tell.
bool msi(void* ctx, u64, u32)
{
	return static_cast<Board*>(ctx)->lose_messages;
}

constexpr u32 bit_of(model::Irq which)
{
	return 1u << static_cast<u32>(which);
}

}  // namespace

Setup with_idr0(Setup setup, u32 clear, u32 set)
{
	setup.ids.idr0 = (setup.ids.idr0 & ~clear) | set;
	return setup;
}

Setup event_setup()
{
	return Setup{}.option(SMMU_OPT_NO_MSI_POLL);
}

Setup register_setup()
{
	return with_idr0(event_setup(), 1u << 14, 0);  // no SEV
}

device* Board::test_device_of()
{
	return test_device();
}

Board::Board(Case& the_case, const Setup& setup)
	: t(the_case),
	  smmu(the_smmu),
	  platform(setup.platform),
	  setup_(setup)
{
	host_.ctx = this;
	host_.phys = phys;
	host_.irq = irq;
	host_.msi = msi;
	host_.violation = violation;
	smmu.configure(host_, setup.ids, setup.options);

	const test_mmio ops{this, read, write};
	registers_ = test_mmio_map(&ops, kSize);
	platform.page0 = registers_;
	platform.page1 = static_cast<char*>(registers_) + SMMU_PAGE1_OFFSET;
}

Board::~Board()
{
	if (core)
		stop();
	destroy();
	test_mmio_unmap(registers_);
	EXPECT_EQ(t, violations, expected_violations);
}

void Board::destroy()
{
	smmu_core_destroy(core);
	core = nullptr;
}

void Board::up()
{
	EXPECT_EQ(t, create(), 0);
	if (core)
		EXPECT_EQ(t, start(), 0);
}

u64 Board::read(void* ctx, u32 offset, u32 bytes)
{
	auto* board = static_cast<Board*>(ctx);
	if (board->setup_.lock)
		board->setup_.lock();
	if (board->before_read)
		board->before_read(*board, offset);
	if (offset == model::reg::CMDQ_CONS)
		board->poll();
	const u64 value = bytes == 8 ? board->smmu.read64(offset) : board->smmu.read32(offset);
	if (board->setup_.unlock)
		board->setup_.unlock();
	board->deliver_gerror();
	return value;
}

void Board::write(void* ctx, u32 offset, u32 bytes, u64 value)
{
	auto* board = static_cast<Board*>(ctx);
	if (board->setup_.lock)
		board->setup_.lock();
	if (offset == model::reg::CMDQ_PROD && board->swallowed_op)
		board->filter_commands(static_cast<u32>(value));
	if (bytes == 8)
		board->smmu.write64(offset, value);
	else
		board->smmu.write32(offset, static_cast<u32>(value));
	if (board->boundary)
		board->boundary(board->boundary_context);
	if (board->setup_.unlock)
		board->setup_.unlock();
	board->deliver_gerror();
}

void Board::poll()
{
	cons_reads++;
	if (ns_per_poll)
		test_clock_advance(ns_per_poll);
	if (!step_on_poll)
		return;
	if (boundary)
		boundary(boundary_context);
	smmu.step(1);
}

void Board::filter_commands(u32 prod)
{
	const model::Queue& queue = smmu.regs().cmdq;
	if (!(smmu.regs().cr0ack & model::cr0::CMDQEN))
		return;
	for (u32 at = queue.prod; (at ^ prod) & queue.mask(); at++) {
		auto* words = static_cast<u64*>(
			test_bus_to_cpu(queue.address() + u64{16} * queue.index(at), 16));
		if ((words[0] & 0xff) != swallowed_op)
			continue;
		words[0] = static_cast<u64>(model::Op::SYNC);
		words[1] = 0;
		swallowed++;
	}
}

void Board::deliver_gerror()
{
	constexpr u32 kBit = bit_of(model::Irq::kGerror);
	if (!deliver || !core || !(__atomic_load_n(&pending, __ATOMIC_RELAXED) & kBit))
		return;
	__atomic_fetch_and(&pending, ~kBit, __ATOMIC_RELAXED);
	smmu_core_handle_gerror(core);
}

void Board::drain()
{
	deliver_gerror();
	constexpr u32 kEvents = bit_of(model::Irq::kEventq), kRequests = bit_of(model::Irq::kPriq);
	const u32 taken = __atomic_fetch_and(&pending, ~(kEvents | kRequests), __ATOMIC_RELAXED);
	if (taken & kEvents)
		smmu_core_drain_evtq(core);
	if (taken & kRequests)
		smmu_core_drain_priq(core);
}

model::Dma Board::dma(u32 sid, u64 iova, bool write)
{
	return dma(sid, iova, {.write = write}, std::nullopt);
}

model::Dma Board::dma(u32 sid, u64 iova, model::Access access, std::optional<u32> ssid)
{
	const model::Dma done = smmu.translate(sid, ssid, iova, access);
	if (core)
		drain();
	return done;
}

bool Board::wrote(u32 offset, u64 value) const
{
	const auto& log = smmu.register_writes();
	for (size_t i = 0; i < log.size(); i++)
		if (log[i].offset == offset && log[i].value == value)
			return true;
	return false;
}

smmu_stats Board::stats() const
{
	smmu_stats stats;
	smmu_core_read_stats(core, &stats);
	return stats;
}

Space::Space(Board& the_board, smmu_stage stage)
	: board(the_board)
{
	EXPECT_EQ(board.t, create(stage), 0);
}

void Space::destroy()
{
	if (domain)
		smmu_core_domain_destroy(domain);
	domain = nullptr;
}

bool Space::unmap(u64 iova, u64 size)
{
	if (!shim.table.unmap(iova, size))
		return false;
	smmu_core_flush_range(domain, iova, size, size, true);
	return true;
}

Device::Device(Board& board, std::initializer_list<u32> sids, u32 ssid_bits)
{
	error = smmu_core_master_create(board.core, handle(), sids.begin(),
					static_cast<u32>(sids.size()), ssid_bits, &master);
}

void Device::destroy()
{
	if (master)
		smmu_core_master_destroy(master);
	master = nullptr;
}

}  // namespace test
