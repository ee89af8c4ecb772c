// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/shipping.hpp"

#include "tools/bench/scale/enhanced.hpp"

namespace scale {
namespace {

using Queue = smmu3::CommandQueue<SimulatedPlatform>;

constexpr double kOffNs = 5000;
constexpr size_t kMessageBytes = Queue::message_bytes(kMaxCpus);

// The words to which CMD_SYNCs send messages.
class Messages {
public:
	Messages()
		: words_(static_cast<u64*>(os_alloc(kMessageBytes)))
	{
		constexpr size_t kOwn = kMessageBytes - Queue::message_bytes(0);
		Lines& lines = bench().caches.lines;
		lines.add(words_, kOwn, Holds::kMessage);
		lines.add(words_ + kOwn / sizeof(*words_), kMessageBytes - kOwn,
			  Holds::kGroupMessage);
	}
	~Messages() { os_free(words_); }
	Messages(const Messages&) = delete;
	Messages& operator=(const Messages&) = delete;

	u64* words() const { return words_; }

private:
	u64* const words_;
};

class Shipping : public Algorithm {
public:
	Shipping(Method method, bool shares_syncs)
		: config_(config(method, shares_syncs)),
		  own_(0, bench().ring(), config_)
	{
		SimulatedPlatform::reset();
	}

	// The queue starts stopped, and elides commands until then.
	void open() override { own_.queue.open(); }

	bool issue(std::span<const smmu3::Command> commands, bool sync) override
	{
		const auto completion = sync ? smmu3::Completion::kSync : smmu3::Completion::kNone;
		const auto outcome = own_.queue.issue(commands, completion);
		if (!outcome)
			__builtin_trap();  // timed out
		return *outcome == smmu3::Outcome::kIssued;
	}

	// The steps of arm-smmu-v3/power.cc that concern the queue.
	void cycle_power() override
	{
		const u32 target = own_.queue.stop();
		if (!own_.queue.drain(target))
			__builtin_trap();
		SimulatedPlatform::synchronize();
		own_.queue.settle();
		machine().spend_ns(kOffNs);
		machine().catch_up();
		own_.queue.open();
		issue(std::array{smmu3::Command::of(smmu3::Opcode::kTlbiNsnhAll)}, true);
	}

private:
	smmu3::CommandQueueConfig config(Method method, bool shares_syncs) const
	{
		const auto signal = method == Method::kMessage ? smmu3::SyncMethod::kMessage
							       : smmu3::SyncMethod::kRegister;
		// SimulatedQueue fills in the memory.
		return {.log2_entries = 0,
			.method = signal,
			.slots = nullptr,
			.messages = messages_.words(),
			.messages_bus = reinterpret_cast<u64>(messages_.words()),
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

	Messages messages_;

protected:
	const smmu3::CommandQueueConfig config_;
	SimulatedQueue<SimulatedPlatform> own_;
};

class Enhanced : public Shipping {
public:
	Enhanced(Method method, u32 cpus)
		: Shipping(method, true),
		  queues_(cpus, config_)
	{
		own_.queue.leave_to(queues_);
	}

	void open() override { queues_.open(); }

private:
	EnhancedQueues queues_;
};

}  // namespace

std::unique_ptr<Algorithm> make_shipping(Method method, bool shares_syncs)
{
	return std::make_unique<Shipping>(method, shares_syncs);
}

std::unique_ptr<Algorithm> make_enhanced(Method method, u32 cpus)
{
	return std::make_unique<Enhanced>(method, cpus);
}

}  // namespace scale
