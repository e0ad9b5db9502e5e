"""What else is promised: costs that no case of the table shows. `make bench CASES=claims`.

Each is measured in a process of its own and printed beside its target.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 9


@dataclass(frozen=True)
class Claim:
    """A promise, and what was found."""

    title: str
    value: float
    target: float
    unit: str
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the target is met."""
        return self.value >= self.target if self.at_least else self.value <= self.target

    def line(self) -> str:
        """One line of the table."""
        sign = "≥" if self.at_least else "≤"
        mark = "✓" if self.kept else "✗"
        return f"{self.title:58} {self.value:10.2f} {self.unit:3} {mark} {sign} {self.target:g}"


def run(url: str | None) -> list[Claim]:
    """Measure all of them; those about a server need the address of a PostgreSQL database."""
    claims = [import_time(), *generation(), memory()]
    return [*claims, free_gil(url)] if url else claims


def _python(module: str, *arguments: str) -> Any:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def import_time() -> Claim:
    """`import oxyde` against `import pydantic` with BaseModel, in fresh interpreters."""

    def seconds(statement: str) -> float:
        code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return float(done.stdout)

    pairs = [
        (seconds("import oxyde"), seconds("import pydantic; pydantic.BaseModel"))
        for _ in range(ROUNDS)
    ]
    own, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    return Claim("import oxyde, of import pydantic", own / other, 1.3, "×")


def generation() -> list[Claim]:
    """SQL of 30 queries, from the query object to text and parameters, cold and cached."""
    found = {name: _python("bench.generation", name) for name in ("oxyde", "sqlalchemy", "django")}
    own = found["oxyde"]
    claims = [
        Claim("cached plan re-used, a simple filter", own["simple"] * 1e6, 10, "µs"),
        Claim("cold compile of a plan, mean of 30 queries", own["cold"] * 1e6, 100, "µs"),
    ]
    for name in ("sqlalchemy", "django"):
        cold, cached = found[name]["cold"] / own["cold"], found[name]["cached"] / own["cached"]
        claims.append(Claim(f"SQL generation, cold: times faster than {name}", cold, 5, "×", True))
        claims.append(
            Claim(f"SQL generation, cached: times faster than {name}", cached, 20, "×", True)
        )
    return claims


def memory() -> Claim:
    """Memory while 1,000,000 rows are iterated over in chunks."""
    found = _python("bench.million")
    return Claim("peak above the start, iterating 1,000,000 rows", found["peak"], 64, "MiB")


def free_gil(url: str) -> Claim:
    """What a thread that computes keeps of its speed while 50 queries wait for the server."""
    found = _python("bench.free_gil", url)
    return Claim("speed of a computing thread, 50 queries waiting", found["kept"], 90, "%", True)


def timed(call: Callable[[], Any], loops: int) -> float:
    """Thread seconds of one call, the median of some rounds."""
    import time

    rounds = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        for _ in range(loops):
            call()
        rounds.append((time.thread_time() - start) / loops)
    return statistics.median(rounds)
