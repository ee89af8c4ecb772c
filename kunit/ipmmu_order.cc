// SPDX-License-Identifier: GPL-2.0-only
#include "kunit/ipmmu_order.hpp"

namespace test {

void IpmmuOrder::fail(const IpmmuStep& step, u32 offset)
{
	Case& t = board_.t;
	wrong_ = true;
	test_fail(&t, __FILE__, __LINE__, step.why, at_, step.unit);
	if (at_ == board_.trace.accesses.size()) {
		test_fail(&t, __FILE__, __LINE__, step.reg.name, offset, step.value);
		test_fail(&t, __FILE__, __LINE__, "never came; accesses there were", at_, 0);
		return;
	}
	const model::IpmmuAccess& got = board_.trace.accesses[at_];
	test_fail(&t, __FILE__, __LINE__, step.reg.name, offset, step.value);
	test_fail(&t, __FILE__, __LINE__, got.write ? "but was a write" : "but was a read",
		  got.offset, got.value);
	test_fail(&t, __FILE__, __LINE__, "of unit", got.unit, step.unit);
}

bool IpmmuOrder::take_one(const IpmmuStep& step, u32 offset)
{
	const auto& accesses = board_.trace.accesses;
	const bool write = step.op == IpmmuStep::kWrite;
	for (; at_ < accesses.size(); at_++) {
		const model::IpmmuAccess& got = accesses[at_];
		if (got.unit != step.unit || got.write != write || got.offset != offset)
			return false;
		if (write ? got.value == step.value : step.op == IpmmuStep::kRead)
			return at_++, true;
		if (write)
			return false;
		if (!(got.value & step.value))
			return at_++, step.op == IpmmuStep::kPoll;
		if (step.op == IpmmuStep::kGiveUp &&
		    (at_ + 1 == accesses.size() || accesses[at_ + 1].write))
			return at_++, true;
	}
	return false;
}

bool IpmmuOrder::take(const IpmmuStep& step)
{
	const model::Ipmmu& unit = board_.units[step.unit].model;
	for (u32 n = step.which.first; n <= step.which.last; n++) {
		const u32 bank = step.reg.bank == IpmmuRegister::kContext ? unit.context_offset(n)
				 : step.reg.bank == IpmmuRegister::kUtlb  ? unit.utlb_offset(n)
									  : unit.control_offset();
		if (take_one(step, bank + step.reg.offset))
			continue;
		fail(step, bank + step.reg.offset);
		return false;
	}
	return true;
}

IpmmuOrder& IpmmuOrder::next(std::span<const IpmmuStep> steps)
{
	for (const IpmmuStep& step : steps)
		if (wrong_ || !take(step))
			break;
	return *this;
}

bool IpmmuOrder::done()
{
	const u32 count = static_cast<u32>(board_.trace.accesses.total());
	if (!wrong_ && at_ < count) {
		const model::IpmmuAccess& got = board_.trace.accesses[at_];
		test_fail(&board_.t, __FILE__, __LINE__, "accesses expected, made", at_, count);
		test_fail(&board_.t, __FILE__, __LINE__, "the first one too many: offset, value",
			  got.offset, got.value);
	}
	return !wrong_ && at_ == count;
}

}  // namespace test
