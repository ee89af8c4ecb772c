// SPDX-License-Identifier: GPL-2.0-only
/* The services and the shared part of the shims: each module links its own copy. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "os/linux.c"
#include "shim/client.c"
#include "shim/clients.c"
#include "shim/driver.c"
#include "shim/dump.c"
#include "shim/faults.c"
#include "shim/pm.c"
#include "shim/runtime_pm.c"
#include "shim/tables.c"
