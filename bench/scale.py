"""Scalability: `make bench-scale DB=… SOAK=300`.

More rows, more tasks, more connections, more processes, more time: each prints a table and a
verdict, and all of it goes to bench/results.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import report
from bench.databases import DATABASES, Database
from bench.runner import note

ROOT = Path(__file__).resolve().parent.parent
ROWS = (1_000, 10_000, 100_000, 1_000_000)
TASKS = (1, 10, 100, 1_000)
POOLS = (1, 5, 10, 50)
PROCESSES = 4


@dataclass(frozen=True)
class Part:
    """One part of the report: its table, the verdict, and the figures for the JSON file."""

    title: str
    lines: list[str]
    verdict: str
    kept: bool
    figures: Any

    def text(self) -> str:
        """The printed form."""
        mark = "✓" if self.kept else "✗"
        return "\n".join(
            [self.title, *(f"  {line}" for line in self.lines), f"  {mark} {self.verdict}"]
        )


async def work(what: str, database: Database, *arguments: object) -> Any:
    """Run `bench.load` and read its output."""
    command = ["-m", "bench.load", what, database.url, *(str(each) for each in arguments)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=pipe, stderr=pipe
    )
    out, err = await process.communicate()
    if process.returncode != 0:
        words = err.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"bench.load {what}: {words[-1] if words else process.returncode}")
    return json.loads(out)


async def rows(database: Database) -> Part:
    """Is the cost per row constant up to a million rows?"""
    await work("fill", database, 1)
    found = await work("rows", database, 2, *ROWS)
    await database.empty_entries()
    lines = [f"{'rows':>10}  {'all()':>8}  {'iterate()':>9}   µs per row"]
    lines += [
        f"{int(count):>10,}  {whole:8.2f}  {chunks:9.2f}"
        for count, (whole, chunks) in found.items()
    ]
    worst = max(
        found[str(ROWS[-1])][how] / min(each[how] for each in found.values()) for how in (0, 1)
    )
    verdict = f"a row among a million costs {worst:.2f} times the cheapest (≤ 1.5)"
    return Part("cost of a row", lines, verdict, worst <= 1.5, found)


async def tasks(database: Database, seconds: float) -> Part:
    """Does throughput ever fall with more tasks or connections?"""
    rates: dict[int, list[float]] = {}
    failed: list[str] = []
    for pool in POOLS:
        rates[pool] = []
        for count in TASKS:
            note(f"{database.kind}: {count} tasks, pool of {pool}")
            found = await work("selects", database, pool, count, seconds)
            rates[pool].append(found["rate"])
            failed += found["failed"]
    lines = [
        "selects by key per second",
        f"{'pool':>6}  " + "".join(f"{n:>9,}" for n in TASKS) + "  tasks",
    ]
    lines += [f"{pool:>6}  " + "".join(f"{rate:9,.0f}" for rate in rates[pool]) for pool in POOLS]
    # Throughput must not fall with the number of tasks or connections.
    kept = min(
        min(row[-1] / max(row) for row in rates.values()),
        min(rates[POOLS[-1]][at] / max(rates[pool][at] for pool in POOLS) for at in range(1, 4)),
    )
    verdict = f"with most tasks or connections {kept:.0%} of the best rate is left (≥ 60%)"
    if failed:
        verdict += f"; failed: {failed[0]}"
    return Part("tasks and connections", lines, verdict, kept >= 0.6 and not failed, rates)


async def processes(database: Database, seconds: float) -> Part:
    """Do four processes share one database?"""
    note(f"{database.kind}: processes")
    alone = await work("mixed", database, 5, 50, seconds)
    together = await asyncio.gather(
        *(work("mixed", database, 5, 50, seconds) for _ in range(PROCESSES))
    )
    each = [found["rate"] for found in together]
    failed = [why for found in (alone, *together) for why in found["failed"]]
    lines = [
        f"one: {alone['rate']:,.0f} jobs per second",
        f"{PROCESSES} at once: {' + '.join(f'{rate:,.0f}' for rate in each)} = {sum(each):,.0f}",
    ]
    fair = min(each) / max(each)
    share = sum(each) / alone["rate"]
    verdict = f"together {share:.0%} of one (≥ 60%), the slowest {fair:.0%} of the fastest (≥ 10%)"
    if failed:
        verdict += f"; failed: {failed[0]}"
    kept = share >= 0.6 and fair >= 0.1 and not failed
    return Part("processes on one database", lines, verdict, kept, {"alone": alone, "each": each})


async def soak(database: Database, seconds: float) -> Part:
    """Does anything grow under full load?"""
    note(f"{database.kind}: {seconds:.0f} seconds of full load")
    found = await work("soak", database, 10, 100, seconds)
    samples = found["samples"]
    # The first quarter fills caches and opens connections.
    settled = samples[len(samples) // 4 :]
    half = len(settled) // 2
    lines = [
        f"{'seconds':>8}  {'MiB':>7}  {'threads':>7}  {'descriptors':>11}  {'connections':>11}"
    ]
    for passed, memory, threads, files, connections in settled[:: max(len(settled) // 6, 1)]:
        lines.append(
            f"{passed:8.0f}  {memory:7.1f}  {threads:7.0f}  {files:11.0f}  {connections:11.0f}"
        )
    lines.append(f"{found['rate']:,.0f} jobs per second")
    grown = []
    for at, name, allowed in (
        (1, "memory", 4.0),
        # tokio has one thread per concurrent blocking job: up to the number of connections.
        (2, "threads", 2),
        (3, "descriptors", 0),
        (4, "connections", 0),
    ):
        before = statistics.median(each[at] for each in settled[:half])
        after = statistics.median(each[at] for each in settled[half:])
        if after > before + allowed + (0.03 * before if name == "memory" else 0):
            grown.append(f"{name} from {before:.0f} to {after:.0f}")
    verdict = f"grown: {', '.join(grown)}" if grown else "nothing has grown"
    if found["failed"]:
        verdict += f"; failed: {found['failed'][0]}"
    kept = not grown and not found["failed"]
    return Part(f"soak of {seconds:.0f} seconds", lines, verdict, kept, found)


async def run(names: Sequence[str], seconds: float, soaking: float) -> dict[str, list[Part]]:
    """All parts on each database."""
    found = {}
    for name in names:
        database = DATABASES[name]()
        print(f"{report.TITLES[name]}\n")
        try:
            note(f"{name}: making the tables")
            await database.create()
            parts = []
            for part in (
                rows(database),
                tasks(database, seconds),
                processes(database, seconds * 3),
                soak(database, soaking),
            ):
                parts.append(await part)
                note("")
                print(parts[-1].text(), end="\n\n", flush=True)
        finally:
            await database.drop()
        found[name] = parts
    return found


def main() -> int:
    """Run the requested parts."""
    parser = argparse.ArgumentParser(prog="bench-scale", description=__doc__)
    parser.add_argument("--db", default="all", help="postgres, sqlite, mysql or all")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each rate (default 1)")
    parser.add_argument(
        "--soak", type=float, default=300, help="seconds of full load (default 300)"
    )
    arguments = parser.parse_args()
    names = list(DATABASES) if arguments.db == "all" else arguments.db.split(",")
    found = asyncio.run(run(names, arguments.seconds, arguments.soak))
    parts = [part for each in found.values() for part in each]
    print(report.machine())
    print(f"verdicts: {sum(part.kept for part in parts)} of {len(parts)} good")
    print(f"written: {report.save_scale(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
