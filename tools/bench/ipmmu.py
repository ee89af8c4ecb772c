# SPDX-License-Identifier: GPL-2.0-only
"""What the KUnit suite ipmmu_cost measured: both IPMMU drivers over the same model, on arm64."""
import os
import re

from guest_log import fields

OPERATIONS = ["attach", "map-4K", "unmap-4K", "map-256K", "unmap-256K", "suspend", "resume"]
COUNTED = ["instructions", "writes", "reads"]


def ipmmu_rows(directory):
    """Name, unit, in-tree, module of each thing measured."""
    path = os.path.join(directory, "ipmmu.log")
    if not os.path.exists(path):
        return
    cost = {}
    with open(path, encoding="latin-1") as lines:
        for line in lines:
            found = re.search(r"INFO bench ipmmu driver=(\S+) op=(\S+) (.*)", line)
            if found:
                cost[found.group(1), found.group(2)] = fields(found.group(3))
    for counted in COUNTED:
        for operation in OPERATIONS:
            intree, module = (cost[driver, operation][counted] for driver in ("intree", "module"))
            if counted != "instructions" or intree:
                name = operation.replace("-", " ")
                yield (name if counted == "instructions" else f"{name}: register {counted}",
                       "instructions" if counted == "instructions" else "times", intree, module)
