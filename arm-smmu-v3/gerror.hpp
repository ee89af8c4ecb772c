// SPDX-License-Identifier: GPL-2.0-only
// Global errors (IHI 0070 6.3.19, 7.5).
#pragma once

#include <optional>

#include "arm-smmu-v3/ecmdq_set.hpp"
#include "arm-smmu-v3/core_inspect.h"
#include "core/spinlock.hpp"

namespace smmu3 {

class AbortedRequests;
class Commands;
class Control;
class PowerLog;
class Unanswered;

class ErrorHandler {
public:
	ErrorHandler(device* dev, Mmio& mmio, Commands& commands, Control& control,
		     Unanswered& unanswered, AbortedRequests& aborted_requests,
		     const PowerLog& power)
		: dev_(dev),
		  mmio_(mmio),
		  commands_(commands),
		  control_(control),
		  unanswered_(unanswered),
		  aborted_requests_(aborted_requests),
		  power_(power)
	{
	}
	ErrorHandler(const ErrorHandler&) = delete;
	ErrorHandler& operator=(const ErrorHandler&) = delete;

	// Services and acknowledges the errors in SMMU_GERROR.  True if there was one.  Any
	// context.
	bool handle_gerror();
	// Acknowledges errors left over from before the reset.  The SMMU must be off.
	void forget();

	u64 count() const { return count_; }

private:
	struct Errors {
		GERROR active;
		FailedCommand command;  // if CMDQ_ERR is active
		EcmdqSet::Failed ecmdqs;
	};
	GERROR active() const;
	void acknowledge(u32 errors);
	Errors service() REQUIRES(lock_);
	std::optional<Errors> try_service();
	void report(const Errors& errors);
	void turn_off();

	device* const dev_;
	Mmio& mmio_;
	Commands& commands_;
	Control& control_;
	Unanswered& unanswered_;
	AbortedRequests& aborted_requests_;
	const PowerLog& power_;
	core::SpinLock lock_;  // serialises service(); taken with try_lock() only
	u64 count_ = 0;        // a statistic, not atomic
};

}  // namespace smmu3
