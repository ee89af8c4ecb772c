/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_TABLES_H
#define SHIM_TABLES_H

void shim_tables_exit(void);

#endif
