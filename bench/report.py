"""The table, the marks for missed targets, and the JSON file."""

from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.claims import Claim
from bench.contenders import LIMIT
from bench.runner import CaseResult, DatabaseResult, Timing
from bench.table import aligned

RESULTS = Path(__file__).resolve().parent / "results"
OXYDE = "oxyde"
TITLES = {"postgres": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL"}


@dataclass(frozen=True)
class Ratio:
    """What Oxyde takes, divided by what another contender takes.

    Attributes:
        to: the other contender, None if there is none to compare with.
        target: the highest good value, None if there is no target.
    """

    to: str | None
    value: float | None
    target: float | None

    @property
    def met(self) -> bool | None:
        """Whether the target is met (None: nothing to compare)."""
        if self.value is None or self.target is None:
            return None
        return self.value <= self.target

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        if self.target is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} {'✓' if self.met else '✗'} {self.target:g}"


@dataclass(frozen=True)
class Verdict:
    """Oxyde's ratios in one case: to the raw driver in time and CPU time, to the program without
    Python, and to the best other ORM."""

    driver: Ratio
    cpu: Ratio
    limit: Ratio
    orm: Ratio


def verdict(result: CaseResult, database: DatabaseResult) -> Verdict:
    """Compare Oxyde with the others."""
    targets = result.case.targets
    own = result.timings.get(OXYDE)
    orms = {
        name: timing
        for name, timing in result.timings.items()
        if name != OXYDE and database.kinds.get(name) == "orm"
    }
    best = min(orms, key=lambda name: orms[name].median) if orms else None

    def ratio(to: str | None, figure: str, target: float | None) -> Ratio:
        other = result.timings.get(to) if to else None
        if own is None or other is None:
            return Ratio(to, None, target)
        return Ratio(to, getattr(own, figure) / getattr(other, figure), target)

    return Verdict(
        ratio(database.driver, "median", targets.driver.get(database.database)),
        ratio(database.driver, "cpu_median", targets.cpu),
        ratio(LIMIT, "median", targets.limit.get(database.database)),
        ratio(best, "median", targets.orm),
    )


def table(database: DatabaseResult) -> str:
    """The complete table of one database as text."""
    names = _present(database)
    head = [
        *("median ms", *names),
        *(f"÷ {database.driver}", "CPU ÷", f"÷ {LIMIT}", "÷ best ORM"),
    ]
    lines = [head]
    for result in database.cases:
        found = verdict(result, database)
        line = [result.case.title]
        line += [_milliseconds(result.timings.get(name)) for name in names]
        line += [str(each) for each in (found.driver, found.cpu, found.limit, found.orm)]
        lines.append(line)
    text = [TITLES[database.database], "", *aligned(lines, ruled=True)]
    text += [f"  {name} is missing: {why}" for name, why in database.missing.items()]
    for result in database.cases:
        for name, why in result.left_out.items():
            if why != "not written for this contender":
                text.append(f"  {result.case.title}: {name} left out: {why}")
    return "\n".join(text)


def details(database: DatabaseResult) -> str:
    """p95 and memory of Oxyde and the raw driver."""
    names = ["", OXYDE, database.driver, OXYDE, database.driver]
    lines = [["", "p95 ms", "", "peak MiB", ""], names]
    for result in database.cases:
        pair = [result.timings.get(name) for name in (OXYDE, database.driver)]
        line = [result.case.title]
        line += [f"{each.p95 * 1e3:.3f}" if each else "–" for each in pair]
        line += [f"{each.peak:.1f}" if each else "–" for each in pair]
        lines.append(line)
    title = f"{TITLES[database.database]}: slowest calls, memory"
    return "\n".join([title, "", *aligned(lines)])


def processor_time(database: DatabaseResult) -> str:
    """The CPU time of all contenders.

    It is that of all client threads, without the server: it hardly depends on other load.
    """
    names = _present(database)
    lines = [["CPU ms of a call", *names]]
    for result in database.cases:
        timings = (result.timings.get(name) for name in names)
        cells = [f"{each.cpu_median * 1e3:.3f}" if each else "–" for each in timings]
        lines.append([result.case.title, *cells])
    return "\n".join([TITLES[database.database], "", *aligned(lines, ruled=True)])


def _present(database: DatabaseResult) -> list[str]:
    return [name for name in database.kinds if any(name in each.timings for each in database.cases)]


def summary(databases: list[DatabaseResult], claims: list[Claim]) -> str:
    """One line: how many targets are met."""
    checks = []
    for database in databases:
        for result in database.cases:
            found = verdict(result, database)
            checks += [each.met for each in (found.driver, found.cpu, found.limit, found.orm)]
    checks += [claim.kept for claim in claims if claim.target is not None]
    checks = [met for met in checks if met is not None]
    if not checks:
        return "Oxyde did not run: no target was checked"
    return f"targets: {sum(checks)} of {len(checks)} met (✗ marks the others)"


def save(databases: list[DatabaseResult], claims: list[Claim], *, quick: bool) -> Path:
    """Write all measurements to bench/results, named by date."""
    content = {
        "databases": [_as_json(database) for database in databases],
        "claims": [
            {"title": each.title, "value": round(each.value, 3), "unit": each.unit}
            | {"target": each.target, "at_least": each.at_least}
            for each in claims
        ],
    }
    return write(content, "-quick" if quick else "")


def save_scale(found: dict[str, list[Any]]) -> Path:
    """Write the parts of `bench.scale` likewise."""
    content = {
        "scale": {
            database: [
                {"title": part.title, "verdict": part.verdict, "kept": part.kept}
                | {"figures": part.figures}
                for part in parts
            ]
            for database, parts in found.items()
        }
    }
    return write(content, "-scale")


def write(content: dict[str, Any], suffix: str) -> Path:
    """Write a file named by date, with the machine and the versions."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(timezone.utc)
    path = RESULTS / f"{now:%Y-%m-%d}{suffix}.json"
    about = {
        "date": now.isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
    }
    path.write_text(json.dumps(about | content, indent=1) + "\n")
    return path


def machine() -> str:
    """The processor, the number of its cores and the system."""
    model = platform.processor()
    for line in (
        Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    ):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=False).stdout.strip()
    return f"{model}, {cores} cores, Python {platform.python_version()}, {platform.system()}"


def versions() -> dict[str, str]:
    """The versions of all contenders."""
    names = (
        "oxyde",
        "asyncpg",
        "aiosqlite",
        "asyncmy",
        "psycopg",
        "sqlalchemy",
        "tortoise-orm",
        "piccolo",
        "django",
        "yara-orm",
        "fastapi",
        "uvicorn",
        "uvloop",
    )
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _as_json(database: DatabaseResult) -> dict[str, Any]:
    return {
        "database": database.database,
        "driver": database.driver,
        "kinds": database.kinds,
        "cases": {
            result.case.name: {
                "left_out": result.left_out,
                "ratios": asdict(verdict(result, database)),
                "contenders": {
                    name: {
                        "median_ms": round(timing.median * 1e3, 4),
                        "p95_ms": round(timing.p95 * 1e3, 4),
                        "cpu_ms": round(timing.cpu_median * 1e3, 4),
                        "peak_mib": round(timing.peak, 2),
                        "calls": len(timing.times),
                    }
                    for name, timing in result.timings.items()
                },
            }
            for result in database.cases
        },
    }


def _milliseconds(timing: Timing | None) -> str:
    if timing is None:
        return "–"
    value = timing.median * 1e3
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"
