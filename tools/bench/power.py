# SPDX-License-Identifier: GPL-2.0-only
"""What the guest with bench=power measured: invalidations with the SMMU on and off, resumes, suspends."""
import bisect
import collections
import os

from guest_log import Log
from profile import demangle, read_counts, read_symbols

# The series of dma_cost/power_cost.c, and which of its two operations.
SERIES = {"issued": (0, "unmap"), "elided": (1, "unmap"), "resume": (2, "map"), "suspend": (2, "unmap")}

# The module's part of an unmap that is no invalidation: io-pgtable's callbacks, and gathering.
NO_INVALIDATION = ("paging_", "unmap_and_gather")

# The last function of the module, which is not called here: behind it are the veneers of calls to the
# kernel, which are not the module's own code.
VENEERS = "smmu_exit [smmuv3]"

# TBZ and TBNZ of bit 30, which is STOP and nothing else here.
TEST_BIT_30 = 0xfef80000, 0x36f00000


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

    def of_function(self, start):
        return sum(times for name, times in self.functions.items() if demangle(name).startswith(start))


def power_rows(directory):
    """(name, unit, value) of each row."""
    log, counts = (os.path.join(directory, name) for name in ("power-counting.log", "power.counts"))
    if not os.path.exists(counts):
        return
    symbols = read_symbols(log)
    whole = Log(log).power
    series = {name: Series(symbols, counts, *which) for name, which in SERIES.items()}
    for name in ("issued", "elided"):
        yield f"unmap 4K, {name}: all of it", "instructions", whole[name]["unmap"]
        yield f"unmap 4K, {name}: the driver", "instructions", series[name].instructions
        yield f"unmap 4K, {name}: the invalidation", "instructions", series[name].invalidation()
    yield "invalidation, elided to issued", "%", \
        100 * series["elided"].invalidation() / series["issued"].invalidation()
    yield "tests of STOP in an issued invalidation", "times", series["issued"].tests
    yield "the first test's function in it", "instructions", \
        series["issued"].of_function("smmu3::Smmu::elides")
    for name in ("suspend", "resume"):
        yield name, "instructions", series[name].instructions
        yield f"{name}: register reads", "times", series[name].reads
        yield f"{name}: register writes", "times", series[name].writes
