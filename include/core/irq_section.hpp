// SPDX-License-Identifier: GPL-2.0-only
// A few instructions with interrupts off.
#pragma once

#include "core/barrier.hpp"
#include "os/os.h"

namespace core {

// Interrupts are off while it lives; os_synchronize() waits for the end of every one.
class IrqSection {
public:
	IrqSection()
		: flags_(os_irq_save())
	{
	}
	~IrqSection() { os_irq_restore(flags_); }
	IrqSection(const IrqSection&) = delete;
	IrqSection& operator=(const IrqSection&) = delete;

	// Let interrupts in for a moment, without leaving the section.
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
