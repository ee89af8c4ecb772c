// SPDX-License-Identifier: GPL-2.0-only
#include "arm-smmu-v3/smmu.hpp"

#include "arm-smmu-v3/cdtab.hpp"

namespace smmu3 {

// Everything that can fail to be had, so that an Smmu is whole or not at all.
struct Smmu::Parts {
	Mmio mmio;
	Features features;
	QueueMemory cmdq_memory;
	core::Dma cmdq_messages;
	core::Array<core::Atomic<u32>> cmdq_ready;
	EventQueue evtq;
	std::optional<PriQueue> priq;
	StreamTable strtab;
	core::Mutex streams_lock, records_lock;
	core::Ids asids, vmids;
	core::Map masters, reserved;
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
		os_log(dev, OS_WARNING, "IDR0.HTTU overridden by firmware");
	if (f.oas_unknown)
		os_log(dev, OS_NOTICE, "unknown output address size. Truncating to 48-bit");
	os_log(dev, OS_INFO,
	       "ias %u-bit, oas %u-bit (%u-bit stream IDs, stages:%s%s, granules:%s%s%s%s%s)",
	       f.oas_bits, f.oas_bits, f.sid_bits, f.stage1 ? " 1" : "", f.stage2 ? " 2" : "",
	       f.pgsize_bitmap & 0x1000 ? " 4K" : "", f.pgsize_bitmap & 0x4000 ? " 16K" : "",
	       f.pgsize_bitmap & 0x10000 ? " 64K" : "",
	       f.range_invalidation ? ", range invalidation" : "", f.coherent ? ", coherent" : "");
}

SyncMethod choose_sync_method(const Features& features, const smmu_platform& platform)
{
	if (features.msi && features.coherent && !(platform.options & SMMU_OPT_NO_MSI_POLL))
		return SyncMethod::kMessage;
	return features.sev ? SyncMethod::kEvent : SyncMethod::kRegister;
}

core::Result<std::optional<PriQueue>> create_priq(device* dev, const Features& features)
{
	if (!features.pri)
		return std::nullopt;
	return TRY(PriQueue::create(dev, features.priq_log2));
}

core::Result<Smmu::Parts> allocate(device* dev, const Mmio& mmio, const Features& features)
{
	constexpr u32 kSmallestLog2 =
		std::bit_width(Queue::kMaxCommands);  // a batch and a CMD_SYNC
	auto memory =
		TRY(QueueMemory::allocate(dev, sizeof(Command), features.cmdq_log2, kSmallestLog2));
	auto ready =
		TRY(core::Array<core::Atomic<u32>>::allocate(size_t{1} << memory.log2_entries));
	return Smmu::Parts{
		.mmio = mmio,
		.features = features,
		.cmdq_memory = std::move(memory),
		.cmdq_messages =
			TRY(core::Dma::allocate(dev, size_t{os_nr_cpus()} * Queue::kMessageStride)),
		.cmdq_ready = std::move(ready),
		.evtq = TRY(EventQueue::create(dev, features.eventq_log2)),
		.priq = TRY(create_priq(dev, features)),
		.strtab = TRY(StreamTable::create(dev, features)),
		.streams_lock = TRY(core::Mutex::make()),
		.records_lock = TRY(core::Mutex::make()),
		.asids = TRY(core::Ids::make()),
		.vmids = TRY(core::Ids::make()),
		.masters = TRY(core::Map::make()),
		.reserved = TRY(core::Map::make()),
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
		os_log(dev, OS_WARNING, "the bus does not take %u-bit addresses from the SMMU",
		       features->oas_bits);

	core::Result<core::Box<Smmu>> smmu = core::error(core::Errno::kNoMemory);
	if (auto parts = allocate(dev, mmio, *features))
		smmu = core::make_box<Smmu>(dev, platform, id, std::move(*parts));
	if (!smmu)
		os_log(dev, OS_ERROR, "no memory for queues and tables");
	return smmu;
}

Smmu::Smmu(device* dev, const smmu_platform& platform, const IdRegisters& id, Parts&& parts)
	: dev_(dev),
	  platform_(platform),
	  mmio_(parts.mmio),
	  features_(parts.features),
	  found_gbpa_(mmio_.read_relaxed<GBPA>()),
	  cmdq_memory_(std::move(parts.cmdq_memory)),
	  cmdq_messages_(std::move(parts.cmdq_messages)),
	  cmdq_(mmio_,
		{.log2_entries = cmdq_memory_.log2_entries,
		 .method = choose_sync_method(features_, platform),
		 .slots = cmdq_memory_.dma.as<Command>(),
		 .messages = cmdq_messages_.as<u64>(),
		 .messages_bus = cmdq_messages_.bus(),
		 .attend = [](void* smmu) { static_cast<Smmu*>(smmu)->handle_gerror(); },
		 .owner = this},
		std::move(parts.cmdq_ready)),
	  evtq_(std::move(parts.evtq)),
	  priq_(std::move(parts.priq)),
	  strtab_(std::move(parts.strtab)),
	  streams_lock_(std::move(parts.streams_lock)),
	  records_lock_(std::move(parts.records_lock)),
	  asids_(std::move(parts.asids)),
	  vmids_(std::move(parts.vmids)),
	  masters_(std::move(parts.masters)),
	  reserved_(std::move(parts.reserved))
{
	info_ = {
		.pgsize_bitmap = features_.pgsize_bitmap,
		.queue_entries = {1u << cmdq_memory_.log2_entries, evtq_.entries(),
				  priq_ ? priq_->entries() : 0},
		.idr = {id.idr0.raw(), id.idr1.raw(), mmio_.read_relaxed<IDR2>().raw(),
			id.idr3.raw(), mmio_.read_relaxed<IDR4>().raw(), id.idr5.raw()},
		.iidr = id.iidr.raw(),
		.oas_bits = features_.oas_bits,
		.sid_bits = features_.sid_bits,
		.ssid_bits = features_.ssid_bits,
		.coherent = features_.coherent,
		.has_msi = features_.msi,
		.has_pri = features_.pri,
		.has_stage1 = features_.stage1,
		.has_stage2 = features_.stage2,
	};
}

Smmu::~Smmu() = default;

core::Result<Outcome> Smmu::issue(std::span<const Command> commands)
{
	return noted(cmdq_.issue(commands, Completion::kSync));
}

void Smmu::note_elision()
{
	counts_.elided++;
	smmu_shim_trace_elided(dev_);
}

void Smmu::note_timeout()
{
	counts_.sync_timeouts++;
	count_timeout();
	if (!smmu_shim_may_log(dev_, SMMU_LINE_TIMEOUT))
		return;
	const u32 position = cmdq_.hardware_index();
	if (const auto registers = command_registers())
		os_log(dev_, OS_ERROR,
		       "CMD_SYNC timeout at 0x%08x [hwprod 0x%08x, hwcons 0x%08x], stale "
		       "translations may be in use",
		       position, registers->prod, registers->cons);
	else
		os_log(dev_, OS_ERROR, "CMD_SYNC timeout at 0x%08x [the queue is stopped]",
		       position);
}

// Nothing while the queue is stopped: the registers may have no power.
std::optional<Smmu::CommandRegisters> Smmu::command_registers() const
{
	core::IrqSection section;  // begins before the look at STOP; power goes after its end
	if (cmdq_.stopped())
		return std::nullopt;
	return CommandRegisters{mmio_.read_relaxed<CMDQ_PROD>().raw(),
				mmio_.read_relaxed<CMDQ_CONS>().raw()};
}

smmu_stats Smmu::stats() const
{
	smmu_stats stats = counts_;
	stats.commands = cmdq_.position();
	stats.power = power_;
	stats.power.now_ns = os_now_ns();
	stats.queue_full = cmdq_.times_full();
	return stats;
}

}  // namespace smmu3
