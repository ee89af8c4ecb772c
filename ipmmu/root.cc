// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/root.hpp"

#include "core/wait.hpp"
#include "ipmmu/domain.hpp"
#include "ipmmu/instance.hpp"

namespace ipmmu {
namespace {

constexpr u64 kFlushNs = 100 * core::kNsPerUs;
// After power-on a flush also waits for the bus and the TLB memory, and a FLUSH written too early
// may be lost. A failure ends all DMA behind the root, so the flush is retried for up to 6 ms with
// interrupts disabled.
constexpr u64 kRestoreNs = 2 * core::kNsPerMs;
constexpr u32 kRestoreTries = 3;
constexpr size_t kTableBytes = 4096;

TableRef empty_table(u32 stage, u64 bus)
{
	constexpr u8 kLevel1 = 1;
	return {.stage = stage, .ttb = bus, .mair = 0, .sl = kLevel1};
}

bool has_flushed(const Mmio& mmio, ContextBank bank)
{
	return !mmio.read_relaxed<IMCTR>(bank).get<IMCTR::FLUSH>();
}

// Not inlined: a flush that has ended at the first read then saves no registers for the loop.
[[gnu::noinline]] Result<> wait_for_flush(const Mmio& mmio, ContextBank bank, u64 timeout_ns)
{
	return core::poll_until([&] { return has_flushed(mmio, bank); }, timeout_ns);
}

}  // namespace

Result<core::Box<Root>> Root::create(device* dev, const Soc& soc, u32 stage)
{
	// Zeroes are invalid descriptors.  Two tables: stage 2 starts with two concatenated ones.
	auto table = TRY(core::Dma::allocate(dev, 2 * kTableBytes));
	return core::make_box<Root>(dev, soc, stage, TRY(core::Mutex::make()), std::move(table));
}

Root::Root(device* dev, const Soc& soc, u32 stage, core::Mutex reports, core::Dma empty_table)
	: dev_(dev),
	  soc_(soc),
	  stage_(stage),
	  reports_(std::move(reports)),
	  empty_table_(std::move(empty_table))
{
	describe_empty(empty_);
	describe_empty(quarantine_);
	quarantine_.place(layout().first_context, layout());
	quarantine_.imctr.set<IMCTR::INTEN>(false);
}

void Root::describe_empty(Context& context)
{
	describe(context, layout(), empty_table(stage_, empty_table_.bus()));
}

Root::~Root()
{
	for (Domain& domain : domains_)
		domain.orphan();
	os_synchronize();  // all callers of Domain::flush() have finished
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

bool Root::has_power() const
{
	return own().active();
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
	for (u32 n = layout().first_context; n < layout().contexts; n++)
		count += !is_free(n) && contexts_[n] != &empty_;
	return count;
}

// They have ended later, or with a loss of power.
void Root::forget_flushed()
{
	for (u32 n = 0; flushing_ && has_power() && n < layout().contexts; n++)
		if (has_flushed(own().mmio(), layout().context(n)))
			flushing_ &= ~(1u << n);
}

// The last context is reserved for blocked devices: an attach to blocked must not fail.
u32 Root::find_free(const Context& context)
{
	forget_flushed();
	if (&context != &empty_ && domains() == usable_domains())
		return Context::kNone;
	for (u32 n = layout().first_context; n < layout().contexts; n++)
		if (is_free(n))
			return n;
	return &context == &empty_ ? find_flushing() : Context::kNone;
}

// A context whose flush has not ended.  The table that it walked is leaked, so its registers may be
// written.
u32 Root::find_flushing() const
{
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

Result<> Root::give(Context& context)
{
	Result<> disabled;
	if (has_power())
		disabled = disable(context);
	else
		own().leave_on(context);
	if (!disabled) {
		ipmmu_shim_report_stuck(dev_, context.number);
		// The empty table is never freed, and blocking must not fail.
		if (&context != &empty_)
			flushing_ |= context.bit();
	}
	contexts_[context.number] = nullptr;
	context.number = Context::kNone;
	context.imbuscr_known = false;
	return disabled;
}

// Disables and flushes the context, so that its tables can be freed.  No leaf uses it any more.
Result<> Root::disable(const Context& context)
{
	own().mmio().write_relaxed(context.bank, IMCTR{}.with<IMCTR::FLUSH>(true));
	return wait_for_flush(own().mmio(), context.bank, kFlushNs);
}

// Checked once, when the first context is taken: a new domain may fail, but Linux expects a first
// attach to succeed.
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
		// The other bits are set by firmware and kept in memory over a loss of power.
		if (!std::exchange(context.imbuscr_known, true))
			context.imbuscr = mmio.read_relaxed<IMBUSCR>(bank)
						  .with<IMBUSCR::DVM>(false)
						  .with<IMBUSCR::BUSSEL>(0);
		mmio.write_relaxed(bank, context.imbuscr);
	}
	mmio.write_relaxed(bank, IMSTR{});
	context.written = true;
}

// The leaves come first: FLUSH of the root reads 0 after the flushes of its leaves have ended.
inline void Root::begin_flush(const Context& context)
{
	core::dma_wmb();  // ORDER: page table entries before the FLUSH of the old ones
	for (Ipmmu& leaf : leaves()) {
		if (!(leaf.live() & context.bit()))
			continue;
		leaf.mmio().write_relaxed(context.bank, context.leaf_imctr());
		// ORDER: this write has arrived before the root is written.  Writes to two
		// peripherals are not ordered, and a DSB waits for acknowledgements, which may be
		// early.  A read is answered by the leaf (ordering.rst, "Two peripherals").
		(void)leaf.mmio().read<IMCTR>(context.bank);
	}
	own().mmio().write_relaxed(context.bank, context.imctr.with<IMCTR::FLUSH>(true));
}

// The read arrives after the write to the same peripheral, so it can't return FLUSH from before.
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

void Root::write_quarantine()
{
	own().mmio().write_relaxed(quarantine_.bank, IMCTR{});
	write(quarantine_);
}

void Root::enable_quarantine()
{
	own().mmio().write_relaxed(quarantine_.bank, quarantine_.imctr.with<IMCTR::FLUSH>(true));
	// ORDER: this write has arrived before micro-TLBs of leaves use the context; as in
	// begin_flush().
	(void)own().mmio().read<IMCTR>(quarantine_.bank);
}

// Whether another active IPMMU uses the context.
bool Root::is_used_elsewhere(u32 number, const Ipmmu& failed) const
{
	for (const Ipmmu& member : members())
		if (&member != &failed && member.active() && member.uses(*contexts_[number]))
			return true;
	return false;
}

// A context that no other active IPMMU uses, so that it can be disabled for a moment.  A free one
// has no TLB entries and is preferred.
u32 Root::find_spare(const Ipmmu& failed) const
{
	u32 spare = Context::kNone;
	for (u32 n = layout().first_context; n < layout().contexts; n++) {
		if (is_free(n))
			return n;
		if (spare == Context::kNone && contexts_[n] && !is_used_elsewhere(n, failed))
			spare = n;
	}
	return spare;
}

// No micro-TLB uses the context any more.
void Root::make_empty(Context& context)
{
	describe_empty(context);
	context.imctr.set<IMCTR::INTEN>(false);
	own().mmio().write_relaxed(context.bank, IMCTR{});
	write(context);
	own().mmio().write_relaxed(context.bank, context.imctr.with<IMCTR::FLUSH>(true));
}

// Devices behind other leaves may be active: one write of IMUCTR moves a micro-TLB to the
// quarantine context.
void Root::quarantine_all(const Ipmmu& member, ipmmu_power_state state, u64 begin)
{
	const u32 spare = find_spare(member);

	failed_ = true;
	if (spare != Context::kNone) {
		quarantine_.place(spare, layout());
		write_quarantine();
	} else {
		// All contexts are in use by active leaves.  A disabled one would let their DMA
		// pass.
		write(quarantine_);
	}
	for (Ipmmu& each : members())
		each.prepare_quarantine();
	enable_quarantine();
	for (Ipmmu& each : members())
		each.quarantine(state);
	for (Context* context : contexts_)
		if (context && context->number != quarantine_.number)
			make_empty(*context);
	for (Ipmmu& each : members())
		each.trace_power(begin);
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
