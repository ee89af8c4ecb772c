// SPDX-License-Identifier: GPL-2.0-only
// Read-side sections and grace periods whose every begin and end is a point where another CPU may come in
// (stepping.hpp).
#pragma once

#include "core/atomic.hpp"
#include "kunit/host/stepping.hpp"

namespace stepping {

struct Readers {
	bool without_sections = false, without_grace_periods = false;
	u32 inside = 0, ended = 0;
};

inline Readers readers;

// Of core::RcuArray.
struct ReadersPlatform {
	template <typename T>
	struct Atomic : core::Atomic<T> {
		using Base = core::Atomic<T>;
		using Base::Base;
		T load_acquire() const { return Scheduler::point(false), Base::load_acquire(); }
		void store_release(T value) { Scheduler::point(true), Base::store_release(value); }
	};

	static void synchronize()
	{
		Scheduler::point(false);
		if (readers.without_grace_periods)
			return;
		const u32 seen = readers.ended;
		for (const bool inside = readers.inside; inside && readers.ended == seen;)
			Scheduler::relax();
	}
};

class ReadSection {
public:
	ReadSection()
	{
		Scheduler::point(true);
		readers.inside += inside_;
	}
	~ReadSection()
	{
		Scheduler::point(true);
		readers.inside -= inside_;
		readers.ended += inside_;
	}
	ReadSection(const ReadSection&) = delete;
	ReadSection& operator=(const ReadSection&) = delete;

private:
	const bool inside_ = !readers.without_sections;
};

}  // namespace stepping
