"""Runs the cases: checks every answer first, then times the contenders in interleaved rounds."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bench.contenders import Contender
from bench.databases import Database
from bench.work import Case

Entrant = TypeVar("Entrant")


@dataclass
class Timing:
    """Measurements of one contender in one case: seconds per call, and peak MiB."""

    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: float = 0.0

    @property
    def median(self) -> float:
        """The median time of a call, in seconds."""
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """The 95th percentile of the time of a call, in seconds."""
        return sorted(self.times)[int(len(self.times) * 0.95)]

    @property
    def cpu_median(self) -> float:
        """CPU seconds of a call, all threads, without the server's."""
        return statistics.median(self.cpu)


@dataclass
class CaseResult:
    """One case on one database: timings, and reasons of contenders that did not run it."""

    case: Case
    timings: dict[str, Timing]
    left_out: dict[str, str]


@dataclass
class DatabaseResult:
    """Every case on one database."""

    database: str
    driver: str
    kinds: dict[str, str]
    cases: list[CaseResult]
    missing: dict[str, str]


async def run_database(
    database: Database,
    contenders: Sequence[Contender],
    cases: Sequence[Case],
    *,
    driver: str,
    rounds: int,
    scale: float,
) -> DatabaseResult:
    """Run the cases on one filled database."""
    missing: dict[str, str] = {}
    present: list[Contender] = []
    for contender in contenders:
        note(f"{database.kind}: starting {contender.name}")
        reason = await contender.start(database.kind, database.url)
        if reason is None:
            present.append(contender)
        else:
            missing[contender.name] = reason
    try:
        results = []
        for case in cases:
            note(f"{database.kind}: {case.title}")
            results.append(await _run_case(database, present, case, driver, rounds, scale))
    finally:
        for contender in present:
            await contender.stop()
    note("")
    kinds = {each.name: each.kind or "orm" for each in present}
    return DatabaseResult(database.kind, driver, kinds, results, missing)


async def run_stages(
    database: Database, contender: Contender, cases: Sequence[Case]
) -> list[tuple[str, dict[str, float]]]:
    """The time per stage in each case, on a filled database."""
    note(f"{database.kind}: starting {contender.name}")
    reason = await contender.start(database.kind, database.url)
    if reason is not None:
        raise OSError(reason)
    found = []
    try:
        for case in cases:
            note(f"{database.kind}: {case.title}")
            if case.writes:
                await database.empty_entries()
            for loops in (max(1, case.loops // 4), case.loops * 2 + 5):  # the first one warms up
                answer = await contender.ask("stages", case.name, loops)
            if "stages" not in answer:
                raise OSError(f"{case.title}: {answer.get('error') or answer.get('unfit')}")
            found.append((case.title, answer["stages"]))
    finally:
        await contender.stop()
        note("")
    return found


async def _run_case(
    database: Database,
    contenders: Sequence[Contender],
    case: Case,
    driver: str,
    rounds: int,
    scale: float,
) -> CaseResult:
    result = CaseResult(case, {}, {})
    right = await _check(database, contenders, case, driver, result)
    loops = max(1, round(case.loops * scale))
    for number in range(-1, rounds):
        for contender in turned(right, number):
            if case.writes:
                await database.empty_entries()
            answer = await contender.ask("measure", case.name, loops)
            if "times" not in answer:
                result.left_out[contender.name] = str(answer.get("error") or answer.get("unfit"))
                right.remove(contender)
                result.timings.pop(contender.name, None)
            elif number >= 0:  # the first round only warms up
                timing = result.timings.setdefault(contender.name, Timing())
                timing.times += answer["times"]
                timing.cpu.append(answer["cpu"])
                timing.peak = max(timing.peak, answer["peak"])
    return result


async def _check(
    database: Database,
    contenders: Sequence[Contender],
    case: Case,
    driver: str,
    result: CaseResult,
) -> list[Contender]:
    """The contenders whose answer equals the raw driver's."""
    answers = {}
    for contender in contenders:
        if case.writes:
            await database.empty_entries()
        answers[contender.name] = await contender.ask("check", case.name, 1)
    expected = answers[driver].get("plain")
    right = []
    for contender in contenders:
        answer = answers[contender.name]
        if "plain" not in answer:
            result.left_out[contender.name] = str(answer.get("error") or answer.get("unfit"))
        elif answer["plain"] != expected:
            text = json.dumps(answer["plain"], ensure_ascii=False)
            result.left_out[contender.name] = f"another answer than {driver}: {text[:150]}"
        else:
            right.append(contender)
    return right


def turned(contenders: list[Entrant], number: int) -> Iterator[Entrant]:
    """The contenders, each round starting with a different one."""
    if contenders:
        first = number % len(contenders)
        yield from contenders[first:] + contenders[:first]


def note(text: str) -> None:
    """Show the progress on one line of the terminal that is overwritten."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)
