// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/domain.hpp"

namespace ipmmu {

Result<core::Box<Domain>> Domain::create(Root& root, void* shim)
{
	auto domain = TRY(core::make_box<Domain>(root, shim));
	domain->table_ = TRY(PageTable::create(shim, root.dev(), table_for(root.stage())));
	TRY(domain->take_context());
	return domain;
}

Result<> Domain::take_context()
{
	describe(context_, root_->layout(), table_.description());
	Guard guard(root_->lock());
	TRY(root_->take(context_));
	root_->adopt(*this);
	return {};
}

Result<> Domain::give_context()
{
	core::Locked reports(root_->reports());
	Guard guard(root_->lock());
	root_->disown(*this);
	return root_->give(context_);
}

Domain::~Domain()
{
	if (!root_ || !context_.taken())
		return;
	const u32 number = context_.number;
	if (give_context())
		return;
	os_log(root_->dev(), OS_ERROR,
	       "leaking the page table of context %u: the IPMMU may still use it", number);
	table_.leak();
}

void Domain::orphan()
{
	core::store_release(root_, nullptr);
}

}  // namespace ipmmu
