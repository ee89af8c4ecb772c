// SPDX-License-Identifier: GPL-2.0-only
#include "tools/bench/scale/lines.hpp"

#include <utility>

namespace scale {
namespace {

constexpr u64 kLineBytes = 64;

bool only_reads(const Request& request)
{
	return request.kind == Request::Kind::kRead;
}

// A writer waits for the invalidation of the farthest copy.
Ps farthest_copy(const Line& line, u32 agent)
{
	Ps farthest = machine().topology.distance(kHome, agent);
	for (u32 cpu = 0; cpu < kMaxCpus; cpu++)
		if (line.has(cpu) && cpu != agent)
			farthest = std::max(farthest, machine().topology.distance(cpu, agent));
	return farthest;
}

Ps transfer_time(const Line& line, const Request& request)
{
	const Parameters& parameters = machine().parameters;
	const Ps from_owner = machine().topology.distance(line.owner, request.agent);
	switch (request.kind) {
	case Request::Kind::kIoWrite:
		return 0;
	case Request::Kind::kFarWrite:
		return line.dirty ? machine().topology.distance(line.owner, kHome)
				  : from_ns(parameters.far_service);
	case Request::Kind::kRead:
		return line.dirty ? from_owner
				  : static_cast<Ps>(static_cast<double>(from_owner) *
						    parameters.clean);
	case Request::Kind::kWrite:
		return line.dirty ? from_owner : farthest_copy(line, request.agent);
	}
	return 0;
}

size_t nearest(const Line& line)
{
	size_t best = 0;
	Ps shortest = ~Ps{0};
	for (size_t i = 0; i < line.waiting.size(); i++) {
		const Ps distance = machine().topology.distance(line.owner, line.waiting[i]->agent);
		if (distance < shortest) {
			shortest = distance;
			best = i;
		}
	}
	return best;
}

Request* choose(Line& line)
{
	size_t index = 0;
	switch (machine().parameters.arbitration) {
	case Arbitration::kAny:
		index = machine().random.below(static_cast<u32>(line.waiting.size()));
		break;
	case Arbitration::kNearest:
		index = nearest(line);
		break;
	case Arbitration::kFifo:
		break;
	}
	Request* request = line.waiting[index];
	line.waiting.erase(line.waiting.begin() + static_cast<std::ptrdiff_t>(index));
	return request;
}

void take_copies_away(Line& line)
{
	line.sharers.reset();
	for (u32 cpu : std::exchange(line.watchers, {}))
		machine().wake(cpu, from_ns(machine().parameters.relax));
}

void change_hands(Line& line, const Request& request)
{
	if (only_reads(request)) {
		line.dirty = false;
		line.sharers.set(request.agent);
		return;
	}
	take_copies_away(line);
	const bool to_cpu = request.kind == Request::Kind::kWrite;
	line.owner = to_cpu ? request.agent : kHome;
	line.dirty = to_cpu;
	if (to_cpu)
		line.sharers.set(request.agent);
}

void count(const Line& line, const Request& request)
{
	Counters& counters = machine().counters;
	const int what = static_cast<int>(line.holds);
	counters.fetches[what]++;
	counters.reads[what] += only_reads(request);
}

}  // namespace

void Lines::add(const void* base, size_t bytes, Holds what)
{
	const u64 start = reinterpret_cast<u64>(base);
	if (start % kLineBytes)
		__builtin_trap();
	Region& region = regions_.emplace_back(
		start, bytes, std::vector<Line>((bytes + kLineBytes - 1) / kLineBytes));
	for (Line& line : region.lines)
		line.holds = what;
}

Line& Lines::of(const void* address)
{
	const u64 at = reinterpret_cast<u64>(address);
	for (Region& region : regions_)
		if (at - region.base < region.bytes)
			return region.lines[(at - region.base) / kLineBytes];
	__builtin_trap();  // shared memory that was not registered
}

void Lines::request(Line& line, Request& request)
{
	request.line = &line;
	count(line, request);
	line.waiting.push_back(&request);
	if (!line.in_flight)
		serve_next(line);
}

void Lines::serve_next(Line& line)
{
	if (line.waiting.empty() || line.kicked)
		return;
	const Ps now = machine().now();
	if (now < line.free_at) {
		line.kicked = true;
		machine().schedule(line.free_at - now, kick, &line, 0);
		return;
	}
	Request* next = choose(line);
	line.in_flight = true;
	machine().schedule(transfer_time(line, *next), arrived, &line, reinterpret_cast<u64>(next));
}

void Lines::kick(void* what, u64)
{
	Line& line = *static_cast<Line*>(what);
	line.kicked = false;
	serve_next(line);
}

void Lines::arrived(void* what, u64 argument)
{
	Line& line = *static_cast<Line*>(what);
	Request& request = *reinterpret_cast<Request*>(argument);
	change_hands(line, request);
	line.in_flight = false;
	line.free_at = machine().now() + request.hold;
	request.apply(request);
	serve_next(line);
}

}  // namespace scale
