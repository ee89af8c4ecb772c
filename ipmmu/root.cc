// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/root.hpp"

#include "core/wait.hpp"
#include "ipmmu/domain.hpp"
#include "ipmmu/instance.hpp"

namespace ipmmu {
namespace {

constexpr u64 kFlushNs = 100 * core::kNsPerUs;
// After power-on a flush also waits for the bus and the TLB's memory to come up, and one that was written too
// early may be lost.  Failing ends all DMA of the root, so 6 ms with interrupts off are spent first.
constexpr u64 kRestoreNs = 2 * core::kNsPerMs;
constexpr u32 kRestoreTries = 3;
constexpr size_t kTableBytes = 4096;

ipmmu_pgtable empty_table(u32 stage, u64 bus)
{
	constexpr u8 kLevel1 = 1;
	ipmmu_pgtable table = table_for(stage);
	table.ttb = bus;
	table.sl = kLevel1;
	return table;
}

bool has_flushed(const Mmio& mmio, ContextBank bank)
{
	return !mmio.read_relaxed<IMCTR>(bank).get<IMCTR::FLUSH>();
}

// Apart, so that a flush that is over at the first look saves no registers for it.
[[gnu::noinline]] Result<> wait_for_flush(const Mmio& mmio, ContextBank bank, u64 timeout_ns)
{
	return core::poll_until([&] { return has_flushed(mmio, bank); }, timeout_ns);
}

}  // namespace

Result<core::Box<Root>> Root::create(device* dev, const Soc& soc, u32 stage)
{
	// Zeroes are invalid descriptors.  Two tables, because stage 2 starts with two side by side.
	auto table = TRY(core::Dma::allocate(dev, 2 * kTableBytes));
	return core::make_box<Root>(dev, soc, stage, TRY(core::Mutex::make()), std::move(table));
}

Root::Root(device* dev, const Soc& soc, u32 stage, core::Mutex reports, core::Dma nothing_table)
	: dev_(dev),
	  soc_(soc),
	  stage_(stage),
	  reports_(std::move(reports)),
	  nothing_table_(std::move(nothing_table))
{
	describe_nothing(nothing_);
	describe_nothing(locked_);
	locked_.place(layout().first_context, layout());
	locked_.imctr.set<IMCTR::INTEN>(false);
}

void Root::describe_nothing(Context& context)
{
	describe(context, layout(), empty_table(stage_, nothing_table_.bus()));
}

Root::~Root()
{
	for (Domain& domain : domains_)
		domain.orphan();
	os_synchronize();  // nobody is left in Domain::flush()
}

inline core::List<Ipmmu>::Range Root::leaves() const
{
	return core::List<Ipmmu>::after(own());
}

void Root::join(Ipmmu& member)
{
	Guard guard(lock());
	members_.append(member);
}

void Root::leave(Ipmmu& member)
{
	Guard guard(lock());
	members_.remove(member);
}

bool Root::leaf_has_power() const
{
	bool any = false;
	for (const Ipmmu& leaf : leaves())
		any |= leaf.active();
	return any;
}

void Root::update_live()
{
	live_ = 0;
	for (const Ipmmu& member : members())
		live_ |= member.live();
}

u32 Root::domains() const
{
	u32 count = 0;
	for (const Context* context : contexts_)
		count += context && context != &nothing_;
	return count;
}

// kNone also where the last one is left for blocked devices: blocking must not fail.
u32 Root::find_free(const Context& context) const
{
	if (&context != &nothing_ && domains() == usable_domains())
		return Context::kNone;
	for (u32 n = layout().first_context; n < layout().contexts; n++)
		if (!contexts_[n])
			return n;
	return Context::kNone;
}

Result<> Root::take(Context& context)
{
	if (failed_)
		return core::error(core::Errno::kIo);
	const u32 number = find_free(context);
	if (number == Context::kNone)
		return core::error(core::Errno::kNoSpace);

	context.place(number, layout());
	if (auto checked = check_flush(context); !checked) {
		context.number = Context::kNone;
		return checked;
	}
	context.written = false;
	contexts_[number] = &context;
	if (has_power())
		write(context);
	return {};
}

void Root::give(Context& context)
{
	if (!has_power())
		own().leave_on(context);
	else if (auto disabled = disable(context); !disabled)
		ipmmu_shim_report_stuck(dev_, context.number);
	contexts_[context.number] = nullptr;
	context.number = Context::kNone;
	context.imbuscr_known = false;
}

// Off, and forgotten: its tables may go after this.  No leaf uses it any more.
Result<> Root::disable(const Context& context)
{
	own().mmio().write_relaxed(context.bank, IMCTR{}.with<IMCTR::FLUSH>(true));
	return wait_for_flush(own().mmio(), context.bank, kFlushNs);
}

// Once: Linux expects a first attach not to fail, but a new domain may.
Result<> Root::check_flush(const Context& context)
{
	if (flush_works_ || !has_power())
		return {};
	auto flushed = disable(context);
	flush_works_ = flushed.has_value();
	return flushed;
}

void Root::write(Context& context)
{
	const ContextBank bank = context.bank;
	Mmio& mmio = own().mmio();

	mmio.write_relaxed(bank, context.imttlbr0);
	mmio.write_relaxed(bank, context.imttubr0);
	mmio.write_relaxed(bank, context.imttbcr);
	if (stage_ == IPMMU_STAGE_1)
		mmio.write_relaxed(bank, context.immair0);
	if (layout().imbuscr) {
		// Its other bits are the firmware's; after power loss they are nobody's, so they are kept.
		if (!std::exchange(context.imbuscr_known, true))
			context.imbuscr = mmio.read_relaxed<IMBUSCR>(bank)
						  .with<IMBUSCR::DVM>(false)
						  .with<IMBUSCR::BUSSEL>(0);
		mmio.write_relaxed(bank, context.imbuscr);
	}
	mmio.write_relaxed(bank, IMSTR{});
	context.written = true;
}

// The leaves, then the root, whose FLUSH tells when theirs have ended.
inline void Root::begin_flush(const Context& context)
{
	core::dma_wmb();  // ORDER: page table entries before the FLUSH that makes room for them
	for (Ipmmu& leaf : leaves()) {
		if (!(leaf.live() & context.bit()))
			continue;
		leaf.mmio().write_relaxed(context.bank, context.leaf_imctr());
		// ORDER: it has arrived before the root is written.  Writes to two peripherals are not ordered,
		// and a DSB waits for acknowledgements, which may be early; the answer to a read comes from the
		// leaf (ordering.rst, "Two peripherals").
		(void)leaf.mmio().read<IMCTR>(context.bank);
	}
	own().mmio().write_relaxed(context.bank, context.imctr.with<IMCTR::FLUSH>(true));
}

// A read that follows a write to the same peripheral arrives after it, so FLUSH is not seen too early.
Result<> Root::flush(const Context& context)
{
	begin_flush(context);
	return has_flushed(own().mmio(), context.bank)
		       ? Result<>()
		       : wait_for_flush(own().mmio(), context.bank, kFlushNs);
}

Result<> Root::flush_patiently(const Context& context)
{
	for (u32 tries = 1;; tries++) {
		begin_flush(context);
		auto flushed = wait_for_flush(own().mmio(), context.bank, kRestoreNs);
		if (flushed || tries == kRestoreTries)
			return flushed;
	}
}

void Root::write_lock()
{
	own().mmio().write_relaxed(locked_.bank, IMCTR{});
	write(locked_);
}

void Root::enable_lock()
{
	own().mmio().write_relaxed(locked_.bank, locked_.imctr.with<IMCTR::FLUSH>(true));
	// ORDER: it has arrived before micro-TLBs of leaves are pointed at it; as in begin_flush().
	(void)own().mmio().read<IMCTR>(locked_.bank);
}

// Whether devices that are awake use the context.
bool Root::works_elsewhere(u32 number, const Ipmmu& failed) const
{
	for (const Ipmmu& member : members())
		if (&member != &failed && member.active() && member.uses(*contexts_[number]))
			return true;
	return false;
}

// A context that may be off for a moment, best one that the TLB knows nothing of.
u32 Root::find_spare(const Ipmmu& failed) const
{
	u32 spare = Context::kNone;
	for (u32 n = layout().first_context; n < layout().contexts; n++) {
		if (!contexts_[n])
			return n;
		if (spare == Context::kNone && !works_elsewhere(n, failed))
			spare = n;
	}
	return spare;
}

// Of a context that no micro-TLB uses any more.
void Root::empty(Context& context)
{
	describe_nothing(context);
	context.imctr.set<IMCTR::INTEN>(false);
	own().mmio().write_relaxed(context.bank, IMCTR{});
	write(context);
	own().mmio().write_relaxed(context.bank, context.imctr.with<IMCTR::FLUSH>(true));
}

// Devices behind other leaves are at work: they get from their context to the lock in one write, IMUCTR.
void Root::lock_all(const Ipmmu& member, ipmmu_power_state state, u64 begin)
{
	const u32 spare = find_spare(member);

	failed_ = true;
	if (spare != Context::kNone) {
		locked_.place(spare, layout());
		write_lock();
	} else {
		// Each context is somebody's who is awake.  Off, it would let his DMA pass.
		write(locked_);
	}
	for (Ipmmu& each : members())
		each.prepare_lock();
	enable_lock();
	for (Ipmmu& each : members())
		each.lock(state);
	for (Context* context : contexts_)
		if (context && context->number != locked_.number)
			empty(*context);
	for (Ipmmu& each : members())
		each.tell(begin);
}

void Root::adopt(Domain& domain)
{
	domains_.prepend(domain);
}

void Root::disown(Domain& domain)
{
	domains_.remove(domain);
}

}  // namespace ipmmu
