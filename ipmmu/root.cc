// SPDX-License-Identifier: GPL-2.0-only
#include "ipmmu/root.hpp"

#include "core/wait.hpp"
#include "ipmmu/domain.hpp"
#include "ipmmu/instance.hpp"

namespace ipmmu {
namespace {

constexpr u64 kFlushNs = 100 * core::kNsPerUs;
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
[[gnu::noinline]] Result<> wait_for_flush(const Mmio& mmio, ContextBank bank)
{
	return core::poll_until([&] { return has_flushed(mmio, bank); }, kFlushNs);
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
	locked_.number = layout().first_context;
	locked_.imctr.set<IMCTR::INTEN>(false);
}

void Root::describe_nothing(Context& context)
{
	describe(context, layout(), empty_table(stage_, nothing_table_.bus()));
}

Root::~Root()
{
	for (Domain* domain = domains_; domain;)
		domain = domain->orphan();
	os_synchronize();  // nobody is left in Domain::flush()
}

Ipmmu** Root::members_end()
{
	Ipmmu** at = &members_;
	while (*at)
		at = &(*at)->next_;
	return at;
}

void Root::join(Ipmmu& member)
{
	Guard guard(lock());
	*members_end() = &member;
}

void Root::leave(Ipmmu& member)
{
	Guard guard(lock());
	Ipmmu** at = &members_;
	while (*at != &member)
		at = &(*at)->next_;
	*at = member.next_;
}

bool Root::leaf_has_power() const
{
	for (Ipmmu* leaf = own().next(); leaf; leaf = leaf->next())
		if (leaf->active())
			return true;
	return false;
}

Result<> Root::take(Context& context)
{
	if (failed_)
		return core::error(core::Errno::kIo);
	u32 number = layout().first_context;
	while (number < layout().contexts && contexts_[number])
		number++;
	if (number == layout().contexts)
		return core::error(core::Errno::kNoSpace);

	context.number = number;
	contexts_[number] = &context;
	if (!has_power())
		return {};
	write(context);
	auto flushed = flush(context);
	if (!flushed)
		give(context);
	return flushed;
}

void Root::give(Context& context)
{
	if (has_power()) {
		// Off, and forgotten: the tables may go after this.
		const IMCTR wanted = std::exchange(context.imctr, IMCTR{});
		if (auto flushed = flush(context); !flushed)
			ipmmu_shim_report_stuck(dev_, context.number);
		context.imctr = wanted;
	}
	contexts_[context.number] = nullptr;
	context.number = Context::kNone;
	context.imbuscr_known = false;
}

void Root::write(Context& context)
{
	const ContextBank bank = layout().context(context.number);
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
}

Result<> Root::flush(Context& context)
{
	const ContextBank bank = layout().context(context.number);
	Ipmmu& root = own();

	core::dma_wmb();  // ORDER: page table entries before the FLUSH that makes room for them
	for (Ipmmu* leaf = root.next(); leaf; leaf = leaf->next())
		if (leaf->uses(context) && leaf->active())
			leaf->write_leaf_imctr(context, context.imctr.get<IMCTR::MMUEN>());
	root.mmio().write_relaxed(bank, context.imctr.with<IMCTR::FLUSH>(true));

	// ORDER: FLUSH has arrived before it is looked for, else a 0 may be from before.
	core::mb();
	return has_flushed(root.mmio(), bank) ? Result<>() : wait_for_flush(root.mmio(), bank);
}

void Root::write_lock()
{
	own().mmio().write_relaxed(layout().context(locked_.number), IMCTR{});
	write(locked_);
}

void Root::enable_lock()
{
	own().mmio().write_relaxed(layout().context(locked_.number),
				   locked_.imctr.with<IMCTR::FLUSH>(true));
}

// Whether devices that are awake use the context.
bool Root::works_elsewhere(u32 number, const Ipmmu& failed) const
{
	for (Ipmmu* ipmmu = members_; ipmmu; ipmmu = ipmmu->next_)
		if (ipmmu != &failed && ipmmu->active() && ipmmu->uses(*contexts_[number]))
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
	const ContextBank bank = layout().context(context.number);

	describe_nothing(context);
	context.imctr.set<IMCTR::INTEN>(false);
	own().mmio().write_relaxed(bank, IMCTR{});
	write(context);
	own().mmio().write_relaxed(bank, context.imctr.with<IMCTR::FLUSH>(true));
}

// Devices behind other leaves are at work: they get from their context to the lock in one write, IMUCTR.
void Root::lock_all(const Ipmmu& member, ipmmu_power_state state, u64 begin)
{
	const u32 spare = find_spare(member);

	failed_ = true;
	if (spare != Context::kNone) {
		locked_.number = spare;
		write_lock();
	} else {
		// Each context is somebody's who is awake.  Off, it would let his DMA pass.
		write(locked_);
	}
	for (Ipmmu* ipmmu = members_; ipmmu; ipmmu = ipmmu->next_)
		ipmmu->prepare_lock();
	enable_lock();
	for (Ipmmu* ipmmu = members_; ipmmu; ipmmu = ipmmu->next_)
		ipmmu->lock(state);
	for (Context* context : contexts_)
		if (context && context->number != locked_.number)
			empty(*context);
	for (Ipmmu* ipmmu = members_; ipmmu; ipmmu = ipmmu->next_)
		ipmmu->tell(begin);
}

void Root::adopt(Domain& domain)
{
	domain.next_ = std::exchange(domains_, &domain);
}

void Root::disown(Domain& domain)
{
	Domain** at = &domains_;
	while (*at != &domain)
		at = &(*at)->next_;
	*at = domain.next_;
}

}  // namespace ipmmu
