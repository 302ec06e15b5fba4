#!/usr/bin/env python3
"""Draw what bench/queue/onsale wrote: picture.py DIR >onsale.svg"""
import sys

WIDTH, HEIGHT, LEFT, TOP, GAP = 900, 190, 70, 40, 60
INK, GRID = "#1f2430", "#d8dce4"
BLUE, GREEN, ORANGE, RED = "#2f6fde", "#2a9d6f", "#e08a1e", "#cc4455"


def table(path):
    with open(path, encoding="utf-8") as lines:
        names = next(lines).split()
        return [dict(zip(names, map(float, line.split()))) for line in lines]


def nice(most):
    """The smallest of 1, 2, 5 times a power of ten that is not below."""
    step = 10 ** len(str(int(most)))
    for part in (0.1, 0.2, 0.5, 1):
        if step * part >= most:
            return step * part
    return step


class Panel:
    """One diagram: minutes since the opening to the right, something upwards."""

    def __init__(self, row, title, first, last, most):
        self.top = TOP + row * (HEIGHT + GAP)
        self.first, self.last, self.most = first, last, nice(max(most, 1))
        self.out = []
        self.text(LEFT, self.top - 10, "title", title)
        for part in (0, 0.25, 0.5, 0.75, 1):
            y = self.top + HEIGHT * (1 - part)
            self.out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + WIDTH}" y2="{y:.1f}" stroke="{GRID}"/>')
            self.text(LEFT - 8, y + 4, "y", f"{self.most * part:,.0f}")
        step = 10 if last - first <= 130 else 30
        minute = int(first // step) * step
        while minute <= last:
            if minute >= first:
                self.text(self.x(minute), self.top + HEIGHT + 16, "x", minute)
            minute += step
        if first < 0:
            x = self.x(0)
            self.out.append(f'<path d="M{x:.1f} {self.top}v{HEIGHT}" stroke="{INK}" stroke-dasharray="4 4"/>')

    def text(self, x, y, kind, what, colour=INK):
        self.out.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" fill="{colour}">{what}</text>')

    def x(self, minute):
        return LEFT + WIDTH * (minute - self.first) / (self.last - self.first)

    def y(self, value):
        return self.top + HEIGHT * (1 - min(value, self.most) / self.most)

    def line(self, points, colour, name, place):
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        self.text(LEFT + WIDTH - 8 - 110 * place, self.top - 10, "name", name, colour)

    def bar(self, x, low, high, colour):
        self.out.append(f'<path d="M{self.x(x):.1f} {self.y(low):.1f}V{self.y(high):.1f}" stroke="{colour}" '
                        f'stroke-width="1.2" stroke-opacity="0.45"/>')

    def dot(self, x, y, colour):
        self.out.append(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="1.6" fill="{colour}"/>')


def series(rows, name, scale=1.0):
    return [(row["s"] / 60, row[name] * scale) for row in rows]


def main():
    rows, waits = table(sys.argv[1] + "/rows.tsv"), table(sys.argv[1] + "/waits.tsv")
    first, last = rows[0]["s"] / 60, rows[-1]["s"] / 60
    most = {name: max(row[name] for row in rows) for name in rows[0]}
    line = Panel(0, "Fans in line, and seats left", first, last, max(most["waiting"], most["seats_left"]))
    line.line(series(rows, "waiting"), BLUE, "waiting", 2)
    line.line(series(rows, "away"), ORANGE, "passed over", 1)
    line.line(series(rows, "seats_left"), GREEN, "seats left", 0)
    inside = Panel(1, "Fans inside", first, last, most["inside"])
    inside.line(series(rows, "inside"), BLUE, "inside", 0)
    flow = Panel(2, "Fans a minute that the line moves, as it was estimated", first, last, most["high"])
    flow.line(series(rows, "low"), GREEN, "at least", 1)
    flow.line(series(rows, "high"), ORANGE, "at most", 0)
    asked = Panel(3, "Questions about the own place, a second", first, last, most["asked"])
    asked.line(series(rows, "asked"), BLUE, "questions", 0)
    longest = max([wait["high_s"] / 60 for wait in waits] + [1])
    title = "The wait that was told first (bars) and the true one (dots), by the true one; minutes"
    told = Panel(4, title, 0, max([wait["waited_s"] / 60 for wait in waits] + [1]), longest)
    for wait in waits:
        right = wait["low_s"] <= wait["waited_s"] <= wait["high_s"]
        told.bar(wait["waited_s"] / 60, wait["low_s"] / 60, wait["high_s"] / 60, BLUE if right else RED)
        told.dot(wait["waited_s"] / 60, wait["waited_s"] / 60, INK)
    panels = [line, inside, flow, asked, told]
    height = TOP + len(panels) * (HEIGHT + GAP)
    style = ".title{font-weight:bold;font-size:13px}.y,.name{text-anchor:end}.x{text-anchor:middle}"
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 30} {height}" '
          f'font-family="sans-serif" font-size="12"><style>{style}</style><rect width="100%" height="100%" fill="white"/>')
    for panel in panels:
        print("\n".join(panel.out))
    print("</svg>")


if __name__ == "__main__":
    main()
