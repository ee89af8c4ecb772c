// SPDX-License-Identifier: GPL-2.0-only
// Faults: each context records its first fault until the record is cleared.
#include "ipmmu/instance.hpp"
#include "ipmmu/master.hpp"

namespace ipmmu {

bool Root::read_fault(Context& context, ipmmu_fault& fault)
{
	const ContextBank bank = layout().context(context.number);
	Mmio& mmio = own().mmio();
	const auto status = mmio.read_relaxed<IMSTR>(bank);
	if (!(status.raw() & IMSTR::kErrors))
		return false;

	// The address registers read 0 after the status is cleared.
	u64 iova = mmio.read_relaxed<IMELAR>(bank).raw();
	if (layout().upper_fault_address)
		iova |= u64{mmio.read_relaxed<IMEUAR>(bank).raw()} << 32;
	mmio.write_relaxed(bank, IMSTR{});

	fault = {
		.iova = iova,
		.status = status.raw(),
		.context = context.number,
		.masters = context.masters,
		.multiple_hits = status.get<IMSTR::MHIT>(),
		.walk_abort = status.get<IMSTR::ABORT>(),
		.permission = status.get<IMSTR::PF>(),
		.translation = status.get<IMSTR::TF>(),
	};
	return true;
}

device* Root::only_client(const Context& context) const
{
	if (context.masters != 1)
		return nullptr;
	for (const Ipmmu& member : members())
		for (const Master& master : member.masters())
			if (master.is_attached_to(context))
				return master.dev();
	return nullptr;
}

bool Root::report_fault(u32 number)
{
	ipmmu_fault fault;
	device* client;
	void* shim;
	{
		Guard guard(lock());
		Context* context = contexts_[number];
		if (!has_power() || !context || !read_fault(*context, fault))
			return false;
		client = only_client(*context);
		shim = context->shim;
	}
	ipmmu_shim_report_fault(dev_, client, shim, &fault);
	return true;
}

bool Root::handle_faults()
{
	core::Locked held(reports());
	bool any = false;
	for (u32 n = 0; n < layout().contexts; n++)
		any |= report_fault(n);
	return any;
}

}  // namespace ipmmu
