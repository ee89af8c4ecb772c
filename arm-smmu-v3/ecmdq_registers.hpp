// SPDX-License-Identifier: GPL-2.0-only
// The registers of one Enhanced Command queue, as CommandQueue uses those of the SMMU's own (IHI 0070
// 3.5.6).
//
// PROD also has EN and ERRACK, so that each write of the index repeats them.  A write of PROD
// acknowledges an error, too: CommandQueue::publish_again() makes it.
#pragma once

#include <concepts>

#include "arm-smmu-v3/ecmdq.hpp"
#include "core/atomic.hpp"

namespace smmu3 {

class EcmdqRegisters {
public:
	EcmdqRegisters(const core::BankedMmio& mmio, EcmdqBank bank)
		: mmio_(mmio),
		  bank_(bank)
	{
	}
	EcmdqRegisters(const EcmdqRegisters&) = delete;
	EcmdqRegisters& operator=(const EcmdqRegisters&) = delete;

	// ---- for CommandQueue ----

	template <std::same_as<CMDQ_CONS> R>
	R read() const
	{
		const auto cons = mmio_.read<ECMDQ_CONS>(bank_);
		return R{}
			.template with<CMDQ_CONS::RD>(cons.get<ECMDQ_CONS::RD>())
			.template with<CMDQ_CONS::ERR>(cons.get<ECMDQ_CONS::ERR_REASON>());
	}

	// ORDER: ERRACK is read after the owner before has written its own (ordering.rst, claim 40).
	void write_relaxed(CMDQ_PROD prod)
	{
		mmio_.write_relaxed(bank_, ECMDQ_PROD{}
						   .with<ECMDQ_PROD::WR>(prod.raw())
						   .with<ECMDQ_PROD::ERRACK>(errack_.load_relaxed())
						   .with<ECMDQ_PROD::EN>(true));
	}

	// ---- errors; callers exclude each other ----

	bool fails() const
	{
		const auto cons = mmio_.read<ECMDQ_CONS>(bank_);
		return cons.get<ECMDQ_CONS::ERR>() != static_cast<bool>(errack_.load_relaxed());
	}
	// The next write of PROD acknowledges the error that CONS shows.
	void acknowledge()
	{
		errack_.store_relaxed(mmio_.read_relaxed<ECMDQ_CONS>(bank_).get<ECMDQ_CONS::ERR>());
	}

	// Writes the registers of a queue that is off and, with `index`, empty, and sets EN.  The SMMU
	// acknowledges it later (Ecmdqs::await()).
	void enable(u64 bus, u32 log2_entries, u32 index)
	{
		errack_.store_relaxed(0);
		mmio_.write_relaxed(bank_, ECMDQ_BASE{}
						   .with<ECMDQ_BASE::RA>(true)
						   .with<ECMDQ_BASE::ADDR>(bus)
						   .with<ECMDQ_BASE::LOG2SIZE>(log2_entries));
		mmio_.write_relaxed(bank_, ECMDQ_PROD{}.with<ECMDQ_PROD::WR>(index));
		mmio_.write_relaxed(bank_, ECMDQ_CONS{}.with<ECMDQ_CONS::RD>(index));
		write_relaxed(CMDQ_PROD::from_raw(index));
	}

	// For the log.
	u32 prod() const { return mmio_.read_relaxed<ECMDQ_PROD>(bank_).raw(); }
	u32 cons() const { return mmio_.read_relaxed<ECMDQ_CONS>(bank_).raw(); }

private:
	core::BankedMmio mmio_;
	const EcmdqBank bank_;
	core::Atomic<u32> errack_;
};

}  // namespace smmu3
