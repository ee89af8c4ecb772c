// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/domain.hpp"

namespace ipmmu {

Result<core::Box<Domain>> Domain::create(Root& root, void* shim)
{
	auto domain = TRY(core::make_box<Domain>(root, shim));
	ipmmu_pgtable table = table_for(root.stage());
	TRY(core::from_errno(ipmmu_shim_pgtable_alloc(shim, root.dev(), &table)));
	domain->has_table_ = true;
	TRY(domain->take_context(table));
	return domain;
}

Result<> Domain::take_context(const ipmmu_pgtable& table)
{
	describe(context_, root_->layout(), table);
	Guard guard(root_->lock());
	TRY(root_->take(context_));
	root_->adopt(*this);
	return {};
}

void Domain::give_context()
{
	core::Locked reports(root_->reports());
	Guard guard(root_->lock());
	root_->disown(*this);
	root_->give(context_);
}

Domain::~Domain()
{
	if (root_ && context_.taken())
		give_context();
	if (has_table_)
		ipmmu_shim_pgtable_free(context_.shim);
}

void Domain::orphan()
{
	__atomic_store_n(&root_, nullptr, __ATOMIC_RELEASE);
}

}  // namespace ipmmu
