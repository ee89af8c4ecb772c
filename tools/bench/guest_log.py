# SPDX-License-Identifier: GPL-2.0-only
"""What tools/bench/guest/cost.sh left in a console log, and what count.so counted."""
import collections
import re

SIZES = [4096, 32768, 262144, 2097152]
SCATTERED = 64 * 4096


def size_name(size):
    return f"{size >> 20}M" if size >> 20 else f"{size >> 10}K"


def fields(text):
    """The numbers of "a=1 b=2"."""
    return {key: int(value) for key, value in re.findall(r"(\w+)=(-?\d+)", text)}


class Log:
    """The INFO lines of one boot."""

    def __init__(self, path):
        self.cost = {}              # (bytes, operation): numbers
        self.map_benchmark = {}     # (threads, pages): numbers
        self.power = {}             # "issued" or "elided": numbers
        self.grace = {}             # "grace_period" or "interrupt": numbers
        self.tables = {}            # "mapped", "unmapped": bytes
        self.first_dma_ns = self.text = None
        with open(path, encoding="latin-1") as lines:
            for line in lines:
                found = re.search(r"INFO bench (\S+) (.*?)\s*$", line)
                if found:
                    self.take(*found.groups())

    def take(self, key, value):
        numbers = fields(value)
        if key == "cost" and "first_dma_ns" in numbers:
            self.first_dma_ns = numbers["first_dma_ns"]
        elif key == "cost":
            operation = re.search(r"op=(\w+)", value).group(1)
            self.cost[numbers["bytes"], operation] = numbers
        elif key == "map-benchmark" and "threads" in numbers:
            self.map_benchmark[numbers["threads"], numbers["pages"]] = numbers
        elif key == "power":
            self.power[re.search(r"op=(\w+)", value).group(1)] = numbers
        elif key == "grace":
            self.grace[re.search(r"way=(\w+)", value).group(1)] = numbers
        elif key == "tables":
            self.tables = numbers
        elif key == "driver-text":
            self.text = [int(word, 16) for word in value.split()]


# Kinds of instructions (Arm ARM, C4.1): name, mask, value.
KINDS = [
    ("acquire or release", 0x3ffffc00, 0x089ffc00),     # STLR
    ("acquire or release", 0x3ffffc00, 0x08dffc00),     # LDAR
    ("acquire or release", 0x3ffffc00, 0x38bfc000),     # LDAPR
    ("atomic read-modify-write", 0x3fa07c00, 0x08a07c00),   # CAS
    ("atomic read-modify-write", 0x3f200c00, 0x38200000),   # LDADD, LDSET, LDCLR, SWP, ...
    ("exclusive load or store", 0x3f800000, 0x08000000),
    ("DMB", 0xfffff0ff, 0xd50330bf),
    ("DSB", 0xfffff0ff, 0xd503309f),
]
COUNTED = ["instructions", "atomic read-modify-write", "exclusive load or store", "DMB", "DSB",
           "acquire or release", "register read", "register write"]


def kind(opcode):
    for name, mask, value in KINDS:
        if opcode & mask == value:
            return name
    return None


def driver_counts(path, first, end):
    """{(bytes, operation): {kind: count per operation}} of the code in [first, end)."""
    operations, counts = {}, collections.defaultdict(collections.Counter)
    with open(path, encoding="ascii") as lines:
        for line in lines:
            word = line.split()
            if word[0] == "operations":
                operations[SIZES[int(word[1])], word[2]] = int(word[3])
                continue
            if not first <= int(word[2], 16) < end:
                continue
            times, reads, writes = map(int, word[4:])
            counter = counts[SIZES[int(word[0])], word[1]]
            counter["instructions"] += times
            counter["register read"] += reads
            counter["register write"] += writes
            name = kind(int(word[3], 16))
            if name:
                counter[name] += times
    return {key: {name: counts[key][name] / total for name in COUNTED}
            for key, total in operations.items() if total}
