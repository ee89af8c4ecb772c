// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/streams.hpp"

#include "arm-smmu-v3/commands.hpp"

namespace smmu3 {

core::Result<Streams::Parts> Streams::allocate(device* dev, const Features& features)
{
	return Parts{
		.table = TRY(StreamTable::create(dev, features)),
		.tables_lock = TRY(core::Mutex::make()),
		.owners_lock = TRY(core::Mutex::make()),
		.owners = TRY(core::Map::make()),
		.reserved = TRY(core::Map::make()),
	};
}

Streams::Streams(device* dev, const Features& features, Commands& commands, Parts&& parts)
	: dev_(dev),
	  features_(features),
	  commands_(commands),
	  table_(std::move(parts.table)),
	  tables_lock_(std::move(parts.tables_lock)),
	  owners_lock_(std::move(parts.owners_lock)),
	  owners_(std::move(parts.owners)),
	  reserved_(std::move(parts.reserved))
{
}

// One after the other: a table that freed the next one would need stack for each.
Streams::~Streams()
{
	while (kept_)
		kept_ = std::move(kept_->next);
}

void Streams::write_registers(Mmio& mmio) const
{
	mmio.write_relaxed(table_.base());
	mmio.write_relaxed(table_.base_cfg());
}

void Streams::report_owner(Sid sid, device* wanted)
{
	core::Locked lock(owners_lock_);
	if (device* owner = owner_of(sid))
		smmu_shim_report_shared_stream(dev_, wanted, owner, sid.value());
}

core::Result<> Streams::claim(Sid sid, device* owner)
{
	if (!table_.covers(sid)) {
		os_log(dev_, OS_ERROR, "stream ID 0x%x is out of range (0x%llx streams)",
		       sid.value(), table_.streams());
		return core::error(core::Errno::kRange);
	}
	bool new_table;
	{
		core::Locked lock(tables_lock_);
		new_table = TRY(prepare(sid));
	}
	if (new_table)
		(void)commands_.issue(std::array{cfgi_ste(sid, Levels::kAll)});
	auto claimed = core::from_errno(os_map_insert(owners_.get(), sid.value(), owner));
	if (!claimed && claimed.error() == core::Errno::kBusy)
		report_owner(sid, owner);
	return claimed;
}

// The lock keeps the owner valid for a report of an event of the stream.
void Streams::release(Sid sid)
{
	core::Locked lock(owners_lock_);
	forget_owner(sid);
}

void Streams::forget_owner(Sid sid)
{
	os_map_erase(owners_.get(), sid.value());
}

core::Result<bool> Streams::prepare(Sid sid)
{
	return table_.prepare(sid);
}

bool Streams::is_reserved(Sid sid) const
{
	return os_map_find(reserved_.get(), sid.value());
}

core::Result<> Streams::write_resting(Sid sid, Resting wanted)
{
	const bool bypass = wanted == Resting::kBypass || is_reserved(sid);
	return write(sid, bypass ? make_bypass_ste(features_.shareability) : make_abort_ste());
}

core::Result<> Streams::write(Sid sid, const Ste& ste)
{
	return table_.write(sid, ste, [&]() -> core::Result<> {
		TRY(commands_.issue(std::array{cfgi_ste(sid, Levels::kLeaf)}));
		return {};
	});
}

// The rest of an STE that aborts is not used.
core::Result<> Streams::block(Sid sid)
{
	core::store_relaxed(table_.find(sid)[0], make_abort_ste().words[0]);
	TRY(commands_.issue(std::array{cfgi_ste(sid, Levels::kLeaf)}));
	return {};
}

bool Streams::aborts(Sid sid) const
{
	return (core::load_relaxed(find(sid)[0]) & ste_bits::kValid[0]) ==
	       make_abort_ste().words[0];
}

void Streams::withhold_ats(Sid sid)
{
	u64& word = table_.find(sid)[Ste::EATS::kWord];
	core::store_relaxed(word, core::load_relaxed(word) & ~Ste::EATS::kMask);
}

core::Result<> Streams::reserve_bypass(Sid sid)
{
	if (!table_.covers(sid)) {
		os_log(dev_, OS_ERROR,
		       "reserved stream ID 0x%x is out of range (0x%llx streams), ignored",
		       sid.value(), table_.streams());
		return {};
	}
	core::Locked lock(tables_lock_);
	TRY(prepare(sid));
	if (!is_reserved(sid))
		TRY(core::from_errno(os_map_insert(reserved_.get(), sid.value(), this)));
	any_reserved_ = true;
	return table_.write(sid, make_bypass_ste(features_.shareability),
			    []() -> core::Result<> { return {}; });
}

device* Streams::owner_of(Sid sid) const
{
	return static_cast<device*>(os_map_find(owners_.get(), sid.value()));
}

void Streams::keep(core::Box<CdTable> table)
{
	core::Locked lock(tables_lock_);
	table->next = std::move(kept_);
	kept_ = std::move(table);
}

}  // namespace smmu3
