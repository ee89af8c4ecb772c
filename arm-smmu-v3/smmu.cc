// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/smmu.hpp"

namespace smmu3 {

// The members whose allocation can fail: they are allocated before an Smmu is constructed.
struct Smmu::Parts {
	Mmio mmio;
	Features features;
	Commands::Parts commands;
	Streams::Parts streams;
	core::Mutex ats_lock;
	Records::Parts records;
	core::Ids asids, vmids;
};

namespace {

IdRegisters read_ids(const Mmio& mmio)
{
	return {mmio.read_relaxed<IDR0>(), mmio.read_relaxed<IDR1>(), mmio.read_relaxed<IDR3>(),
		mmio.read_relaxed<IDR5>(), mmio.read_relaxed<IIDR>()};
}

void log_findings(device* dev, const Features& f)
{
	if (f.coherence_overridden)
		os_log(dev, OS_WARNING, "IDR0.COHACC overridden by FW configuration (%s)",
		       f.coherent ? "true" : "false");
	if (f.httu_overridden)
		os_log(dev, OS_WARNING,
		       "IDR0.HTTU overridden by FW configuration: no dirty tracking");
	if (f.oas_unknown)
		os_log(dev, OS_NOTICE, "unknown output address size. Truncating to 48-bit");
	os_log(dev, OS_INFO,
	       "ias %u-bit, oas %u-bit (%u-bit stream IDs, stages:%s%s, granules:%s%s%s%s%s%s)",
	       f.oas_bits, f.oas_bits, f.sid_bits, f.stage1 ? " 1" : "", f.stage2 ? " 2" : "",
	       f.pgsize_bitmap & 0x1000 ? " 4K" : "", f.pgsize_bitmap & 0x4000 ? " 16K" : "",
	       f.pgsize_bitmap & 0x10000 ? " 64K" : "", f.ds ? ", LPA2" : "",
	       f.range_invalidation ? ", range invalidation" : "", f.coherent ? ", coherent" : "");
}

core::Result<Smmu::Parts> allocate(device* dev, const Mmio& mmio, const Features& features)
{
	return Smmu::Parts{
		.mmio = mmio,
		.features = features,
		.commands = TRY(Commands::allocate(dev, features)),
		.streams = TRY(Streams::allocate(dev, features)),
		.ats_lock = TRY(core::Mutex::make()),
		.records = TRY(Records::allocate(dev, features)),
		.asids = TRY(core::Ids::make()),
		.vmids = TRY(core::Ids::make()),
	};
}

}  // namespace

core::Result<core::Box<Smmu>> Smmu::create(device* dev, const smmu_platform& platform)
{
	const Mmio mmio({platform.page0, platform.page1});
	const IdRegisters id = read_ids(mmio);

	const auto features = identify(id, platform);
	if (!features) {
		os_log(dev, OS_ERROR, "not supported: %s", features.error().why);
		return core::error(features.error().error);
	}
	log_findings(dev, *features);
	if (os_dma_set_mask(dev, features->oas_bits) < 0)
		os_log(dev, OS_WARNING, "failed to set DMA mask for table walker: %u bits",
		       features->oas_bits);

	core::Result<core::Box<Smmu>> smmu = core::error(core::Errno::kNoMemory);
	if (auto parts = allocate(dev, mmio, *features))
		smmu = core::make_box<Smmu>(dev, platform, id, std::move(*parts));
	if (!smmu)
		os_log(dev, OS_ERROR, "failed to allocate queues and tables");
	return smmu;
}

Smmu::Smmu(device* dev, const smmu_platform& platform, const IdRegisters& id, Parts&& parts)
	: dev_(dev),
	  platform_(platform),
	  mmio_(parts.mmio),
	  features_(parts.features),
	  control_(dev, mmio_, features_, platform),
	  ecmdqs_(Ecmdqs::find(dev, mmio_, id.idr1)),
	  power_(dev),
	  commands_(dev, mmio_, features_, platform, ecmdqs_, std::move(parts.commands),
		    {[](void* smmu) { static_cast<Smmu*>(smmu)->errors_.handle_gerror(); }, this}),
	  unanswered_(commands_, features_),
	  errors_(dev, mmio_, commands_, control_, unanswered_, aborted_requests_, power_),
	  streams_(dev, features_, commands_, std::move(parts.streams)),
	  ats_(std::move(parts.ats_lock), streams_),
	  stalls_(commands_),
	  page_requests_(dev, streams_, stalls_),
	  records_(dev, mmio_, streams_, stalls_, page_requests_, aborted_requests_,
		   std::move(parts.records)),
	  asids_(std::move(parts.asids)),
	  vmids_(std::move(parts.vmids))
{
	info_ = {
		.pgsize_bitmap = features_.pgsize_bitmap,
		.queue_entries = {commands_.entries(), records_.event_entries(),
				  records_.page_request_entries()},
		.idr = {id.idr0.raw(), id.idr1.raw(), mmio_.read_relaxed<IDR2>().raw(),
			id.idr3.raw(), mmio_.read_relaxed<IDR4>().raw(), id.idr5.raw()},
		.iidr = id.iidr.raw(),
		.oas_bits = features_.oas_bits,
		.sid_bits = features_.sid_bits,
		.ssid_bits = features_.ssid_bits,
		.pasid_bits = static_cast<u8>(features_.stage1 ? CdTable::max_bits(features_) : 0),
		.coherent = features_.coherent,
		.has_msi = features_.msi,
		.has_pri = features_.pri,
		.takes_page_requests = features_.pri && !platform.crash_kernel,
		.has_ats = features_.ats && features_.stalls != StallModel::kForced,
		.has_dirty = features_.dirty,
		.has_stalls = features_.stalls != StallModel::kNone,
		.forces_stalls = features_.stalls == StallModel::kForced,
		.stall_max = id.idr5.get<IDR5::STALL_MAX>(),
		.has_stage1 = features_.stage1,
		.has_stage2 = features_.stage2,
	};
}

Smmu::~Smmu() = default;

// Called with the interrupt descriptor locked: the shim drains the queues later.
void Smmu::set_msi(smmu_vector vector, u64 address, u32 data)
{
	core::IrqSection section;  // begins before STOP is read; power is kept until it ends
	if (!control_.change_message(vector, {address, data}, commands_))
		return;
	// 6.3.16: an error or record that arrived while the interrupt was disabled raises none
	// later, and a queue that is not empty raises none for its next record.
	if (vector == SMMU_VECTOR_GERROR)
		errors_.handle_gerror();
	else
		smmu_shim_drain_later(dev_);
}

void Smmu::hold()
{
	os_device_get(dev_);
	change_holders(1);
}

// The memory may be freed as soon as the holder is not counted any more.
void Smmu::release()
{
	device* const dev = dev_;
	change_holders(~0u);
	os_device_put(dev);
}

void Smmu::change_holders(u32 by)
{
	u32 seen = holders_.load_relaxed();
	while (!holders_.cas_release(seen, seen + by)) {
	}
}

smmu_stats Smmu::stats() const
{
	smmu_stats stats{};
	commands_.add_to(stats);
	records_.add_to(stats);
	stalls_.add_to(stats);
	stats.gerrors = errors_.count();
	stats.power = power_.read();
	return stats;
}

}  // namespace smmu3
