"""Where each microsecond goes: the stages of a query, by Python's hooks and Rust's spans.

`make bench STAGES=1`. Build and plan are what Python does before it hands a statement over; the
others are the spans of the extension (`oxyde-py/src/stages.rs`). Watching costs some time itself,
about 0.1 µs for each row that is decoded, so that totals are above those of the other tables.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from bench.adapters.protocol import Adapter
from bench.table import aligned
from oxyde import _core
from oxyde.queries.plans import Entry, Plans

STAGES = ("build", "plan", "bind", "acquire", "execute", "decode", "wake", "hydrate")
Method = Callable[..., Coroutine[Any, Any, Any]]


class Stopwatch:
    """Times what Python does between the calls of the extension. One at a time in a process."""

    def __init__(self) -> None:
        self.build = self.plan = 0.0
        self._since = 0.0
        for name in ("fetch", "execute", "bulk"):
            setattr(Entry, name, self._away(getattr(Entry, name)))
        get = Plans.get

        def timed_get(plans: Plans, key: Any) -> Any:
            start = perf_counter()
            entry = get(plans, key)
            self.plan += perf_counter() - start
            return entry

        Plans.get = timed_get  # type: ignore[method-assign]
        _core.record_stages()

    def here(self, method: Method) -> Method:
        """The method, whose own Python code is building."""

        @functools.wraps(method)
        async def timed(*arguments: Any) -> Any:
            self._since = perf_counter()
            try:
                return await method(*arguments)
            finally:
                self.build += perf_counter() - self._since

        return timed

    def _away(self, method: Method) -> Method:
        """The method, in which the extension is at work."""

        @functools.wraps(method)
        async def timed(*arguments: Any) -> Any:
            self.build += perf_counter() - self._since
            try:
                return await method(*arguments)
            finally:
                self._since = perf_counter()

        return timed

    def take(self) -> dict[str, float]:
        """Seconds of each stage since the last time."""
        taken = {name: seconds for name, (seconds, _) in _core.take_stages().items()}
        taken["execute"] -= taken["decode"]
        taken["plan"] = self.plan
        taken["build"] = self.build - self.plan
        self.build = self.plan = 0.0
        return taken


_stopwatch: Stopwatch | None = None


async def stages(contender: Adapter, case: str, loops: int, step: int) -> dict[str, float]:
    """The median of each stage and of the whole call, in seconds."""
    global _stopwatch
    if _stopwatch is None:
        _stopwatch = Stopwatch()
        # Concurrent cases begin their queries with this one.
        contender.select_by_pk = _stopwatch.here(contender.select_by_pk)  # type: ignore[attr-defined]
    call = getattr(contender, case)
    if case not in ("select_by_pk", "concurrent_200"):
        call = _stopwatch.here(call)
    taken: dict[str, list[float]] = {name: [] for name in (*STAGES, "total")}
    for each in range(step, step + loops):
        _stopwatch.take()
        start = perf_counter()
        answer = await call(each)
        total = perf_counter() - start
        del answer
        for name, seconds in (_stopwatch.take() | {"total": total}).items():
            taken[name].append(seconds)
    return {name: statistics.median(times) for name, times in taken.items()}


def table(title: str, cases: list[tuple[str, dict[str, float]]]) -> str:
    """Microseconds by case and stage. `rest` is what no stage has: the event loop for the most."""
    head = [title, *STAGES, "rest", "total"]
    lines = [head]
    for name, found in cases:
        rest = found["total"] - sum(found[stage] for stage in STAGES)
        cells = [_microseconds(found[stage]) for stage in STAGES]
        # Queries that wait at the same time have more stages than time.
        cells += [_microseconds(rest) if rest >= 0 else "–", _microseconds(found["total"])]
        lines.append([name, *cells])
    return "\n".join(aligned(lines, ruled=True))


def _microseconds(seconds: float) -> str:
    value = seconds * 1e6
    return f"{value:.1f}" if value < 1_000 else f"{value:,.0f}"
