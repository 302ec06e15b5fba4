"""One picture: how much of what arrives is answered, and how long it takes; an SVG with nothing from elsewhere."""
import math

WIDTH, HEIGHT, LEFT, TOP, GAP = 640, 250, 70, 40, 60
INK, GRID, COLOURS = "#333", "#ddd", ("#1f6f8b", "#c8553d")
DECADES_MS = (0.1, 1, 10, 100, 1000, 10000)


def nice_step(most):
    step = 10 ** math.floor(math.log10(most / 4))
    return next(step * factor for factor in (1, 2, 2.5, 5, 10) if step * factor * 5 >= most)


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{words}</text>'


def line(points, colour, dash=""):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>' +
            "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points))


def panel(top, title, series, x_most, y_of, y_ticks):
    """series: (name, colour, dash, [(x, y)]); y_of maps a value to 0…1."""
    def x_at(x):
        return LEFT + x / x_most * (WIDTH - LEFT - 20)

    def y_at(y):
        return top + HEIGHT - y_of(y) * HEIGHT

    parts = [text(LEFT, top - 12, title, "start", 'font-weight="bold"')]
    for tick in y_ticks:
        y = f"{y_at(tick):.1f}"
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y}" y2="{y}" stroke="{GRID}"/>')
        parts.append(text(LEFT - 8, y_at(tick) + 4, f"{tick:,g}", "end"))
    step = nice_step(x_most)
    tick = 0
    while tick <= x_most:
        parts.append(text(x_at(tick), top + HEIGHT + 18, f"{tick:,g}"))
        tick += step
    for number, (name, colour, dash, points) in enumerate(series):
        parts.append(line([(x_at(x), y_at(y)) for x, y in points], colour, dash))
        parts.append(text(WIDTH - 24, top + 16 + 16 * number, name, "end", f'fill="{colour}"'))
    return parts


def by_decades(ms):
    """0.1 ms is at the bottom, 10 s at the top."""
    return (math.log10(min(DECADES_MS[-1], max(DECADES_MS[0], ms))) + 1) / (len(DECADES_MS) - 1)


def draw(path, title, rows):
    """rows: offered, accepted and refused a second, p50 and p99 of the accepted in ms."""
    most = max(row["offered"] for row in rows) * 1.05
    rates = [("arriving", GRID, "4 4", [(0, 0), (most, most)])]
    for name, colour in (("accepted", COLOURS[0]), ("refused", COLOURS[1])):
        rates.append((name, colour, "", [(row["offered"], row[name]) for row in rows]))
    times = [(f"{name} of the accepted", colour, "", [(row["offered"], row[f"{name}_ms"]) for row in rows])
             for name, colour in (("p50", COLOURS[0]), ("p99", COLOURS[1]))]
    step = nice_step(most)
    ticks = [step * number for number in range(int(most / step) + 1)]
    parts = panel(TOP + 20, "answers a second", rates, most, lambda y: y / most, ticks)
    parts += panel(TOP + 20 + HEIGHT + GAP, "milliseconds from arrival to answer", times, most,
                   by_decades, DECADES_MS)
    height = TOP + 2 * HEIGHT + GAP + 80
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
                   f'font-size="12" fill="{INK}"><rect width="{WIDTH}" height="{height}" fill="white"/>')
        file.write(text(LEFT, 24, title, "start", 'font-size="15"'))
        file.write("".join(parts))
        file.write(text(WIDTH / 2, height - 14, "requests that arrive in a second"))
        file.write("</svg>\n")
