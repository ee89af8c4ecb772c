// SPDX-License-Identifier: GPL-2.0-only
// Both drivers write little-endian structures as they are.
// error: A little-endian kernel is needed
// flags: --target=aarch64_be-linux-gnu
#include "os/types.h"
