// SPDX-License-Identifier: GPL-2.0-only
// A short section with interrupts off.
#pragma once

#include "core/barrier.hpp"
#include "os/os.h"

namespace core {

// Disables interrupts for its lifetime.  os_synchronize() waits until all sections have ended.
class IrqSection {
public:
	IrqSection()
		: flags_(os_irq_save())
	{
	}
	~IrqSection() { os_irq_restore(flags_); }
	IrqSection(const IrqSection&) = delete;
	IrqSection& operator=(const IrqSection&) = delete;

	// Enables interrupts for a moment.  The section does not end, because preemption is off.
	void breathe()
	{
		os_preempt_disable();
		os_irq_restore(flags_);
		cpu_relax();
		flags_ = os_irq_save();
		os_preempt_enable();
	}

private:
	unsigned long flags_;
};

}  // namespace core
