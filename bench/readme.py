"""Copies the newest full results of `make bench` and `make bench-web` into docs/benchmarks.md, and
their charts beside it: `python -m bench.readme`. The README shows the first chart."""

from __future__ import annotations

import json
import re
import shutil
from typing import Any

from bench.claims import Claim
from bench.contenders import LIMIT
from bench.report import OXYDE, RESULTS, TITLES, Ratio
from bench.web import checks
from bench.web.report import DRIVER
from bench.work import CASES

PAGE = RESULTS.parent.parent / "docs/benchmarks.md"
CHARTS = PAGE.parent / "images"
NAMES = {case.name: case.title for case in CASES}
TESTS = {test.name: test for test in checks.TESTS}


def section(results: dict[str, Any]) -> str:
    """The Markdown between the markers."""
    versions = ", ".join(f"{each} {version}" for each, version in results["versions"].items())
    lines = [
        f"Measured on {results['date'][:10]}: {results['machine']}; {versions}.",
        "Milliseconds of a call (median of interleaved rounds), and what Oxyde takes, divided by",
        "the raw driver's time, by its CPU time, by the time of a Rust program without Python",
        "(limit) and by the best other ORM's time. ✗ marks a missed target.",
        "",
    ]
    for database in results["databases"]:
        driver = database["driver"]
        ratios = f"÷ {driver} | CPU ÷ {driver} | ÷ {LIMIT} | ÷ best ORM"
        lines += [
            f"| {TITLES[database['database']]} | Oxyde | {driver} | {ratios} |",
            "|---|--:|--:|--:|--:|--:|--:|",
        ]
        for case, found in database["cases"].items():
            lines.append(_row(NAMES[case], found, driver))
        lines.append("")
    if results["claims"]:
        lines += ["| Besides | found | target |", "|---|--:|--:|"]
        lines += [_claim(each) for each in results["claims"]]
        lines.append("")
    lines.append("![Time as a multiple of the raw driver's](images/benchmark.svg)")
    return "\n".join(lines)


def _row(title: str, found: dict[str, Any], driver: str) -> str:
    times = {name: each["median_ms"] for name, each in found["contenders"].items()}
    ratios = {name: Ratio(**each) for name, each in found["ratios"].items()}
    cells = [
        _milliseconds(times.get(OXYDE)),
        _milliseconds(times.get(driver)),
        *(_ratio(ratios[name]) for name in ("driver", "cpu", "limit")),
        _ratio(ratios["orm"]) + (f" ({ratios['orm'].to})" if ratios["orm"].to else ""),
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


def _ratio(found: Ratio) -> str:
    if found.value is None:
        return "–"
    return f"{found.value:.2f}{' ✗' if found.met is False else ''}"


def web_section(results: dict[str, Any]) -> str:
    """The Markdown about the web tests."""
    web = results["web"]
    head = f"Oxyde | {DRIVER} | ÷ {DRIVER} | CPU ÷ {DRIVER} | p99 ms | its p99 | best other ORM"
    lines = [
        f"Measured on {results['date'][:10]}: {results['machine']};",
        f"FastAPI on uvicorn with {web['loop']}, one worker; {web['connections']} connections,",
        f"{web['pool']} of each pool. Requests per second (median of interleaved rounds), and",
        "Oxyde's CPU time of a request as a ratio to the raw driver's. ✗ marks a missed target.",
        "",
        f"| TechEmpower's test | {head} |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [_web_row(TESTS[test].title, found) for test, found in web["tests"].items()]
    lines += ["", "![Requests per second, to the raw driver's](images/benchmark-web.svg)"]
    return "\n".join(lines)


def _web_row(title: str, found: dict[str, Any]) -> str:
    contenders = dict(found["contenders"])
    own, driver = contenders.pop(OXYDE), contenders.pop(DRIVER)
    rate, cpu = own["rate"] / driver["rate"], own["cpu_ms"] / driver["cpu_ms"]
    best = max(contenders, key=lambda name: contenders[name]["rate"], default=None)
    cells = [
        f"{own['rate']:,.0f}",
        f"{driver['rate']:,.0f}",
        f"{rate:.2f}{'' if rate >= found['target'] else ' ✗'}",
        f"{cpu:.2f}",
        f"{own['p99_ms']:.1f}{'' if own['p99_ms'] <= driver['p99_ms'] else ' ✗'}",
        f"{driver['p99_ms']:.1f}",
        f"{contenders[best]['rate']:,.0f} ({best})" if best else "–",
    ]
    return f"| {title} | {' | '.join(cells)} |"


# The marks in the page, the files of the results (other runs have longer names), the writers, the
# names of the charts.
SECTIONS = (
    ("bench", "????-??-??.json", section, "benchmark.svg"),
    ("bench-web", "????-??-??-web.json", web_section, "benchmark-web.svg"),
)


def main() -> None:
    """Write the page and copy the charts."""
    text = PAGE.read_text(encoding="utf-8")
    for mark, pattern, written, chart in SECTIONS:
        begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
        path = max(RESULTS.glob(pattern), default=None)
        if path is not None:
            new = f"{begin}\n{written(json.loads(path.read_text()))}\n{end}"
            text = re.sub(f"{begin}.*{end}", lambda _, new=new: new, text, flags=re.DOTALL)
            shutil.copyfile(path.with_suffix(".svg"), CHARTS / chart)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
