// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/shipping.hpp"

#include "tools/bench/scale/platform.hpp"

namespace scale {
namespace {

using Queue = smmu3::CommandQueue<SimulatedPlatform>;
using Ready = core::Array<SimulatedAtomic<u32>>;

constexpr double kOffNs = 5000;
constexpr size_t kMessageBytes = Queue::message_bytes(kMaxCpus);

class Shipping : public Algorithm {
public:
	Shipping(Method method, bool shares_syncs)
		: messages_(static_cast<u64*>(os_alloc(kMessageBytes))),
		  queue_(mmio_, config(method, shares_syncs), marks())
	{
		SimulatedPlatform::reset();
		add_lines();
		add_messages();
	}
	~Shipping() override { os_free(messages_); }

	// The queue starts stopped, and elides commands until then.
	void open() override { queue_.open(); }

	bool issue(std::span<const smmu3::Command> commands, bool sync) override
	{
		const auto completion = sync ? smmu3::Completion::kSync : smmu3::Completion::kNone;
		const auto outcome = queue_.issue(commands, completion);
		if (!outcome)
			__builtin_trap();  // timed out
		return *outcome == smmu3::Outcome::kIssued;
	}

	// The steps of arm-smmu-v3/power.cc that concern the queue.
	void cycle_power() override
	{
		const u32 target = queue_.stop();
		if (!queue_.drain(target))
			__builtin_trap();
		SimulatedPlatform::synchronize();
		queue_.settle();
		machine().spend_ns(kOffNs);
		machine().catch_up();
		queue_.open();
		issue(std::array{smmu3::Command::of(smmu3::Opcode::kTlbiNsnhAll)}, true);
	}

private:
	smmu3::CommandQueueConfig config(Method method, bool shares_syncs)
	{
		return {.log2_entries = kLog2Entries,
			.method = method == Method::kMessage ? smmu3::SyncMethod::kMessage
							     : smmu3::SyncMethod::kRegister,
			.slots = bench().slots,
			.messages = messages_,
			.messages_bus = reinterpret_cast<u64>(messages_),
			.cpus = kMaxCpus,
			.shares_syncs = shares_syncs,
			.attend = attend};
	}

	// ErrorHandler::handle_gerror() reads GERROR and GERRORN.
	static void attend(void*)
	{
		machine().counters.attends++;
		bench().smmu.read_other();
		bench().smmu.read_other();
	}

	static Ready marks()
	{
		Ready ready = *Ready::allocate(kEntries);
		bench().caches.lines.add(&ready[0], kEntries * sizeof(u32), Holds::kMarks);
		bench().first_mark = &ready[0];
		return ready;
	}

	// The last six lines of the queue are the word, `published`, the turns' two, and the counters with the failed
	// CMD_SYNCs.  What lies before them is never written.
	void add_lines()
	{
		constexpr size_t kLine = 64;
		static_assert(alignof(Queue) == kLine);
		char* end = reinterpret_cast<char*>(&queue_ + 1);
		Lines& lines = bench().caches.lines;
		lines.add(end - 9 * kLine, kLine, Holds::kWord);
		lines.add(end - 8 * kLine, kLine, Holds::kPublished);
		lines.add(end - 7 * kLine, kLine, Holds::kOther);
		lines.add(end - 6 * kLine, 4 * kLine, Holds::kServed);
		lines.add(end - 2 * kLine, 2 * kLine, Holds::kOther);
	}

	void add_messages()
	{
		constexpr size_t kOwn = kMessageBytes - Queue::message_bytes(0);
		Lines& lines = bench().caches.lines;
		lines.add(messages_, kOwn, Holds::kMessage);
		lines.add(messages_ + kOwn / sizeof(*messages_), kMessageBytes - kOwn,
			  Holds::kGroupMessage);
	}

	SimulatedMmio mmio_;
	u64* messages_;
	Queue queue_;
};

}  // namespace

std::unique_ptr<Algorithm> make_shipping(Method method, bool shares_syncs)
{
	return std::make_unique<Shipping>(method, shares_syncs);
}

}  // namespace scale
