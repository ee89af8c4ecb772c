// SPDX-License-Identifier: GPL-2.0-only
// Tables of one of several formats, which is chosen when they are created.
#pragma once

#include <new>

#include "os/tables.h"
#include "pgtable/reclaim.hpp"
#include "pgtable/walk.hpp"

namespace pgtable {

template <Platform P, Format First, Format... Others>
class Choice {
	template <Format F>
	static constexpr bool kLaidOutAlike =
		sizeof(Table<F, P>) == sizeof(Table<First, P>) &&
		alignof(Table<F, P>) == alignof(Table<First, P>) &&
		sizeof(Table<F, P>) == sizeof(Tree<typename F::Layout, P>);
	static_assert((kLaidOutAlike<Others> && ...));

public:
	Choice() = default;
	~Choice() { destroy(); }
	Choice(const Choice&) = delete;
	Choice& operator=(const Choice&) = delete;

	// Allocate the first table of format F; errors are those of Table::create().  Sleeps.
	template <Format F>
	core::Result<> create(P& platform, const Config& config)
	{
		auto* table = new (memory_) Table<F, P>(platform, config);
		TRY(table->create(OS_TABLES_SLEEP));
		chosen_ = index_of<F>();
		return {};
	}
	// Release all tables; as Table::destroy().
	void destroy()
	{
		visit([](auto& table) { table.destroy(); });
		chosen_ = kNone;
	}
	// All tables stay allocated: walkers may not have forgotten them.
	void leak() { chosen_ = kNone; }

	bool exists() const { return chosen_ != kNone; }

	// SAFETY: `F` is the format that create() was called with.
	template <Format F>
	[[gnu::always_inline]] Table<F, P>& as()
	{
		return *std::launder(reinterpret_cast<Table<F, P>*>(memory_));
	}

	// SAFETY: `L` is the layout of that format, and a Table has no members but those of its Tree.
	template <TableLayout L>
	[[gnu::always_inline]] Tree<L, P>& tree()
	{
		return *std::launder(reinterpret_cast<Tree<L, P>*>(memory_));
	}

	// visitor(table) with the type that the tables have, if they exist.
	template <class Visitor>
	void visit(const Visitor& visitor)
	{
		(void)(visit_as<First>(visitor) || ... || visit_as<Others>(visitor));
	}

private:
	static constexpr u32 kNone = ~0u;

	template <Format F>
	static constexpr u32 index_of()
	{
		u32 index = 0;
		(void)(std::same_as<F, First> || ... || (index++, std::same_as<F, Others>));
		return index;
	}
	template <Format F, class Visitor>
	bool visit_as(const Visitor& visitor)
	{
		if (chosen_ != index_of<F>())
			return false;
		visitor(as<F>());
		return true;
	}

	alignas(Table<First, P>) unsigned char memory_[sizeof(Table<First, P>)];
	u32 chosen_ = kNone;
};

}  // namespace pgtable
