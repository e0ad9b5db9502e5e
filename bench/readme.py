"""Puts the newest full results into the README: `python -m bench.readme [RESULTS.json]`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from bench.claims import Claim
from bench.report import OXYDE, RESULTS, TITLES
from bench.work import CASES

README = RESULTS.parent.parent / "README.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
NAMES = {case.name: case.title for case in CASES}
# Contenders that are no ORM.
DRIVERS = {"asyncpg", "aiosqlite", "asyncmy"}


def section(results: dict[str, Any], name: str) -> str:
    """The Markdown between the marks."""
    versions = ", ".join(f"{each} {version}" for each, version in results["versions"].items())
    lines = [
        f"Measured on {results['date'][:10]}: {results['machine']}; {versions}.",
        "Milliseconds of a call (median of interleaved rounds), and Oxyde's time as a ratio to the",
        "raw driver's and to the best other ORM's. ✗ marks a missed target.",
        "",
    ]
    for database in results["databases"]:
        driver = database["driver"]
        lines += [
            f"| {TITLES[database['database']]} | Oxyde | {driver} | ÷ {driver} | ÷ best ORM |",
            "|---|--:|--:|--:|--:|",
        ]
        for case, found in database["cases"].items():
            lines.append(_row(NAMES[case], found, driver))
        lines.append("")
    if results["claims"]:
        lines += ["| Besides | found | target |", "|---|--:|--:|"]
        lines += [_claim(each) for each in results["claims"]]
        lines.append("")
    lines.append(f"![Time as a multiple of the raw driver's](bench/results/{name}.svg)")
    return "\n".join(lines)


def _row(title: str, found: dict[str, Any], driver: str) -> str:
    times = {name: each["median_ms"] for name, each in found["contenders"].items()}
    own, raw = times.get(OXYDE), times.get(driver)
    orms = {name: time for name, time in times.items() if name not in DRIVERS | {OXYDE}}
    best = min(orms, key=lambda name: orms[name]) if orms else None
    cells = [
        _milliseconds(own),
        _milliseconds(raw),
        _ratio(own, raw, found["targets"]["driver"]),
        _ratio(own, orms[best] if best else None, found["targets"]["best_orm"])
        + (f" ({best})" if best else ""),
    ]
    return f"| {title} | {' | '.join(cells)} |"


def _claim(found: dict[str, Any]) -> str:
    claim = Claim(**found)
    unit = "" if claim.unit == "×" else f" {claim.unit}"
    wanted = ""
    if claim.target is not None:
        sign = "≥" if claim.at_least else "≤"
        wanted = f"{sign} {claim.target:g}{'' if claim.kept else ' ✗'}"
    return f"| {claim.title} | {claim.value:.3g}{unit} | {wanted} |"


def _milliseconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _ratio(own: float | None, other: float | None, target: float) -> str:
    if own is None or other is None:
        return "–"
    return f"{own / other:.2f}{'' if own / other <= target else ' ✗'}"


def main() -> None:
    """Write the README."""
    full = sorted(
        path for path in RESULTS.glob("*.json") if not path.stem.endswith(("-quick", "-scale"))
    )
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else full[-1]
    new = section(json.loads(path.read_text()), path.stem)
    text = README.read_text()
    marked = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
    README.write_text(marked.sub(lambda _: f"{BEGIN}\n{new}\n{END}", text))


if __name__ == "__main__":
    main()
