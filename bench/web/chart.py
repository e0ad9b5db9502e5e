"""The chart of the web tests: requests per second as a multiple of the raw driver's."""

from __future__ import annotations

from pathlib import Path

from bench.chart import Group, bars
from bench.web.report import DRIVER, about
from bench.web.runner import TestResult


def draw(results: list[TestResult], loop: str, path: Path) -> Path:
    """Write it as SVG."""
    cases = []
    for result in results:
        driver = result.found.get(DRIVER)
        if driver is None or not driver.median("rate"):
            continue
        values = {
            name: rounds.median("rate") / driver.median("rate")
            for name, rounds in result.found.items()
            if name != DRIVER
        }
        cases.append((result.test.title, values))
    title = "Requests per second as a multiple of the raw driver's (longer is better)"
    groups = [Group(f"PostgreSQL (raw driver: {DRIVER} = 1)", cases)]
    return bars(title, groups, path, notes=(about(results, loop),))
