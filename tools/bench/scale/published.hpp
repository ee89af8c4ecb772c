// SPDX-License-Identifier: GPL-2.0-only
// Published measurements on a HiSilicon D06 (Kunpeng 920, 96 CPUs), each CPU mapping and unmapping one page after
// the other: John Garry, iommu list, 2020-07-16 (attempts) and 2020-09-23 (operations), Linux 5.9-rc1.
#pragma once

#include "os/types.h"

namespace scale {

struct Published {
	u32 cpus;
	// Thousand operations of each CPU a second.
	double in_tree_each, fetch_add_each;
	double attempts;  // cmpxchg for each that succeeded
};

constexpr Published kPublished[] = {
	{2, 453, 481, 1.1},  {4, 409, 406, 1.1},  {8, 295, 305, 1.3},    {16, 157, 190, 3.6},
	{32, 33.6, 81, 8.1}, {64, 9.5, 30, 12.6}, {96, 5.2, 18.7, 14.7},
};

}  // namespace scale
