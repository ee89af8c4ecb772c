// SPDX-License-Identifier: GPL-2.0-only
// A page table that the shim of a driver allocates, freed by its owner.
#pragma once

#include <utility>

#include "core/result.hpp"

struct device;

namespace core {

// Description: the parameters, which the core sets, and the result, which the shim sets.
template <typename Description, int (*allocate)(void* shim, device*, Description*),
	  void (*release)(void* shim)>
class PageTable {
public:
	PageTable() = default;
	PageTable(PageTable&& other)
		: shim_(std::exchange(other.shim_, nullptr)),
		  description_(other.description_)
	{
	}
	PageTable& operator=(PageTable&& other)
	{
		std::swap(shim_, other.shim_);
		std::swap(description_, other.description_);
		return *this;
	}
	~PageTable()
	{
		if (shim_)
			release(shim_);
	}

	// Sleeps.  kNoMemory.
	static Result<PageTable> create(void* shim, device* dev, const Description& wanted)
	{
		PageTable table;
		table.description_ = wanted;
		TRY(from_errno(allocate(shim, dev, &table.description_)));
		table.shim_ = shim;
		return table;
	}

	const Description& description() const { return description_; }
	// The page table is never freed: hardware may still walk it.
	void leak() { shim_ = nullptr; }

private:
	void* shim_ = nullptr;
	Description description_{};
};

}  // namespace core
