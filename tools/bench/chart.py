# SPDX-License-Identifier: GPL-2.0-only
"""A bar chart as SVG: one panel for each mode, two bars for each operation."""

WIDTH, PANEL, TOP, LEFT, RIGHT = 960, 300, 96, 84, 24
BELOW = 64                      # under a panel: names of the groups
BAR, GAP = 34, 4
COLOURS = {"intree": "#9aa5b8", "module": "#1f5fd0"}
INK, FAINT = "#1d2430", "#d9dee7"
FONT = "font-family=\"'DejaVu Sans', 'Liberation Sans', Helvetica, Arial, sans-serif\""


def text(x, y, words, size=13, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{INK}" ' \
           f'{extra}>{words}</text>'


def rectangle(x, y, width, height, colour, title=""):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">' \
           f'<title>{title}</title></rect>'


def step_for(highest):
    """A round distance between grid lines, about six of them."""
    step = 1
    while highest / step > 7:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step


def grid(bottom, height, limit, step):
    parts = []
    for value in range(0, limit + 1, step):
        y = bottom - height * value / limit
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                     f'stroke="{INK if value == 0 else FAINT}"/>')
        parts.append(text(LEFT - 8, y + 4, f"{value:,}", 12, "end"))
    return parts


def bars(rows, bottom, height, limit):
    parts = []
    group = (WIDTH - LEFT - RIGHT) / len(rows)
    for index, row in enumerate(rows):
        middle = LEFT + group * (index + 0.5)
        for offset, driver in ((-BAR - GAP / 2, "intree"), (GAP / 2, "module")):
            value = getattr(row, driver)
            tall = height * value / limit
            parts.append(rectangle(middle + offset, bottom - tall, BAR, tall, COLOURS[driver],
                                   f"{row.name}: {value:.0f}"))
            parts.append(text(middle + offset + BAR / 2, bottom - tall - 5, f"{value:.0f}", 11))
        _, operation, size = row.name.split()
        parts.append(text(middle, bottom + 18, f"{operation} {size}"))
        parts.append(text(middle, bottom + 34, row.change(), 11, extra='fill-opacity="0.7"'))
    return parts


def panel(mode, rows, top):
    height = PANEL - BELOW
    bottom = top + height
    highest = max(max(row.intree, row.module) for row in rows)
    step = step_for(highest)
    limit = (int(highest * 1.06) // step + 1) * step
    middle = top + height / 2
    return [text(LEFT, top - 12, f"{mode.capitalize()} invalidation", 15, "start", 'font-weight="bold"'),
            *grid(bottom, height, limit, step),
            text(22, middle, "instructions per operation", 12,
                 extra=f'transform="rotate(-90 22 {middle:.1f})"'),
            *bars(rows, bottom, height, limit)]


def legend():
    parts = []
    for x, driver, words in ((WIDTH - 270, "intree", "in-tree driver"), (WIDTH - 124, "module", "smmuv3.ko")):
        parts += [rectangle(x, 45, 14, 14, COLOURS[driver]), text(x + 20, 57, words, 13, "start")]
    return parts


def draw(panels):
    """SVG of [(mode, rows)]."""
    height = TOP + len(panels) * (PANEL + 40) - 20
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
             "<!-- SPDX-License-Identifier: GPL-2.0-only -->",
             rectangle(0, 0, WIDTH, height, "#ffffff"),
             text(LEFT, 36, "What dma_map_single() and dma_unmap_single() cost", 18, "start",
                  'font-weight="bold"'),
             text(LEFT, 56, "Linux 6.12, QEMU, one processor; shorter is better", 12, "start"),
             *legend()]
    for index, (mode, rows) in enumerate(panels):
        parts += panel(mode, rows, TOP + index * (PANEL + 40))
    return "\n".join(parts + ["</svg>", ""])
