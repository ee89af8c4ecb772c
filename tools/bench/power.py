# SPDX-License-Identifier: GPL-2.0-only
"""What the guest with bench=power measured: invalidations with the SMMU on and off, resumes, suspends."""
import bisect
import collections
import os
import re

from guest_log import Log
from profile import demangle, read_counts, read_symbols

# The series of dma_cost/power_cost.c, and which of its two operations.
SERIES = {"issued": (0, "unmap"), "elided": (1, "unmap"), "resume": (2, "map"), "suspend": (2, "unmap")}

# The module's part of an unmap that is no invalidation: the page table, and gathering.
NO_INVALIDATION = ("smmu_map_", "smmu_unmap_", "smmu_iova_to_phys_", "pgtable::")

# The last function of the module, which is not called here: behind it are the veneers of calls to the
# kernel, which are not the module's own code.
VENEERS = "smmu_exit [smmuv3]"

# TBZ and TBNZ of bit 30, which is STOP and nothing else here.
TEST_BIT_30 = 0xfef80000, 0x36f00000


# The in-tree driver's own code, and its part that is no invalidation either.
IN_TREE = re.compile(r"(__)?arm_smmu_|queue_poll")
IN_TREE_NO_INVALIDATION = ("arm_smmu_unmap_pages", "arm_smmu_iova_to_phys", "arm_smmu_tlb_inv_page_nosync")


def in_tree_invalidation(directory):
    """Instructions of the in-tree driver's own code for one invalidation of 4K; None where it was not run."""
    log, counts = (os.path.join(directory, name) for name in ("intree-counting.log", "intree.counts"))
    if not os.path.exists(counts):
        return None
    symbols = read_symbols(log)
    addresses = [address for address, _ in symbols]
    operations, counted = read_counts(counts, 0, "unmap")
    names = ((symbols[bisect.bisect(addresses, address) - 1][1], times) for address, _, times, _, _ in counted)
    return sum(times for name, times in names
               if IN_TREE.match(name) and not name.startswith(IN_TREE_NO_INVALIDATION)) / operations


class Series:
    """What the module executes in one operation."""

    def __init__(self, symbols, path, series, operation):
        addresses = [address for address, _ in symbols]
        operations, counted = read_counts(path, series, operation)
        self.functions, total = collections.Counter(), collections.Counter()
        for address, opcode, times, reads, writes in counted:
            at = bisect.bisect(addresses, address) - 1
            if at < 0 or not symbols[at][1].endswith(" [smmuv3]") or symbols[at][1] == VENEERS:
                continue
            self.functions[symbols[at][1].split()[0]] += times / operations
            total["reads"] += reads
            total["writes"] += writes
            total["tests"] += times if opcode & TEST_BIT_30[0] == TEST_BIT_30[1] else 0
        self.instructions = sum(self.functions.values())
        self.reads, self.writes, self.tests = (total[key] / operations for key in ("reads", "writes", "tests"))

    def invalidation(self):
        return sum(times for name, times in self.functions.items() if not name.startswith(NO_INVALIDATION))


def power_rows(directory):
    """(name, unit, in-tree value, value) of each row."""
    log, counts = (os.path.join(directory, name) for name in ("power-counting.log", "power.counts"))
    if not os.path.exists(counts):
        return
    symbols = read_symbols(log)
    whole = Log(log).power
    series = {name: Series(symbols, counts, *which) for name, which in SERIES.items()}
    in_tree = in_tree_invalidation(directory)
    elided, issued = series["elided"].invalidation(), series["issued"].invalidation()
    for name, invalidation, other in (("issued", issued, in_tree), ("elided", elided, None)):
        yield f"unmap 4K, {name}: all of it", "instructions", None, whole[name]["unmap"]
        yield f"unmap 4K, {name}: the driver", "instructions", None, series[name].instructions
        yield f"unmap 4K, {name}: the invalidation", "instructions", other, invalidation
    yield "invalidation, elided to issued", "%", None, 100 * elided / issued
    if in_tree:
        yield "invalidation, elided to in-tree's issued", "%", None, 100 * elided / in_tree
    yield "tests of STOP in an issued invalidation", "times", None, series["issued"].tests
    for name in ("suspend", "resume"):
        yield name, "instructions", None, series[name].instructions
        yield f"{name}: register reads", "times", None, series[name].reads
        yield f"{name}: register writes", "times", None, series[name].writes
