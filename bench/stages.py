"""Time per stage of a query, by hooks in Python and spans in Rust. `make bench STAGES=1`. Build and
plan are Python's work before it hands a statement to Rust; the others are the extension's spans
(`oxyde-py/src/stages.rs`). Measuring takes time itself, about 0.1 µs per decoded row, so totals are
above those of the other tables.
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
from oxyde.queries.compile.plans import Entry, Plans

STAGES = ("build", "plan", "bind", "acquire", "execute", "decode", "wake", "hydrate")
Method = Callable[..., Coroutine[Any, Any, Any]]


class Stopwatch:
    """Times Python code between calls of the extension. Only one may be active per process."""

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
        """Wrap a method whose Python code counts as building."""

        @functools.wraps(method)
        async def timed(*arguments: Any) -> Any:
            self._since = perf_counter()
            try:
                return await method(*arguments)
            finally:
                self.build += perf_counter() - self._since

        return timed

    def _away(self, method: Method) -> Method:
        """Wrap a method in which the extension works."""

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
        # Concurrent cases start their queries with this method.
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
    """Microseconds by case and stage. `rest` is time outside all stages, mostly the event loop."""
    head = [title, *STAGES, "rest", "total"]
    lines = [head]
    for name, found in cases:
        rest = found["total"] - sum(found[stage] for stage in STAGES)
        cells = [_microseconds(found[stage]) for stage in STAGES]
        # Stages of concurrent queries add up to more than the elapsed time.
        cells += [_microseconds(rest) if rest >= 0 else "–", _microseconds(found["total"])]
        lines.append([name, *cells])
    return "\n".join(aligned(lines, ruled=True))


def _microseconds(seconds: float) -> str:
    value = seconds * 1e6
    return f"{value:.1f}" if value < 1_000 else f"{value:,.0f}"
