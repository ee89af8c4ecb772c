// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/domain.hpp"

namespace ipmmu {
namespace {

// Without NS, stage 1 tables make Secure accesses.  A block is replaced by a table in one write, as
// by the kernel's own driver (ipmmu.rst, "Page tables").
pgtable::Config config_for(u32 stage)
{
	return {.input_bits = input_bits(stage),
		.output_bits = kPhysicalBits,
		.coherent = false,
		.bbml = pgtable::Bbml::k2,
		.variant = {.ns = stage == IPMMU_STAGE_1}};
}

}  // namespace

Result<core::Box<Domain>> Domain::create(Root& root, void* shim)
{
	auto domain = TRY(core::make_box<Domain>(root, shim));
	TRY(domain->create_tables());
	TRY(domain->take_context());
	return domain;
}

Result<> Domain::create_tables()
{
	const pgtable::Config config = config_for(root_->stage());
	TRY(memory_.create(root_->dev(), config.coherent));
	return stage2_ ? tables_.create<Stage2>(memory_, config)
		       : tables_.create<Stage1>(memory_, config);
}

TableRef Domain::describe_table()
{
	TableRef ref{.stage = root_->stage(),
		     .ttb = 0,
		     .mair = static_cast<u32>(pgtable::kMair),
		     .sl = 0};
	tables_.visit([&](auto& table) {
		ref.ttb = table.ttb();
		ref.sl = table.control_fields().sl0;
	});
	return ref;
}

void Domain::reclaim()
{
	tables_.visit([](auto& table) { (void)pgtable::reclaim(table); });
}

Result<> Domain::take_context()
{
	describe(context_, root_->layout(), describe_table());
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
	memory_.stop();
	if (!root_ || !context_.taken())
		return;
	const u32 number = context_.number;
	if (give_context())
		return;
	os_log(root_->dev(), OS_ERROR,
	       "leaking the page table of context %u: the IPMMU may still use it", number);
	tables_.leak();
}

void Domain::orphan()
{
	core::store_release(root_, nullptr);
}

}  // namespace ipmmu
