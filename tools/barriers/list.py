#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Lists, for each function of the source, the instructions that order memory accesses.

    list.py found <DISASSEMBLY      their addresses and names
    list.py list FOUND SYMBOLS      the list, from the above and llvm-symbolizer's answers about the addresses

An instruction belongs to the function whose source asks for it, wherever that is inlined, and comes in the
order of the source.  So the list depends neither on inlining nor on registers nor on edits elsewhere.  Of a
function that orders something, the accesses to registers of the device are listed too.
"""

import json
import re
import sys
from collections import defaultdict

BARRIERS = ("dmb", "dsb")
# Acquire, release, exclusive, and read-modify-write instructions.
ORDERING = re.compile(
    r"(isb|ldap?u?r|ldlar|stllr|stlu?r|lda?x[rp]|stl?x[rp]|(cas|casp|swp|ld(add|clr|eor|set|[su]max|[su]min))a?l?)"
    r"(?<!ldr)(?<!ldur)[bh]?$"
)
PLAIN = re.compile(r"(ldr|str)[bh]?$")

# Where the cores' barriers, atomics and register accesses are made of instructions.
PRIMITIVES = re.compile(r"(include/core/(atomic|atomic_arm64|barrier|mmio)|arm-smmu-v3/platform)\.hpp$")
REGISTERS = {"core::io::load": "register read", "core::io::store": "register write"}

HEADER = """# SPDX-License-Identifier: GPL-2.0-only
# Which instructions order the memory accesses of each function, in the order of the source.
# Written by tools/barriers/check --record.
"""


def print_found():
    for line in sys.stdin:
        match = re.match(r"\s*([0-9a-f]+):\s+(\S+)\s*(\S*)", line)
        if not match:
            continue
        address, name, operand = match.groups()
        if name in BARRIERS:
            print(f"0x{address} {name} {operand}")
        elif ORDERING.match(name) or PLAIN.match(name):
            print(f"0x{address} {name}")


def bare(name):
    """A function's name without parameters, template arguments and the numbers of lambdas."""
    name = re.sub(r"operator\(\)", "call", name)
    name = re.sub(r"'lambda\d*'|\$_\d+", "lambda", name)
    kept, depth = "", 0
    for char in name:
        depth += (char in "<(") - (char in ">)")
        if depth == 0 and char not in ">)":
            kept += char
    kept = re.sub(r" const\b", "", kept).replace("::call", "")
    return kept.split(" ")[-1]


def asked_by(frames):
    """(function, place in it, name of the primitive) for the frames of an address, innermost first.

    None for what replaces an instruction when the kernel patches alternatives: it lies behind its function.
    """
    if not frames[0]["FunctionName"]:
        return None
    for depth, frame in enumerate(frames):
        if not PRIMITIVES.search(frame["FileName"]):
            place = tuple((f["Line"], f["Column"]) for f in reversed(frames[: depth + 1]))
            return bare(frame["FunctionName"]), place, bare(frames[0]["FunctionName"])
    return None


def collect(found, symbols):
    """{function: {(place, kind): address}}; a copy that inlining makes is the same place."""
    functions = defaultdict(dict)
    for line, symbol in zip(found, symbols, strict=True):
        address, kind = line.rstrip("\n").split(" ", 1)
        asked = asked_by(json.loads(symbol)["Symbol"])
        if PLAIN.match(kind):
            kind = REGISTERS.get(asked and asked[2])
        if asked and kind:
            functions[asked[0]].setdefault((asked[1], kind), int(address, 16))
    return functions


def print_list(found, symbols):
    print(HEADER, end="")
    for name, instructions in sorted(collect(found, symbols).items()):
        in_order = sorted(instructions.items(), key=lambda item: (item[0][0], item[1]))
        kinds = [kind for (_, kind), _ in in_order]
        if all(kind in REGISTERS.values() for kind in kinds):
            continue
        print(f"\n{name}")
        for kind in kinds:
            print(f"\t{kind}")


if sys.argv[1:] == ["found"]:
    print_found()
else:
    with open(sys.argv[2], encoding="utf-8") as found, open(sys.argv[3], encoding="utf-8") as symbols:
        print_list(found, symbols)
