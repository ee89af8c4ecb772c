// SPDX-License-Identifier: GPL-2.0-only
// Which master owns which stream, and changing its STE.
#include "arm-smmu-v3/master.hpp"
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

// The owner can't go while records_lock_ is held.
void Smmu::report_owner(u32 sid, const Master& wanted)
{
	core::Locked lock(records_lock_);
	if (const Master* owner = find_master(sid))
		smmu_shim_report_shared_stream(dev_, wanted.dev(), owner->dev(), sid);
}

core::Result<> Smmu::claim_stream(u32 sid, Master& master)
{
	if (!strtab_.covers(sid)) {
		os_log(dev_, OS_ERROR, "stream ID 0x%x is out of range (0x%llx streams)", sid,
		       strtab_.streams());
		return core::error(core::Errno::kRange);
	}
	bool new_table;
	{
		core::Locked lock(streams_lock_);
		new_table = TRY(prepare_ste(sid));
	}
	if (new_table)
		(void)commands_.issue(std::array{cfgi_ste(sid, false)});
	auto claimed = core::from_errno(os_map_insert(masters_.get(), sid, &master));
	if (!claimed && claimed.error() == core::Errno::kBusy)
		report_owner(sid, master);
	return claimed;
}

// Whoever reports an event of the stream meanwhile has the lock, and uses the master.
void Smmu::release_stream(u32 sid)
{
	core::Locked lock(records_lock_);
	forget_master(sid);
}

void Smmu::forget_master(u32 sid)
{
	os_map_erase(masters_.get(), sid);
}

core::Result<bool> Smmu::prepare_ste(u32 sid)
{
	return strtab_.prepare(sid);
}

bool Smmu::is_reserved(u32 sid) const
{
	return os_map_find(reserved_.get(), sid);
}

core::Result<> Smmu::write_resting_ste(u32 sid, bool direct)
{
	return write_ste(sid, direct || is_reserved(sid)
				      ? make_bypass_ste(features_.attribute_override)
				      : make_abort_ste());
}

core::Result<> Smmu::write_ste(u32 sid, const Ste& ste)
{
	return strtab_.write(sid, ste, [&]() -> core::Result<> {
		TRY(commands_.issue(std::array{cfgi_ste(sid, true)}));
		return {};
	});
}

core::Result<> Smmu::reserve_bypass(u32 sid)
{
	if (!strtab_.covers(sid)) {
		os_log(dev_, OS_ERROR,
		       "reserved stream ID 0x%x is out of range (0x%llx streams), ignored", sid,
		       strtab_.streams());
		return {};
	}
	core::Locked lock(streams_lock_);
	TRY(prepare_ste(sid));
	if (!is_reserved(sid))
		TRY(core::from_errno(os_map_insert(reserved_.get(), sid, this)));
	any_reserved_ = true;
	return strtab_.write(sid, make_bypass_ste(features_.attribute_override),
			     []() -> core::Result<> { return {}; });
}

Master* Smmu::find_master(u32 sid) const
{
	return static_cast<Master*>(os_map_find(masters_.get(), sid));
}

}  // namespace smmu3
