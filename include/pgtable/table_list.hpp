// SPDX-License-Identifier: GPL-2.0-only
// Tables that have left the tree, linked by the word beside each: walkers may still read the tables.
#pragma once

#include <utility>

#include "os/tables.h"

namespace pgtable {

class TableList {
public:
	bool empty() const { return !first_; }
	void push(void* table) { *os_table_link(table) = std::exchange(first_, table); }
	// NULL if there is none.
	void* pop()
	{
		void* const table = first_;
		if (table)
			first_ = std::exchange(*os_table_link(table), nullptr);
		return table;
	}

private:
	void* first_ = nullptr;
};

}  // namespace pgtable
