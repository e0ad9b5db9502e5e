"""Runs the tests: checks every answer first, then loads the contenders in interleaved rounds."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

from bench.runner import note, turned
from bench.web.checks import Test
from bench.web.rows import Worlds
from bench.web.sites import Round, Site

# The length of the round before the measured ones, as a share of theirs.
WARM_UP = 0.5


@dataclass
class Rounds:
    """All rounds of one contender in one test, and the medians over them."""

    rounds: list[Round] = field(default_factory=list)

    def median(self, name: str) -> float:
        """The median of a figure of the rounds."""
        return statistics.median(getattr(each, name) for each in self.rounds)

    @property
    def errors(self) -> int:
        """Errors of all rounds."""
        return sum(each.errors for each in self.rounds)


@dataclass
class TestResult:
    """One test: the rounds by contender, and reasons of contenders that did not run it."""

    test: Test
    found: dict[str, Rounds] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


async def run(
    database: Worlds,
    sites: Sequence[Site],
    tests: Sequence[Test],
    *,
    rounds: int,
    seconds: float,
) -> list[TestResult]:
    """Run the tests with all sites, which have started."""
    results = []
    for test in tests:
        result = TestResult(test)
        right = [site for site in sites if await _is_right(database, site, test, result)]
        # In the order of the contenders, whichever is the first in a round.
        result.found = {site.name: Rounds() for site in right}
        for number in range(-1, rounds):
            for site in turned(right, number):
                note(f"{test.title}: {site.name}, round {number + 1} of {rounds}")
                if test.writes:
                    await database.settle()
                # The first round only warms up.
                found = await site.measure(test.path, seconds if number >= 0 else seconds * WARM_UP)
                if found is None:
                    result.left_out[site.name] = "it ended or stopped answering under the load"
                    right.remove(site)
                    del result.found[site.name]
                elif number >= 0:
                    result.found[site.name].rounds.append(found)
        results.append(result)
    note("")
    return results


async def _is_right(database: Worlds, site: Site, test: Test, result: TestResult) -> bool:
    try:
        status, body = await asyncio.to_thread(site.get, test.path)
    except (OSError, HTTPException) as error:
        result.left_out[site.name] = f"no answer: {error!r}"
        return False
    if status != 200:
        result.left_out[site.name] = f"status {status}: {body.decode(errors='replace')[:150]}"
    elif not test.right(body) or (test.writes and not await database.holds(json.loads(body))):
        result.left_out[site.name] = f"a wrong answer: {body.decode(errors='replace')[:150]}"
    return site.name not in result.left_out
