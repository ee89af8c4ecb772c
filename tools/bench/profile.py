#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Where the instructions of a map or an unmap go: function by function.

usage: profile.py LOG COUNTS [SIZE] [map|unmap]

LOG is the console with the guest's symbols, COUNTS what count.so wrote, SIZE 0 to 3.
"""
import bisect
import collections
import re
import subprocess
import sys


def read_symbols(log):
    """Sorted (address, name) of every function in the console log."""
    inside, symbols = False, []
    with open(log, encoding="latin-1") as lines:
        for line in lines:
            line = re.sub(r"^\[[^]]*\] ", "", line.strip())
            if line in ("SYMBOLS", "SYMBOLS-END"):
                inside = line == "SYMBOLS"
            elif inside and re.match(r"[0-9a-f]{16} ", line):
                parts = line.split()
                symbols.append((int(parts[0], 16), " ".join(parts[1:])))
    return sorted(symbols)


def read_counts(path, size, operation):
    """How many operations there were, and (address, opcode, times, reads, writes) of each instruction."""
    operations, counted = 0, []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            word = line.split()
            if word[0] == "operations":
                if word[1:3] == [str(size), operation]:
                    operations = int(word[3])
            elif word[0] == str(size) and word[1] == operation:
                counted.append((int(word[2], 16), int(word[3], 16), *map(int, word[4:])))
    return operations, counted


def demangle(name):
    return subprocess.run(["aarch64-linux-gnu-c++filt", "-p"], input=name, capture_output=True, text=True,
                          check=True).stdout.strip()


def main():
    log, counts = sys.argv[1:3]
    size = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    operation = sys.argv[4] if len(sys.argv) > 4 else "unmap"
    symbols = read_symbols(log)
    addresses = [address for address, _ in symbols]
    operations, counted = read_counts(counts, size, operation)
    functions = collections.Counter()
    for address, _, times, _, _ in counted:
        at = bisect.bisect(addresses, address) - 1
        functions[symbols[at][1] if at >= 0 else "?"] += times
    print(f"{sum(functions.values()) / operations:10.1f} in all")
    for name, times in functions.most_common():
        if times / operations >= 0.5:
            print(f"{times / operations:10.1f} {demangle(name)}")


if __name__ == "__main__":
    main()
