// SPDX-License-Identifier: GPL-2.0-only
// Pending events in the order of their times; events of one time in the order in which they were pushed.
#pragma once

#include <algorithm>
#include <vector>

#include "tools/bench/scale/parameters.hpp"

namespace scale {

struct Event {
	Ps time;
	u64 order;
	void (*run)(void* what, u64 argument);
	void* what;
	u64 argument;
};

class EventQueue {
public:
	bool empty() const { return heap_.empty(); }
	Ps next_time() const { return heap_.front().time; }

	void push(Ps time, void (*run)(void*, u64), void* what, u64 argument)
	{
		heap_.push_back({time, order_++, run, what, argument});
		std::push_heap(heap_.begin(), heap_.end(), later);
	}

	Event pop()
	{
		std::pop_heap(heap_.begin(), heap_.end(), later);
		const Event event = heap_.back();
		heap_.pop_back();
		return event;
	}

private:
	static bool later(const Event& a, const Event& b)
	{
		return a.time != b.time ? a.time > b.time : a.order > b.order;
	}

	std::vector<Event> heap_;
	u64 order_ = 0;
};

}  // namespace scale
