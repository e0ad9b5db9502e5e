"""The table, the marks at missed targets and the JSON file."""

from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.claims import Claim
from bench.runner import CaseResult, DatabaseResult, Timing
from bench.table import aligned

RESULTS = Path(__file__).resolve().parent / "results"
OXYDE = "oxyde"
TITLES = {"postgres": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL"}


@dataclass(frozen=True)
class Verdict:
    """Oxyde's ratios in one case, and whether they keep the targets (None: nothing to compare)."""

    to_driver: float | None
    to_orm: float | None
    best_orm: str | None
    driver_target: float
    orm_target: float

    @property
    def driver_ok(self) -> bool | None:
        """Whether the target against the raw driver is met."""
        return None if self.to_driver is None else self.to_driver <= self.driver_target

    @property
    def orm_ok(self) -> bool | None:
        """Whether the target against the best other ORM is met."""
        return None if self.to_orm is None else self.to_orm <= self.orm_target


def verdict(result: CaseResult, database: DatabaseResult) -> Verdict:
    """Compare Oxyde with the raw driver and with the best other ORM."""
    own = result.timings.get(OXYDE)
    driver = result.timings.get(database.driver)
    orms = {
        name: timing
        for name, timing in result.timings.items()
        if name != OXYDE and database.kinds.get(name) == "orm"
    }
    best = min(orms, key=lambda name: orms[name].median) if orms else None
    return Verdict(
        own.median / driver.median if own and driver else None,
        own.median / orms[best].median if own and best else None,
        best,
        result.case.targets[database.database],
        result.case.orm_target,
    )


def table(database: DatabaseResult) -> str:
    """The whole of one database as text."""
    names = [
        name for name in database.kinds if any(name in each.timings for each in database.cases)
    ]
    head = ["median ms", *names, f"÷ {database.driver}", "÷ best ORM"]
    lines = [head]
    for result in database.cases:
        found = verdict(result, database)
        line = [result.case.title]
        line += [_milliseconds(result.timings.get(name)) for name in names]
        line.append(_ratio(found.to_driver, found.driver_target))
        line.append(_ratio(found.to_orm, found.orm_target))
        lines.append(line)
    text = [TITLES[database.database], "", *aligned(lines, ruled=True)]
    text += [f"  {name} is missing: {why}" for name, why in database.missing.items()]
    for result in database.cases:
        for name, why in result.left_out.items():
            if why != "not written for this contender":
                text.append(f"  {result.case.title}: {name} left out: {why}")
    return "\n".join(text)


def details(database: DatabaseResult) -> str:
    """p95, CPU time and memory of Oxyde and the raw driver.

    CPU time is the client's alone, of all its threads: it hardly depends on what else runs.
    """
    head = ["", "p95 ms", "", "CPU ms", "", "÷", "peak MiB", ""]
    names = ["", OXYDE, database.driver, OXYDE, database.driver, "", OXYDE, database.driver]
    lines = [head, names]
    for result in database.cases:
        pair = [result.timings.get(name) for name in (OXYDE, database.driver)]
        line = [result.case.title]
        line += [f"{each.p95 * 1e3:.3f}" if each else "–" for each in pair]
        line += [f"{each.cpu_median * 1e3:.3f}" if each else "–" for each in pair]
        own, driver = pair
        line.append(f"{own.cpu_median / driver.cpu_median:.2f}" if own and driver else "–")
        line += [f"{each.peak:.1f}" if each else "–" for each in pair]
        lines.append(line)
    title = f"{TITLES[database.database]}: slowest calls, CPU time of a call, memory"
    return "\n".join([title, "", *aligned(lines)])


def summary(databases: list[DatabaseResult], claims: list[Claim]) -> str:
    """One line: how many targets are met."""
    checks = [
        ok
        for database in databases
        for result in database.cases
        for ok in (verdict(result, database).driver_ok, verdict(result, database).orm_ok)
        if ok is not None
    ]
    checks += [claim.kept for claim in claims if claim.target is not None]
    if not checks:
        return "Oxyde did not run: no target was checked"
    return f"targets: {sum(checks)} of {len(checks)} met (✗ marks the others)"


def save(databases: list[DatabaseResult], claims: list[Claim], *, quick: bool) -> Path:
    """Write everything that was measured to bench/results, named after the day."""
    content = {
        "databases": [_as_json(database) for database in databases],
        "claims": [
            {"title": each.title, "value": round(each.value, 3), "unit": each.unit}
            | {"target": each.target, "at_least": each.at_least}
            for each in claims
        ],
    }
    return _write(content, "-quick" if quick else "")


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
    return _write(content, "-scale")


def _write(content: dict[str, Any], suffix: str) -> Path:
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
        "sqlalchemy",
        "tortoise-orm",
        "piccolo",
        "django",
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
        "cases": {
            result.case.name: {
                "left_out": result.left_out,
                "targets": {
                    "driver": result.case.targets[database.database],
                    "best_orm": result.case.orm_target,
                },
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


def _ratio(value: float | None, target: float) -> str:
    if value is None:
        return "–"
    return f"{value:.2f} {'✓' if value <= target else '✗'} {target:g}"
