"""Bar charts as SVG: groups of cases, a bar for each contender."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from bench.contenders import LIMIT
from bench.report import OXYDE, TITLES, machine
from bench.runner import DatabaseResult

WIDTH = 860
LEFT = 230
BAR = 9
GAP = 12
# The legend's lines are this far apart, and a letter this wide.
LINE = 16
LETTER = 7.0
# The highest value whose bar has its length; longer ones are cut and labelled.
LONGEST = 6.0
COLOURS = {OXYDE: "#d9480f", LIMIT: "#212529"}
# The others' in turn. Contenders beyond these share a colour, and keep their order.
OTHERS = (
    *("#868e96", "#4263eb", "#2b8a3e", "#f59f00", "#9775fa", "#15aabf", "#e64980", "#82c91e"),
    *("#795548", "#364fc7"),
)


@dataclass(frozen=True)
class Group:
    """Cases under one heading.

    Attributes:
        title: the heading.
        cases: the title of each case, and the value of each contender in it; 1 is marked by a line.
    """

    title: str
    cases: list[tuple[str, dict[str, float]]]


def draw(databases: list[DatabaseResult], path: Path) -> Path:
    """The chart in the README: each contender's time as a multiple of the raw driver's."""
    groups = []
    for database in databases:
        cases = []
        for result in database.cases:
            driver = result.timings.get(database.driver)
            if driver is None:
                continue
            # In the order of the table, whoever was the first to run.
            values = {
                name: result.timings[name].median / driver.median
                for name in database.kinds
                if name in result.timings and name != database.driver
            }
            cases.append((result.case.title, values))
        title = f"{TITLES[database.database]} (raw driver: {database.driver} = 1)"
        groups.append(Group(title, cases))
    title = "Time of a call as a multiple of the raw driver's (shorter is better)"
    return bars(title, groups, path)


def bars(title: str, groups: list[Group], path: Path, *, notes: tuple[str, ...] = ()) -> Path:
    """Write a chart, with the notes and the machine below it."""
    values = [case for group in groups for _, case in group.cases]
    names = list(dict.fromkeys(name for case in values for name in case))
    longest = min(LONGEST, max((value for case in values for value in case.values()), default=1))
    scale = (WIDTH - LEFT - 70) / longest
    colours = _colours(names)
    legend, y = _legend(names, colours)
    body = [_text(16, 20, title, bold=True), *legend]
    for group in groups:
        drawn, y = _group(group, colours, scale, y)
        body += drawn
    for note in (*notes, machine()):
        body.append(_text(16, y, note, size=10))
        y += 14
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}"'
        f' viewBox="0 0 {WIDTH} {y}" font-family="sans-serif">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(body)}</svg>\n'
    )
    return path


def _colours(names: list[str]) -> dict[str, str]:
    others = [name for name in names if name not in COLOURS]
    return COLOURS | {name: OTHERS[place % len(OTHERS)] for place, name in enumerate(others)}


def _legend(names: list[str], colours: dict[str, str]) -> tuple[list[str], float]:
    """The names with their colours, and where the rest begins."""
    drawn, x, y = [], 16.0, 43.0
    for name in names:
        width = 30 + LETTER * len(name)
        if x + width > WIDTH:
            x, y = 16.0, y + LINE
        drawn += [_bar(x, y - 9, 10, 10, colours[name]), _text(x + 14, y, name)]
        x += width
    return drawn, y + 24


def _group(
    group: Group, colours: dict[str, str], scale: float, y: float
) -> tuple[list[str], float]:
    """A heading, its cases and the line at 1; and where the next group begins."""
    drawn = [_text(16, y, group.title, bold=True)]
    y += 16
    top = y
    for title, values in group.cases:
        drawn.append(_text(LEFT - 8, y + len(values) * BAR / 2 + 4, title, anchor="end"))
        for name, value in values.items():
            length = min(value, LONGEST) * scale
            drawn.append(_bar(LEFT, y, length, BAR - 1, colours[name]))
            drawn.append(_text(LEFT + length + 4, y + BAR - 1, f"{value:.2f}", size=9))
            y += BAR
        y += GAP
    x = LEFT + scale
    drawn.append(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{y - GAP}"'
        ' stroke="#adb5bd" stroke-dasharray="3 3"/>'
    )
    return drawn, y + 24


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _text(
    x: float, y: float, text: str, *, size: int = 12, anchor: str = "start", bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    style = f'font-size="{size}" text-anchor="{anchor}"{weight} fill="#212529"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
