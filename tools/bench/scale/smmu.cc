// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/smmu.hpp"

namespace scale {
namespace {

using smmu3::Command;
using smmu3::Opcode;
using smmu3::SyncSignal;

Ps service_time(const Command& command)
{
	const Parameters& parameters = machine().parameters;
	if (command.get<Command::Op>() != Opcode::kSync)
		return from_ns(parameters.tlbi);
	return from_ns(command.get<Command::CS>() == SyncSignal::kIrq ? parameters.sync_message
								      : parameters.sync);
}

}  // namespace

void Smmu::write_prod(u32 queue, u32 index)
{
	machine().counters.prod_writes++;
	machine().spend_ns(machine().parameters.prod_write);
	machine().catch_up();
	machine().schedule(from_ns(machine().parameters.prod_arrival), prod_arrives, this,
			   u64{queue} << 32 | index);
}

void Smmu::half_a_read()
{
	machine().spend_ns(machine().parameters.register_read / 2);
	machine().catch_up();
}

u32 Smmu::read_cons(u32 queue)
{
	machine().counters.cons_reads++;
	half_a_read();
	const u32 cons = queues_[queue].cons;
	half_a_read();
	return cons;
}

void Smmu::read_other()
{
	half_a_read();
	half_a_read();
}

// The first command of an empty queue has to be fetched; later ones are fetched ahead.
void Smmu::prod_arrives(void* smmu, u64 queue_and_index)
{
	Smmu& self = *static_cast<Smmu*>(smmu);
	self.queues_[queue_and_index >> 32].prod = static_cast<u32>(queue_and_index);
	self.start_next(from_ns(machine().parameters.fetch));
}

Smmu::Queue* Smmu::next_queue()
{
	for (u32 i = 1; i <= queues_.size(); i++) {
		const u32 number = (at_ + i) % static_cast<u32>(queues_.size());
		Queue& queue = queues_[number];
		if (queue.busy || queue.cons == queue.prod)
			continue;
		at_ = number;
		return &queue;
	}
	return nullptr;
}

void Smmu::start_next(Ps fetch)
{
	if (busy_ >= machine().parameters.queues_at_once)
		return;
	if (Queue* queue = next_queue())
		start(*queue, fetch);
}

void Smmu::start(Queue& queue, Ps fetch)
{
	const Ps time = service_time(queue.command());
	machine().counters.smmu_busy += time;
	queue.busy = true;
	busy_++;
	machine().schedule(fetch + time, command_done, this, at_);
}

void Smmu::command_done(void* smmu, u64 number)
{
	Smmu& self = *static_cast<Smmu*>(smmu);
	Queue& queue = self.queues_[number];
	self.complete(queue.command());
	queue.cons = (queue.cons + 1) & (2 * queue.ring->entries - 1);
	queue.busy = false;
	self.busy_--;
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
