// SPDX-License-Identifier: GPL-2.0-only
// An address space: a page table and the context that walks it.
#pragma once

#include "core/atomic.hpp"
#include "ipmmu/root.hpp"
#include "pgtable/choice.hpp"
#include "pgtable/map.hpp"
#include "pgtable/os_memory.hpp"
#include "pgtable/unmap.hpp"

namespace ipmmu {

class Domain {
public:
	using Memory = pgtable::OsMemory<Domain>;
	using Stage1 = pgtable::Lpae<pgtable::Stage::k1>;
	using Stage2 = pgtable::Lpae<pgtable::Stage::k2>;
	using Tables = pgtable::Choice<Memory, Stage1, Stage2>;

	// `shim` is the argument of ipmmu_shim_report_fault().  Sleeps.
	static Result<core::Box<Domain>> create(Root& root, void* shim);

	Domain(Root& root, void* shim)
		: root_(&root),
		  stage2_(root.stage() == IPMMU_STAGE_2),
		  memory_(*this)
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
	bool is_stage2() const { return stage2_; }
	Tables& tables() { return tables_; }
	[[gnu::always_inline]] auto& tree() { return tables_.tree<Stage1::Layout>(); }
	Memory& memory() { return memory_; }
	// The table, as registers describe it.
	TableRef describe_table();

	// Invalidates the TLB entries and waits.  Any context.
	void flush() { (void)forget(); }

	// The root is destroyed: flush() does nothing from now on.  Called by ~Root() only.
	void orphan();

	// ---- for memory_ ----

	bool invalidate(u64, u64) { return forget(); }
	bool settle() { return forget(); }
	void reclaim();

private:
	friend core::ListNode<Domain>;

	// False: the IPMMU may still use what was in the TLB.
	bool forget();

	Result<> create_tables();
	Result<> take_context();
	Result<> give_context();

	Root* root_;  // nullptr after ~Root(); flush() reads it without a lock
	const bool stage2_;
	Context context_;
	core::ListNode<Domain> node_;
	Memory memory_;
	Tables tables_;
};

inline bool Domain::forget()
{
	const core::IrqSection section;  // ~Root() waits until it ends
	Root* const root = core::load_acquire(root_);
	if (!root)
		return true;

	u32 stuck = Context::kNone;
	{
		const core::SpinLock::Held held(root->lock());
		if (root->in_use(context_) && !root->flush(context_))
			stuck = context_.number;
	}
	if (stuck != Context::kNone)
		ipmmu_shim_report_stuck(root->dev(), stuck);
	return stuck == Context::kNone;
}

}  // namespace ipmmu
