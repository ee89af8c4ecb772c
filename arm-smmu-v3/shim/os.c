// SPDX-License-Identifier: GPL-2.0-only
/* This module's copy of the os services: each module links its own. */
#include "os/clients.c"
#include "os/faults.c"
#include "os/linux.c"
