#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes tables, results.csv, pasids.csv and bench.svg of what tools/bench/run measured.

usage: report.py DIRECTORY

Exit status 1 when an operation takes more instructions with the module than with the in-tree driver.
"""
import csv
import os
import subprocess
import sys

import chart
import pasids
from guest_log import COUNTED, SCATTERED, SIZES, Log, driver_counts, size_name
from ipmmu import ipmmu_rows
from power import power_rows

INSTRUCTIONS = "Instructions per operation"

# A map of 256K takes 9 instructions more or less from one boot to the next, with either driver: chance
# is left in what the slab allocator hands out.
CHANCE = 0.005


class Row:
    """One measured thing, on both drivers."""

    def __init__(self, group, name, unit, intree, module):
        self.group, self.name, self.unit, self.intree, self.module = group, name, unit, intree, module

    def change(self):
        if not self.intree:
            return ""
        percent = round((self.module / self.intree - 1) * 100)
        return f"{percent:+d} %" if percent else "0 %"

    def values(self):
        return [self.group, self.name, self.unit, number(self.intree), number(self.module), self.change()]


def number(value):
    if value is None:
        return ""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value < 100 else f"{value:.0f}"


def read_logs(directory):
    logs = {}
    for name in sorted(os.listdir(directory)):
        if name.endswith("cpu.log"):
            driver, mode, cpus = name[:-len("cpu.log")].split("-")
            logs[driver, mode, int(cpus)] = Log(os.path.join(directory, name))
    return logs


def modes_of(logs):
    return [mode for mode in ("strict", "lazy") if ("intree", mode, 1) in logs]


def instruction_rows(logs):
    for mode in modes_of(logs):
        intree, module = logs["intree", mode, 1].cost, logs["module", mode, 1].cost
        for size in SIZES:
            for operation in ("map", "unmap"):
                key = size, operation
                yield Row(INSTRUCTIONS, f"{mode} {operation} {size_name(size)}", "instructions",
                          intree[key]["mean"], module[key]["mean"])


def scattered_rows(logs):
    for mode in modes_of(logs):
        intree, module = logs["intree", mode, 1].cost, logs["module", mode, 1].cost
        for operation in ("map_sg", "unmap_sg"):
            key = SCATTERED, operation
            yield Row("Scattered pages", f"{mode} dma_{operation} of 64 pages of 4K", "instructions",
                      intree[key]["mean"], module[key]["mean"])


def table_rows(logs):
    intree, module = (logs[driver, "strict", 1].tables if (driver, "strict", 1) in logs else {}
                      for driver in ("intree", "module"))
    for key, name in (("mapped", "1 GiB mapped in pages of 4K"), ("unmapped", "all of it unmapped")):
        if key in intree:
            yield Row("Memory of page tables", name, "KiB", intree[key] / 1024, module[key] / 1024)


def text_of_module(directory):
    """Bytes of code in smmuv3.ko that stay in memory."""
    lines = subprocess.run(["aarch64-linux-gnu-size", "-A", os.path.join(directory, "smmuv3.ko")],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines
               if line.startswith((".text", ".exit.text")) and "trampoline" not in line)


def counted_rows(directory, logs):
    counts = {}
    for driver in ("intree", "module"):
        path = os.path.join(directory, f"{driver}.counts")
        if not os.path.exists(path):
            return
        text = logs[driver, "strict", 1].text
        end = text[1] if len(text) > 1 else text[0] + text_of_module(directory)
        counts[driver] = driver_counts(path, text[0], end)
    for size in SIZES[:1] + SIZES[2:3]:
        for name in COUNTED:
            key = size, "unmap"
            yield Row("In the driver's own code, strict unmap", f"{size_name(size)} {name}", "times",
                      counts["intree"][key][name], counts["module"][key][name])


def map_benchmark_rows(logs):
    for mode in modes_of(logs):
        for cpus in (1, 2):
            if ("intree", mode, cpus) not in logs:
                continue
            intree = logs["intree", mode, cpus].map_benchmark
            module = logs["module", mode, cpus].map_benchmark
            for threads, pages in sorted(intree.keys() & module.keys()):
                # Two processors take turns in QEMU, and when is chance: only the sum says something.
                parts = [("map",), ("unmap",)] if threads == 1 else [("map", "unmap")]
                for part in parts:
                    name = f"{mode} {' and '.join(part)} {size_name(pages * 4096)}, " \
                           f"{threads} thread{'s' if threads > 1 else ''}"
                    yield Row("dma_map_benchmark", name, "µs",
                              *(sum(log[threads, pages][f"{operation}_100ns"] for operation in part) / 10
                                for log in (intree, module)))


def grace_rows(logs):
    for way, numbers in logs["module", "grace", 4].grace.items() if ("module", "grace", 4) in logs else ():
        yield Row("Power management", f"wait for {numbers['cpus']} processors: {way.replace('_', ' ')}",
                  "ns", None, numbers["mean_ns"])


def other_rows(directory, logs):
    if ("intree", "strict", 1) not in logs:
        return
    intree, module = logs["intree", "strict", 1], logs["module", "strict", 1]
    yield Row("Size and start", "machine code", "bytes", intree.text[1] - intree.text[0],
              text_of_module(directory))
    yield Row("Size and start", "kernel's start to first DMA", "ms", intree.first_dma_ns / 1e6,
              module.first_dma_ns / 1e6)


def print_table(rows):
    group = None
    for row in rows:
        if row.group != group:
            group = row.group
            print(f"\n{group:<52} {'in-tree':>9} {'module':>9}")
        unit = "" if row.unit in ("instructions", "times") else f" ({row.unit})"
        print(f"  {row.name + unit:<50} {number(row.intree):>9} {number(row.module):>9} {row.change():>8}")


def write_csv(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["what", "of", "unit", "in-tree", "module", "change"])
        writer.writerows(row.values() for row in rows)


def main():
    directory = sys.argv[1]
    logs = read_logs(directory)
    instructions = list(instruction_rows(logs))
    rows = instructions + list(scattered_rows(logs)) + list(table_rows(logs)) + \
        list(counted_rows(directory, logs)) + list(map_benchmark_rows(logs)) + \
        list(other_rows(directory, logs)) + \
        [Row("Power management", *values) for values in power_rows(directory)] + \
        list(grace_rows(logs)) + [Row("IPMMU", *values) for values in ipmmu_rows(directory)]
    print_table(rows)
    pasids.report(directory)
    write_csv(os.path.join(directory, "results.csv"), rows)
    with open(os.path.join(directory, "bench.svg"), "w", encoding="utf-8") as file:
        file.write(chart.draw([(mode, [row for row in instructions if row.name.startswith(mode)])
                               for mode in modes_of(logs)]))

    above = [row for row in instructions if row.module > row.intree * (1 + CHANCE)]
    print(f"\n{len(instructions) - len(above)} passed, {len(above)} failed")
    for row in above:
        print(f"{row.name} takes {row.module} instructions, {row.module - row.intree} more than in-tree: "
              "see tools/bench/profile", file=sys.stderr)
    sys.exit(1 if above else 0)


if __name__ == "__main__":
    main()
