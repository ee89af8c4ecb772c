// SPDX-License-Identifier: GPL-2.0-only
// An address space: an io-pgtable and the context that walks it.
#pragma once

#include "core/atomic.hpp"
#include "core/page_table.hpp"
#include "ipmmu/root.hpp"

namespace ipmmu {

using PageTable = core::PageTable<ipmmu_pgtable, ipmmu_shim_pgtable_alloc, ipmmu_shim_pgtable_free>;

class Domain {
public:
	// `shim` is the argument of ipmmu_shim_pgtable_alloc().  Sleeps.
	static Result<core::Box<Domain>> create(Root& root, void* shim);

	Domain(Root& root, void* shim)
		: root_(&root)
	{
		context_.shim = shim;
	}
	~Domain();
	Domain(const Domain&) = delete;
	Domain& operator=(const Domain&) = delete;

	// SAFETY: as Ipmmu::from().
	static Domain& from(ipmmu_domain* domain) { return *reinterpret_cast<Domain*>(domain); }
	ipmmu_domain* to_core() { return reinterpret_cast<ipmmu_domain*>(this); }

	Context& context() { return context_; }
	bool belongs_to(const Root& root) const { return root_ == &root; }

	// Invalidates the TLB entries and waits.  Any context.
	void flush();

	// The root is destroyed: flush() does nothing from now on.  Called by ~Root() only.
	void orphan();

private:
	friend core::ListNode<Domain>;

	Result<> take_context();
	Result<> give_context();

	Root* root_;  // nullptr after ~Root(); flush() reads it without a lock
	Context context_;
	core::ListNode<Domain> node_;
	PageTable table_;
};

inline void Domain::flush()
{
	const core::IrqSection section;  // ~Root() waits until it ends
	Root* const root = core::load_acquire(root_);
	if (!root)
		return;

	u32 stuck = Context::kNone;
	{
		const core::SpinLock::Held held(root->lock());
		if (root->in_use(context_) && !root->flush(context_))
			stuck = context_.number;
	}
	if (stuck != Context::kNone)
		ipmmu_shim_report_stuck(root->dev(), stuck);
}

}  // namespace ipmmu
