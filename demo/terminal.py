"""Terminal output of the demo: colours (only at a terminal), tables and progress bars."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

WIDTH = 100
BAR = 30
# A bar is redrawn at most this many times per second.
FRAMES = 20

COLOURED = sys.stdout.isatty() and "NO_COLOR" not in os.environ
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "blue": "34", "cyan": "36"}


def styled(text: str, *styles: str) -> str:
    """Return the text with ANSI styles, or unchanged if there is no terminal."""
    if not COLOURED:
        return text
    codes = ";".join(STYLES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the lines of a table; numbers are right-aligned."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    right = [bool(rows) and isinstance(rows[0][i], int | float) for i in range(len(head))]

    def line(values: Sequence[str]) -> str:
        placed = (
            value.rjust(width) if at_right else value.ljust(width)
            for value, width, at_right in zip(values, widths, right, strict=True)
        )
        return "  ".join(placed).rstrip()

    rule = "  ".join("─" * width for width in widths)
    return [styled(line(head), "bold"), styled(rule, "dim"), *map(line, cells)]


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


class Progress:
    """A progress bar with the number of rows per second."""

    def __init__(self, name: str, total: int) -> None:
        self._name = name
        self._total = total
        self._done = 0
        self._start = time.perf_counter()
        self._drawn = 0.0

    def advance(self, rows: int) -> None:
        """Add the number of loaded rows."""
        self._done += rows
        now = time.perf_counter()
        if sys.stdout.isatty() and now - self._drawn > 1 / FRAMES:
            self._drawn = now
            print(f"\r{self._line()}", end="", flush=True)

    def finish(self) -> float:
        """Draw the full bar; return the elapsed seconds."""
        start = "\r" if sys.stdout.isatty() else ""
        print(f"{start}{self._line()}", flush=True)
        return time.perf_counter() - self._start

    def _line(self) -> str:
        seconds = time.perf_counter() - self._start
        share = self._done / self._total if self._total else 1.0
        full = round(share * BAR)
        bar = styled("█" * full, "green") + styled("░" * (BAR - full), "dim")
        rate = f"{self._done / seconds:,.0f} rows/s" if seconds else ""
        return f"  {self._name:9} {bar} {self._done:>9,} rows {seconds:6.2f} s {rate:>16}"
