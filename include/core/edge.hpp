// SPDX-License-Identifier: GPL-2.0-only
// The C edge of a core: objects go out as opaque handles, and come back to be destroyed.
// T has to_core(), which makes its handle, and from(), which undoes that.
#pragma once

#include "core/owner.hpp"

namespace core {

// Hand a new object to the shim, or its error as a negative errno.
template <class T, class Handle>
int hand_over(Result<Box<T>> created, Handle** out)
{
	if (!created)
		return -static_cast<int>(created.error());
	*out = created->release()->to_core();
	return 0;
}

// Destroy what hand_over() gave out; nullptr is allowed.
template <class T, class Handle>
void take_back(Handle* handle)
{
	if (handle)
		Delete<T>{}(&T::from(handle));
}

}  // namespace core
