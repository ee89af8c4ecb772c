#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws how the command queue scales, from results.csv of tools/bench/scale/run.

usage: chart.py RESULTS.CSV >scale.svg
"""
import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from chart import COLOURS, FAINT, INK, FONT, LEFT, RIGHT, WIDTH, rectangle, text  # noqa: E402

TOP, HEIGHT, BELOW = 106, 250, 92
WORK = "1 TLBI, sync"
QUEUES = {"in-tree": ("in-tree driver", COLOURS["intree"]), "smmuv3.ko": ("smmuv3.ko", COLOURS["module"]),
          "ECMDQs": ("with ECMDQs", "#c2761a")}
# Operations a second of each CPU, thousands: tools/bench/scale/published.hpp.
MEASURED = {2: 453, 4: 409, 8: 295, 16: 157, 32: 33.6, 64: 9.5, 96: 5.2}
PANELS = (
    ("Million operations a second, completion by message", "message", "M/s"),
    ("Million operations a second, completion by register", "register", "M/s"),
    ("Attempts to reserve for each that succeeded, completion by message", "message", "attempts"),
)


def read(path):
    with open(path, newline="", encoding="ascii") as file:
        return [row for row in csv.DictReader(file) if row["work"] == WORK]


class Panel:
    """One chart; the numbers of CPUs are equally far apart."""

    def __init__(self, top, cpus, limit, step):
        self.top, self.bottom, self.cpus, self.limit, self.step = top, top + HEIGHT, cpus, limit, step

    def x(self, cpus):
        return LEFT + (WIDTH - LEFT - RIGHT) * (self.cpus.index(cpus) + 0.5) / len(self.cpus)

    def y(self, value):
        return self.bottom - HEIGHT * value / self.limit

    def axes(self, title):
        parts = [text(LEFT, self.top - 14, title, 15, "start", 'font-weight="bold"'),
                 text((LEFT + WIDTH - RIGHT) / 2, self.bottom + 40, "CPUs", 12)]
        for tick in range(self.limit // self.step + 1):
            y = self.y(tick * self.step)
            parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                         f'stroke="{FAINT if tick else INK}"/>')
            parts.append(text(LEFT - 8, y + 4, str(tick * self.step), 12, "end"))
        return parts + [text(self.x(cpus), self.bottom + 20, str(cpus)) for cpus in self.cpus]

    def curve(self, points, name, colour):
        path = " ".join(f"{self.x(cpus):.1f},{self.y(value):.1f}" for cpus, value in points)
        parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>']
        for cpus, value in points:
            parts.append(f'<circle cx="{self.x(cpus):.1f}" cy="{self.y(value):.1f}" r="4" fill="{colour}">'
                         f'<title>{name}, {cpus} CPUs: {value:.2f}</title></circle>')
        return parts

    def crosses(self, points):
        return [f'<path d="M{self.x(cpus) - 5:.1f},{self.y(value) - 5:.1f} l10,10 m-10,0 l10,-10" '
                f'stroke="{INK}" stroke-width="1.5"><title>measured, {cpus} CPUs: {value:.2f}</title></path>'
                for cpus, value in points]


def draw_panel(rows, index, panel):
    title, completion, column = panel
    chosen = [row for row in rows if row["completion"] == completion and row["queue"] in QUEUES]
    cpus = sorted({int(row["CPUs"]) for row in chosen})
    highest = max(float(row[column]) for row in chosen)
    step = 1 if highest < 8 else 5
    drawn = Panel(TOP + 24 + index * (HEIGHT + BELOW), cpus, int(highest) // step * step + step, step)
    parts = drawn.axes(title)
    for queue, (name, colour) in QUEUES.items():
        points = [(int(row["CPUs"]), float(row[column])) for row in chosen if row["queue"] == queue]
        parts += drawn.curve(sorted(points), name, colour)
    if index == 0:
        parts += drawn.crosses([(count, each * count / 1000) for count, each in MEASURED.items()])
    return parts


def legend():
    parts, x = [], LEFT
    for name, colour in QUEUES.values():
        parts += [rectangle(x, 67, 14, 14, colour), text(x + 20, 79, name, 13, "start")]
        x += 140
    parts.append(f'<path d="M{x + 2},69 l10,10 m-10,0 l10,-10" stroke="{INK}" stroke-width="1.5"/>')
    return parts + [text(x + 20, 79, "in-tree driver, measured on hardware (Kunpeng 920)", 13, "start")]


def draw(rows):
    height = TOP + len(PANELS) * (HEIGHT + BELOW) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
             "<!-- SPDX-License-Identifier: GPL-2.0-only -->",
             rectangle(0, 0, WIDTH, height, "#ffffff"),
             text(LEFT, 36, "How the command queue scales, simulated", 18, "start", 'font-weight="bold"'),
             text(LEFT, 56, "Each operation enters one TLBI and a CMD_SYNC and waits for it", 12, "start"),
             *legend()]
    for index, panel in enumerate(PANELS):
        parts += draw_panel(rows, index, panel)
    return "\n".join(parts + ["</svg>", ""])


if __name__ == "__main__":
    sys.stdout.write(draw(read(sys.argv[1])))
