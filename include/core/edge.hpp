// SPDX-License-Identifier: GPL-2.0-only
// The C interface of a core: objects are handed to the shims as opaque handles.  T has to_core(),
// which makes the handle, and from(), the inverse.
#pragma once

#include "core/owner.hpp"

namespace core {

// Hands a new object to the shim, or its error as a negative errno.
template <class T, class Handle>
int hand_over(Result<Box<T>> created, Handle** out)
{
	if (!created)
		return -static_cast<int>(created.error());
	*out = created->release()->to_core();
	return 0;
}

// Destroys an object of hand_over(); nullptr is allowed.
template <class T, class Handle>
void take_back(Handle* handle)
{
	if (handle)
		Delete<T>{}(&T::from(handle));
}

}  // namespace core
