// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/ecmdq.hpp"

#include "core/wait.hpp"

namespace smmu3 {
namespace {

constexpr u64 kAcknowledgeNs = 1000 * core::kNsPerMs;
constexpr u64 kFirstControlPageBase = 0x4000;
constexpr EcmdqLayout kNone{0, 0, 1};

u64 left_until(u64 deadline)
{
	const u64 now = os_now_ns();
	return now < deadline ? deadline - now : 0;
}

std::expected<EcmdqLayout, const char*> locate(device* dev, const Mmio& mmio)
{
	void* const base = smmu_shim_map_registers(dev, kFirstControlPageBase, sizeof(u64));
	if (!base)
		return std::unexpected("failed to map CMDQ_CONTROL_PAGE_BASE0");
	return locate_ecmdqs(mmio.read_relaxed<IDR6>(),
			     core::BankedMmio(base).read_relaxed<CMDQ_CONTROL_PAGE_BASE>({0}));
}

}  // namespace

std::expected<EcmdqLayout, const char*> locate_ecmdqs(IDR6 idr6, CMDQ_CONTROL_PAGE_BASE first)
{
	constexpr u32 kMaxLog2 = 8, k64KB = 1;
	using Base = CMDQ_CONTROL_PAGE_BASE;

	const u32 pages_log2 = idr6.get<IDR6::CMDQ_CONTROL_PAGE_LOG2NUMP>();
	const u32 queues_log2 = idr6.get<IDR6::CMDQ_CONTROL_PAGE_LOG2NUMQ>();
	if (pages_log2 > kMaxLog2 || queues_log2 > kMaxLog2)
		return std::unexpected("reserved number of queues (IDR6)");
	if (!first.get<Base::CMDQ_CONTROL_PAGE_PRESET>() || first.get<Base::CMDQGS>() != k64KB)
		return std::unexpected("reserved kind of control page (CMDQ_CONTROL_PAGE_BASE0)");
	return EcmdqLayout{first.get<Base::ADDR>(), 1u << pages_log2, 1u << queues_log2};
}

Ecmdqs Ecmdqs::find(device* dev, const Mmio& mmio, IDR1 idr1)
{
	if (!idr1.get<IDR1::ECMDQ>())
		return {dev, nullptr, kNone};
	const auto layout = locate(dev, mmio);
	void* const pages =
		layout ? smmu_shim_map_registers(dev, layout->offset, layout->bytes()) : nullptr;
	if (!pages) {
		os_log(dev, OS_NOTICE, "enhanced command queues are left as found: %s",
		       layout ? "failed to map their control pages" : layout.error());
		return {dev, nullptr, kNone};
	}
	return {dev, pages, *layout};
}

// All are acknowledged at the same time, so that one deadline applies to them.  A queue that does not
// answer keeps no other one enabled.
core::Result<> Ecmdqs::disable(u32 count) const
{
	u64 deadline = os_now_ns() + kAcknowledgeNs;
	for (u32 n = 0; n < count; n++)
		begin_disable(n, deadline);

	u32 enabled = 0, first = 0;
	deadline = os_now_ns() + kAcknowledgeNs;
	for (u32 n = 0; n < count; n++)
		if (!core::poll_until([&] { return is_off(n); }, left_until(deadline)) &&
		    !enabled++)
			first = n;
	if (!enabled)
		return {};
	log_unacknowledged(first);
	os_log(dev_, OS_ERROR, "%u enhanced command queues stay enabled", enabled);
	return core::error(core::Errno::kTimedOut);
}

// PROD is read-only until ENACK equals EN.
void Ecmdqs::begin_disable(u32 n, u64 deadline) const
{
	core::BankedMmio mmio = mmio_;
	const auto prod = mmio.read_relaxed<ECMDQ_PROD>(bank(n));
	if (prod.get<ECMDQ_PROD::EN>() &&
	    core::poll_until([&] { return acknowledges(n, true); }, left_until(deadline)))
		mmio.write_relaxed(bank(n), prod.with<ECMDQ_PROD::EN>(false));
}

core::Result<bool> Ecmdqs::is_on(u32 n) const
{
	const bool on = mmio_.read_relaxed<ECMDQ_PROD>(bank(n)).get<ECMDQ_PROD::EN>();
	TRY(await(n, on));
	return on;
}

core::Result<> Ecmdqs::await(u32 n, bool on) const
{
	auto done = core::poll_until([&] { return acknowledges(n, on); }, kAcknowledgeNs);
	if (!done)
		log_unacknowledged(n);
	return done;
}

bool Ecmdqs::acknowledges(u32 n, bool on) const
{
	return mmio_.read<ECMDQ_CONS>(bank(n)).get<ECMDQ_CONS::ENACK>() == on;
}

bool Ecmdqs::is_off(u32 n) const
{
	return !mmio_.read_relaxed<ECMDQ_PROD>(bank(n)).get<ECMDQ_PROD::EN>() &&
	       acknowledges(n, false);
}

void Ecmdqs::log_unacknowledged(u32 n) const
{
	os_log(dev_, OS_ERROR, "ECMDQ %u: EN not acknowledged, PROD 0x%08x CONS 0x%08x", n,
	       mmio_.read_relaxed<ECMDQ_PROD>(bank(n)).raw(),
	       mmio_.read_relaxed<ECMDQ_CONS>(bank(n)).raw());
}

}  // namespace smmu3
