// SPDX-License-Identifier: GPL-2.0-only
// A number from a pool, given back by its owner.
#pragma once

#include "core/owner.hpp"

namespace core {

// Id: a Number.  An empty owner holds Id(), which take() does not return.
template <class Id>
class TakenId {
public:
	TakenId() = default;
	TakenId(TakenId&& other)
		: ids_(std::exchange(other.ids_, nullptr)),
		  id_(std::exchange(other.id_, Id()))
	{
	}
	TakenId& operator=(TakenId&& other)
	{
		std::swap(ids_, other.ids_);
		std::swap(id_, other.id_);
		return *this;
	}
	~TakenId()
	{
		if (ids_)
			os_ids_give(ids_, id_.value());
	}

	// The lowest free number of `bits` bits, except 0.  `ids` outlives the owner.  Sleeps.
	// kNoSpace, kNoMemory.
	static Result<TakenId> take(const Ids& ids, u32 bits)
	{
		const int id = os_ids_take(ids.get(), 1, (1u << bits) - 1);
		TRY(from_errno(id));
		return TakenId(ids.get(), Id(static_cast<typename Id::Value>(id)));
	}

	Id get() const { return id_; }
	// The number is never given back: hardware may still use it.
	void leak() { ids_ = nullptr; }

private:
	TakenId(os_ids* ids, Id id)
		: ids_(ids),
		  id_(id)
	{
	}

	os_ids* ids_ = nullptr;
	Id id_;
};

}  // namespace core
