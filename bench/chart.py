"""The chart that the README shows: each contender's time as a multiple of the raw driver's."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from bench.report import OXYDE, TITLES, machine
from bench.runner import DatabaseResult

WIDTH = 860
LEFT = 230
BAR = 9
GAP = 12
# Bars end here; longer ones are cut, with their number beside them.
LIMIT = 6.0
COLOURS = {OXYDE: "#d9480f"}
OTHERS = ("#495057", "#748ffc", "#63b598", "#e8a33d", "#b197fc")


def draw(databases: list[DatabaseResult], path: Path) -> Path:
    """Write the chart as SVG."""
    body: list[str] = []
    y = 64
    names = list(
        dict.fromkeys(name for each in databases for name in each.kinds if name != each.driver)
    )
    colours = COLOURS | dict(zip([n for n in names if n != OXYDE], OTHERS, strict=False))
    scale = (WIDTH - LEFT - 70) / LIMIT
    for database in databases:
        body.append(
            _text(
                16, y, f"{TITLES[database.database]} (raw driver: {database.driver} = 1)", bold=True
            )
        )
        y += 16
        top = y
        for result in database.cases:
            driver = result.timings.get(database.driver)
            shown = [name for name in names if name in result.timings]
            if driver is None or not shown:
                continue
            middle = y + len(shown) * BAR / 2 + 4
            body.append(_text(LEFT - 8, middle, result.case.title, anchor="end"))
            for name in shown:
                ratio = result.timings[name].median / driver.median
                length = min(ratio, LIMIT) * scale
                body.append(_bar(LEFT, y, length, BAR - 1, colours[name]))
                body.append(_text(LEFT + length + 4, y + BAR - 1, f"{ratio:.2f}", size=9))
                y += BAR
            y += GAP
        x = LEFT + scale
        body.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{y - GAP}"'
            ' stroke="#adb5bd" stroke-dasharray="3 3"/>'
        )
        y += 24
    legend, x = [], 16.0
    for name in names:
        legend.append(_bar(x, 34, 10, 10, colours[name]))
        legend.append(_text(x + 14, 43, name))
        x += 30 + 7.5 * len(name)
    title = _text(
        16, 20, "Time of a call as a multiple of the raw driver's (shorter is better)", bold=True
    )
    foot = _text(16, y, machine(), size=10)
    content = "".join([title, *legend, *body, foot])
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 14}"'
        f' viewBox="0 0 {WIDTH} {y + 14}" font-family="sans-serif">'
        f'<rect width="100%" height="100%" fill="white"/>{content}</svg>\n'
    )
    return path


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _text(
    x: float, y: float, text: str, *, size: int = 12, anchor: str = "start", bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    style = f'font-size="{size}" text-anchor="{anchor}"{weight} fill="#212529"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
