# SPDX-License-Identifier: GPL-2.0-only
"""What the KUnit suite unmap_cost measured: an unmap with PASIDs and ATS by both drivers over the same model, on arm64.

The logs are pasids-SERIES.log, one for each kernel.
"""
import csv
import os
import re

from guest_log import fields

COMMANDS = ["tlbi", "atc_inv", "sync"]
HEADS = {"tlbi": "TLBI", "atc_inv": "ATC_INV", "sync": "CMD_SYNC"}


def read_log(path):
    """{(scene, size): {driver: numbers}}"""
    costs = {}
    with open(path, encoding="latin-1") as lines:
        for line in lines:
            found = re.search(r"INFO bench smmu driver=(\S+) scene=(\S+) size=(\S+) (.*)", line)
            if found:
                driver, scene, size, numbers = found.groups()
                costs.setdefault((scene, size), {})[driver] = fields(numbers)
    return costs


def read_logs(directory):
    """{series: what read_log() gives}"""
    found = (re.fullmatch(r"pasids-(.*)\.log", name) for name in sorted(os.listdir(directory)))
    return {name.group(1): read_log(os.path.join(directory, name.group(0))) for name in found if name}


def attached(scene):
    """The words for "4-pasids-ats"."""
    first = scene.split("-")[0]
    words = {"process": "process", "0": "without a PASID", "1": "1 PASID"}.get(first, f"{first} PASIDs")
    return words + (", ATS" if scene.endswith("-ats") else "")


def both(numbers, key):
    """One number where the drivers agree."""
    intree, module = (numbers[driver][key] for driver in ("intree", "module"))
    return str(module) if intree == module else f"{intree} / {module}"


def table(directory):
    """A head, and a row for each way to attach and size; [] if nothing was measured."""
    logs = read_logs(directory)
    if not logs:
        return []
    head = ["attached", "unmap"] + [HEADS[command] for command in COMMANDS]
    for series in logs:
        head += [f"in-tree, {series}", f"module, {series}"]
    rows = [head]
    for key, numbers in next(iter(logs.values())).items():
        row = [attached(key[0]), key[1]] + [both(numbers, command) for command in COMMANDS]
        for log in logs.values():
            row += [str(log[key][driver]["instructions"]) for driver in ("intree", "module")]
        rows.append(row)
    return rows


def report(directory):
    """Prints the table and writes pasids.csv."""
    rows = table(directory)
    if not rows:
        return
    print("\nUnmap with PASIDs and ATS: commands, and instructions")
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = [word.ljust(width) if at < 2 else word.rjust(width)
                 for at, (word, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells))
    with open(os.path.join(directory, "pasids.csv"), "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
