"""The tables of the tests, and the JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.report import OXYDE, write
from bench.table import aligned
from bench.web.adapters.protocol import POOL_SIZE
from bench.web.runner import Rounds, TestResult
from bench.web.sites import CONNECTIONS

# All ratios are to this contender.
DRIVER = "asyncpg"
HEAD = (
    *("requests/s", f"÷ {DRIVER}", "p50 ms", "p99 ms", "errors"),
    *("CPU ms/request", f"÷ {DRIVER}", "PostgreSQL's"),
)


def table(result: TestResult) -> str:
    """One test: a line for each contender, the fastest first."""
    driver = result.found.get(DRIVER)
    lines = [[result.test.title, *HEAD]]
    for name, rounds in sorted(
        result.found.items(), key=lambda each: each[1].median("rate"), reverse=True
    ):
        lines.append(
            [
                name,
                f"{rounds.median('rate'):,.0f}",
                _ratio(rounds, driver, "rate", result.test.target if name == OXYDE else None),
                f"{rounds.median('p50') * 1e3:.2f}",
                _p99(rounds, driver if name == OXYDE else None),
                str(rounds.errors),
                f"{rounds.median('cpu') * 1e3:.3f}",
                _ratio(rounds, driver, "cpu"),
                _server_cpu(rounds),
            ]
        )
    text = aligned(lines, ruled=True)
    text += [f"  {name} left out: {why}" for name, why in result.left_out.items()]
    return "\n".join(text)


def about(results: list[TestResult], loop: str) -> str:
    """How it was measured."""
    busiest = max(
        (
            each.load
            for result in results
            for rounds in result.found.values()
            for each in rounds.rounds
        ),
        default=0.0,
    )
    return (
        f"FastAPI, uvicorn with {loop}, one worker; {CONNECTIONS} connections of the load,"
        f" {POOL_SIZE} of each pool; the load took at most {busiest:.0%} of a core"
    )


def save(results: list[TestResult], *, loop: str, rounds: int, seconds: float) -> Path:
    """Write all measurements to bench/results, named by date."""
    content = {
        "web": {
            "loop": loop,
            "rounds": rounds,
            "seconds": seconds,
            "connections": CONNECTIONS,
            "pool": POOL_SIZE,
            "tests": {result.test.name: _as_json(result) for result in results},
        }
    }
    return write(content, "-web" if loop == "uvloop" else f"-web-{loop}")


def _as_json(result: TestResult) -> dict[str, Any]:
    return {
        "target": result.test.target,
        "left_out": result.left_out,
        "contenders": {
            name: {
                "rate": round(rounds.median("rate"), 1),
                "p50_ms": round(rounds.median("p50") * 1e3, 3),
                "p99_ms": round(rounds.median("p99") * 1e3, 3),
                "errors": rounds.errors,
                "cpu_ms": round(rounds.median("cpu") * 1e3, 4),
                "rates": [round(each.rate, 1) for each in rounds.rounds],
            }
            for name, rounds in result.found.items()
        },
    }


def _ratio(own: Rounds, driver: Rounds | None, name: str, target: float | None = None) -> str:
    if driver is None or not driver.median(name):
        return "–"
    value = own.median(name) / driver.median(name)
    if target is None:
        return f"{value:.2f}"
    return f"{value:.2f} {'✓' if value >= target else '✗'} {target:g}"


def _p99(own: Rounds, driver: Rounds | None) -> str:
    """Marked if it is above the driver's."""
    value = own.median("p99")
    mark = "" if driver is None else " ✓" if value <= driver.median("p99") else " ✗"
    return f"{value * 1e3:.2f}{mark}"


def _server_cpu(rounds: Rounds) -> str:
    if any(each.server_cpu is None for each in rounds.rounds):
        return "–"
    return f"{rounds.median('server_cpu') * 1e3:.3f}"
