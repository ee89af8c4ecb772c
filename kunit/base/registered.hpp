// SPDX-License-Identifier: GPL-2.0-only
// Objects of tests that functions called by a core find again.
#pragma once

#include <utility>

namespace test {

// The base of a T whose address the core hands back as a `void*`.
template <class T>
class Registered {
public:
	static T* find(const void* address)
	{
		for (Registered* one = first_; one; one = one->next_)
			if (static_cast<T*>(one) == address)
				return static_cast<T*>(one);
		return nullptr;
	}

	Registered()
		: next_(first_)
	{
		first_ = this;
	}
	~Registered()
	{
		Registered** at = &first_;
		while (*at != this)
			at = &(*at)->next_;
		*at = next_;
	}
	Registered(const Registered&) = delete;
	Registered& operator=(const Registered&) = delete;

private:
	static inline constinit Registered* first_ = nullptr;
	Registered* next_;
};

// The base of a T of which one is current: the last one made of those that exist, or none.
template <class T>
class Current {
public:
	static T* get() { return current_; }

	Current()
		: before_(std::exchange(current_, static_cast<T*>(this)))
	{
	}
	~Current() { current_ = before_; }
	Current(const Current&) = delete;
	Current& operator=(const Current&) = delete;

private:
	T* const before_;
	static inline constinit T* current_ = nullptr;
};

}  // namespace test
