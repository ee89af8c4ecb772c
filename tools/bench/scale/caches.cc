// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/caches.hpp"

#include <cstring>
#include <utility>

namespace scale {
namespace {

// How long an atomic operation keeps the line.
Ps atomic_hold()
{
	const Parameters& parameters = machine().parameters;
	return from_ns(parameters.hold + machine().random.exponential(parameters.hold_more));
}

Ps hit_time()
{
	return from_ns(machine().parameters.hit);
}

// Lines that CPUs read only to wait for a change.
bool only_waited_for(const Line& line)
{
	return line.holds == Holds::kPublished || line.holds == Holds::kMarks ||
	       line.holds == Holds::kServed || line.holds == Holds::kGroupMessage;
}

}  // namespace

void Caches::Value::write() const
{
	std::memcpy(to, &value, size);
}

// Pending stores of the CPU to the same line come first.
void Caches::begin_access(const Line& line)
{
	machine().spend(hit_time());
	machine().catch_up();
	const u32 cpu = machine().cpu();
	last_read_[cpu] = nullptr;
	for (const auto& store : buffers_[cpu].stores)
		if (store->line == &line)
			return barrier();
}

void Caches::read(const void* address)
{
	Line& line = lines.of(address);
	begin_access(line);
	const u32 cpu = machine().cpu();
	last_read_[cpu] = &line;
	if (line.has(cpu))
		return;
	Request request{cpu, Request::Kind::kRead, 0, 0,
			[](Request& arrived) { machine().wake(arrived.agent, 0); }};
	lines.request(line, request);
	machine().block();
}

// True: the line is held, and the caller makes the operation.  False: apply() has made it.
bool Caches::acquire(Line& line, Request& atomic)
{
	begin_access(line);
	atomic.agent = machine().cpu();
	atomic.hold = atomic.answer = atomic_hold();
	atomic.kind = Request::Kind::kWrite;
	if (machine().parameters.far_atomics) {
		far_request(line, atomic);
		return false;
	}
	if (lines.ready_for(line, atomic.agent)) {
		line.free_at = machine().now() + atomic.hold;
		machine().spend(atomic.hold);
		return true;
	}
	lines.request(line, atomic);
	machine().block();
	return false;
}

// The operation is sent to the home of the line, the result is sent back.
void Caches::far_request(Line& line, Request& atomic)
{
	const Ps way = machine().topology.distance(atomic.agent, kHome) / 2;
	machine().spend(way);
	machine().catch_up();
	atomic.kind = Request::Kind::kFarWrite;
	atomic.hold = 0;
	atomic.answer = way;
	lines.request(line, atomic);
	machine().block();
}

void Caches::write(const Value& value, bool release)
{
	Line& line = lines.of(value.to);
	begin_access(line);
	const u32 cpu = machine().cpu();
	auto& stores = buffers_[cpu].stores;
	if ((!release || stores.empty()) && lines.ready_for(line, cpu))
		return value.write();
	stores.push_back(std::make_unique<Store>(Store{
		{cpu, Request::Kind::kWrite, 0, 0, store_arrived, &line}, value, this, false}));
	if (!release || stores.size() == 1)
		issue(*stores.back());
}

void Caches::issue(Store& store)
{
	store.issued = true;
	lines.request(*store.line, store);
}

void Caches::store_arrived(Request& request)
{
	Store& store = static_cast<Store&>(request);
	store.value.write();
	store.caches->finish(store);
}

// The oldest store left may be a release that waited for this one.
void Caches::finish(Store& finished)
{
	const u32 cpu = finished.agent;
	StoreBuffer& buffer = buffers_[cpu];
	std::erase_if(buffer.stores, [&](const auto& store) { return store.get() == &finished; });
	if (buffer.stores.empty()) {
		if (std::exchange(buffer.awaited, false))
			machine().wake(cpu, 0);
	} else if (!buffer.stores.front()->issued) {
		issue(*buffer.stores.front());
	}
}

void Caches::barrier()
{
	machine().spend_ns(machine().parameters.barrier);
	machine().catch_up();
	StoreBuffer& buffer = buffers_[machine().cpu()];
	if (buffer.stores.empty())
		return;
	buffer.awaited = true;
	machine().block();
}

void Caches::relax()
{
	machine().spend_ns(machine().parameters.relax);
	Line* line = last_read_[machine().cpu()];
	if (line && only_waited_for(*line))
		wait_for_change(*line);
}

void Caches::wait_for_change(Line& line)
{
	machine().catch_up();
	const u32 cpu = machine().cpu();
	if (!line.has(cpu))
		return;
	line.watchers.push_back(cpu);
	machine().block();
}

void Caches::device_write(u32* to, u32 value)
{
	device_writes_.push_back(
		{{kHome, Request::Kind::kIoWrite, 0, 0, device_write_arrived}, to, value, this});
	if (device_writes_.size() == 1)
		send_device_write();
}

void Caches::send_device_write()
{
	DeviceWrite& write = device_writes_.front();
	lines.request(lines.of(write.to), write);
}

void Caches::device_write_arrived(Request& request)
{
	const DeviceWrite& write = static_cast<DeviceWrite&>(request);
	Caches& caches = *write.caches;
	*write.to = write.value;
	caches.device_writes_.pop_front();
	if (!caches.device_writes_.empty())
		caches.send_device_write();
}

}  // namespace scale
