"""The tables in Markdown, and the SQL of the cases in which Oxyde is slower than SQL by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from bench.plans.contenders import Django, Oxyde, SqlAlchemy, Written
from bench.plans.effort import UNITS
from bench.plans.runner import Result
from bench.plans.servers import TITLES
from bench.report import machine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- plans:begin -->", "<!-- plans:end -->"
INTRODUCTION = """\
## Statements, beside SQL written by hand

`make bench-plans WRITE=1` writes these tables. The SQL written by hand runs over the same
connection (`execute_raw()`, which returns dicts); ✗ marks a query that takes Oxyde more than 1.3 of
its time. Pages and rows are what the server read for one call, by its own counters; for SQLite the
table shows the steps of the plan. Where these are equal, the difference is mostly the instances
that Oxyde builds."""
# Above this ratio to the time of the SQL written by hand, a case is marked.
MARK = 1.3
# A difference of fewer seconds is noise, and no reason to mark a case.
NOISE = 0.0002
# Lines of a server's plan that are printed.
PLAN_LINES = 25
_TIMES = (Oxyde.name, Written.name, Django.name, SqlAlchemy.name)


def ratio(result: Result) -> float | None:
    """Oxyde's time, divided by that of the SQL written by hand."""
    own, hand = result.best.get(Oxyde.name), result.best.get(Written.name)
    return own / hand if own and hand else None


def is_slow(result: Result) -> bool:
    """Whether the case is marked."""
    own, hand = result.best.get(Oxyde.name), result.best.get(Written.name)
    if Oxyde.name in result.slow | set(result.failed):
        return True
    return bool(own and hand and own > MARK * hand and own - hand > NOISE)


def table(kind: str, version: str, results: Sequence[Result], limit: float) -> str:
    """The table of one database."""
    unit = UNITS[kind]
    head = [f"{TITLES[kind]} {version}", *_TIMES, "÷ by hand", f"{unit}: Oxyde", f"{unit}: by hand"]
    lines = [_line(head), _line(["---", *["--:"] * (len(head) - 1)])]
    for result in results:
        found = ratio(result)
        cells = [f"{result.case.title} (`{result.case.name}`)"]
        cells += [_time(result, name, limit) for name in _TIMES]
        mark = " ✗" if is_slow(result) else ""
        cells.append(f"{found:.2f}{mark}" if found else f"–{mark}")
        for name in (Oxyde.name, Written.name):
            run = result.checked.get(name)
            effort = run.effort if run else None
            cells.append(
                "–" if effort is None else f"{effort:,}" if isinstance(effort, int) else effort
            )
        lines.append(_line(cells))
    return "\n".join(lines)


def findings(kind: str, results: Sequence[Result], *, everything: bool) -> str:
    """The statements of the marked cases (or of all) with the server's plans, and what failed."""
    parts = []
    for result in results:
        found = ratio(result)
        if everything or is_slow(result):
            measured = ", ".join(
                f"{name} {seconds * 1e3:.2f} ms" for name, seconds in result.best.items()
            )
            parts.append(f"{TITLES[kind]}, {result.case.name}: {found or 0:.2f} × ({measured})")
            for name in (Oxyde.name, Written.name):
                run = result.checked.get(name)
                for sql, lines in run.plans.items() if run else ():
                    parts.append(f"  {name}: {_short(sql)}")
                    parts += [f"      {line:.200}" for line in lines[:PLAN_LINES]]
        parts += [
            f"  {result.case.name}: {name}: {_short(why)}" for name, why in result.failed.items()
        ]
        parts += [f"  {result.case.name}: {name}: cancelled" for name in result.slow]
    return "\n".join(parts)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) < 2_000 else f"{line[:500]} …"


def about(rows: int, rounds: int) -> str:
    """When, where and how it was measured."""
    return (
        f"Measured on {datetime.now(timezone.utc):%Y-%m-%d}: {machine()}; {rows:,} posts,"
        f" 10,000 authors. Milliseconds of a call, the best of {rounds} rounds."
    )


def write(text: str) -> Path:
    """Replace the section in docs/performance.md, or add it."""
    page = PAGE.read_text(encoding="utf-8")
    section = f"{BEGIN}\n{INTRODUCTION}\n\n{text}\n{END}"
    before, found, rest = page.partition(BEGIN)
    if found:
        section = before + section + rest.partition(END)[2]
    else:
        section = f"{page.rstrip()}\n\n{section}\n"
    PAGE.write_text(section, encoding="utf-8")
    return PAGE


def _time(result: Result, name: str, limit: float) -> str:
    if name in result.slow:
        return f"> {limit:g} s"
    if name in result.failed:
        return "✗"
    seconds = result.best.get(name)
    if seconds is None:
        return "–"
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:,.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
