// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/smmu.hpp"

namespace scale {
namespace {

using smmu3::Command;
using smmu3::Opcode;
using smmu3::SyncSignal;

constexpr u32 kIndexMask = 2 * kEntries - 1;

Ps service_time(const Command& command)
{
	const Parameters& parameters = machine().parameters;
	if (command.get<Command::Op>() != Opcode::kSync)
		return from_ns(parameters.tlbi);
	return from_ns(command.get<Command::CS>() == SyncSignal::kIrq ? parameters.sync_message
								      : parameters.sync);
}

}  // namespace

void Smmu::write_prod(u32 index)
{
	machine().counters.prod_writes++;
	machine().spend_ns(machine().parameters.prod_write);
	machine().catch_up();
	machine().schedule(from_ns(machine().parameters.prod_arrival), prod_arrives, this, index);
}

void Smmu::half_a_read()
{
	machine().spend_ns(machine().parameters.register_read / 2);
	machine().catch_up();
}

u32 Smmu::read_cons()
{
	machine().counters.cons_reads++;
	half_a_read();
	const u32 cons = cons_;
	half_a_read();
	return cons;
}

void Smmu::read_other()
{
	half_a_read();
	half_a_read();
}

// The first command of an empty queue has to be fetched; later ones are fetched ahead.
void Smmu::prod_arrives(void* smmu, u64 index)
{
	Smmu& self = *static_cast<Smmu*>(smmu);
	self.prod_ = static_cast<u32>(index);
	if (!self.busy_)
		self.start_next(from_ns(machine().parameters.fetch));
}

void Smmu::start_next(Ps fetch)
{
	busy_ = cons_ != prod_;
	if (!busy_)
		return;
	const Ps time = service_time(slot(cons_));
	machine().counters.smmu_busy += time;
	machine().schedule(fetch + time, command_done, this, 0);
}

void Smmu::command_done(void* smmu, u64)
{
	Smmu& self = *static_cast<Smmu*>(smmu);
	self.complete(self.slot(self.cons_));
	self.cons_ = (self.cons_ + 1) & kIndexMask;
	self.start_next(0);
}

void Smmu::complete(const Command& command)
{
	if (command.get<Command::Op>() != Opcode::kSync ||
	    command.get<Command::CS>() != SyncSignal::kIrq)
		return;
	auto* message = new Message{&caches_, command.get<Command::MSIAddress>(),
				    static_cast<u32>(command.get<Command::MSIData>())};
	machine().schedule(from_ns(machine().parameters.message_write), message_arrives, message,
			   0);
}

void Smmu::message_arrives(void* what, u64)
{
	const std::unique_ptr<Message> message(static_cast<Message*>(what));
	message->caches->device_write(reinterpret_cast<u32*>(message->address), message->data);
}

}  // namespace scale
