"""Runs the cases: a checked call of each contender, interleaved rounds, another checked call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.plans.case import POSTGRES, Case
from bench.plans.contenders import Contender, Run, TooSlow
from bench.plans.rows import analyze
from bench.runner import note

# A round repeats a fast call, for this many seconds or this often.
ROUND_SECONDS = 0.05
ROUND_CALLS = 20
# A contender that has taken longer for a case runs no further rounds of it.
CASE_SECONDS = 5.0


@dataclass
class Result:
    """One case on one database.

    Attributes:
        checked: the last checked call of each contender, by name.
        best: the least seconds of a call, by name.
        slow: the contenders whose call was cancelled at the limit.
        failed: why contenders have no time: an error, or another answer.
    """

    case: Case
    checked: dict[str, Run] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)


async def run(
    kind: str, contenders: Sequence[Contender], cases: Sequence[Case], rounds: int
) -> list[Result]:
    """Run the cases on a filled database. The first contender's answers are the right ones."""
    results = []
    for case in cases:
        if kind in case.only:
            note(f"{kind}: {case.title}")
            results.append(await _run_case(kind, contenders, case, rounds))
    note("")
    return results


async def _run_case(kind: str, contenders: Sequence[Contender], case: Case, rounds: int) -> Result:
    result = Result(case)
    racing = []
    spent: dict[str, float] = {}
    for contender in contenders:
        checked = await _attempt(contender, case, result)
        if checked is None:
            continue
        result.checked[contender.name] = checked
        result.best[contender.name] = spent[contender.name] = checked.seconds
        right = result.checked.get(contenders[0].name)
        if right and checked.answer != right.answer:
            result.failed[contender.name] = (
                f"answers {checked.answer!r:.80}, {contenders[0].name} {right.answer!r:.80}"
            )
            del result.best[contender.name]
        else:
            racing.append(contender)
    for number in range(rounds):
        first = number % max(len(racing), 1)
        for contender in racing[first:] + racing[:first]:
            if spent[contender.name] < CASE_SECONDS and contender.name not in result.slow:
                spent[contender.name] += await _round(contender, case, result)
        if case.probe and kind == POSTGRES:
            # What was rolled back stays in the pages until then.
            await analyze(kind)
    for contender in racing:
        if result.checked[contender.name].effort is None or spent[contender.name] > CASE_SECONDS:
            continue
        # Caches are filled now, and PostgreSQL may have made a plan for all values.
        if settled := await _attempt(contender, case, result):
            result.checked[contender.name] = settled
    return result


async def _attempt(
    contender: Contender, case: Case, result: Result, *, check: bool = True
) -> Run | None:
    try:
        return await contender.run(case, check=check)
    except TooSlow:
        result.slow.add(contender.name)
    except Exception as error:
        result.failed[contender.name] = f"{type(error).__name__}: {error}"
    return None


async def _round(contender: Contender, case: Case, result: Result) -> float:
    """Note the best time; the seconds of all calls."""
    spent, calls = 0.0, 0
    while calls == 0 or (spent < ROUND_SECONDS and calls < ROUND_CALLS):
        run = await _attempt(contender, case, result, check=False)
        if run is None:
            break
        result.best[contender.name] = min(result.best[contender.name], run.seconds)
        spent, calls = spent + run.seconds, calls + 1
    return spent
