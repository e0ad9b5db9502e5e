"""Claims about costs other than query times: `make bench CASES=claims`. Each is measured in a
separate process and printed with its target.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.counts import FEW, MANY
from bench.databases import DATABASES, server_url

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 9


@dataclass(frozen=True)
class Claim:
    """A claim: a measured value, and its target if it has one."""

    title: str
    value: float
    target: float | None
    unit: str
    at_least: bool = False
    digits: int = 2

    @property
    def kept(self) -> bool:
        """Whether the target is met."""
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target

    def line(self) -> str:
        """One line of the table."""
        value = f"{self.value:10.{self.digits}f} {self.unit:3}"
        if self.target is None:
            return f"{self.title:58} {value}"
        sign = "≥" if self.at_least else "≤"
        mark = "✓" if self.kept else "✗"
        return f"{self.title:58} {value} {mark} {sign} {self.target:g}"


def run(*, server: bool) -> list[Claim]:
    """Measure all claims; some need PostgreSQL."""
    claims = [
        import_time(),
        models_time(),
        size(),
        *native(),
        *detection(),
        *generation(),
        memory(),
    ]
    claims += asyncio.run(_on("sqlite", on_sqlite))
    if server:
        claims += [free_gil(server_url("postgres")), *asyncio.run(_on("postgres", on_postgres))]
    return claims


async def _on(name: str, measure: Callable[[str], list[Claim]]) -> list[Claim]:
    """Measure on a database that is created and filled for it."""
    database = DATABASES[name]()
    try:
        await database.create()
        return measure(database.url)
    finally:
        await database.drop()


def on_sqlite(url: str) -> list[Claim]:
    """Claims that need no server."""
    blocks = _count("blocks", "sqlite", url)["blocks"]
    hits = _count("hits", "sqlite", url)["hits"]
    largest = _count("messages", "sqlite", url)["largest"]
    return [
        Claim("Python's memory blocks of a row of six columns", blocks, None, "", digits=1),
        Claim("statements whose plan was there, every case 100 times", hits, 99, "%", True),
        Claim("IR of the largest query of the benchmark", largest / 1024, 2, "KiB"),
    ]


def on_postgres(url: str) -> list[Claim]:
    """Claims about the communication with a server."""
    wakes = _count("wakes", "postgres", url)["wakes"]
    own = _count("acquire", "postgres", url)["oxyde"]
    other = _count("acquire_sqlalchemy", "postgres", url)["sqlalchemy"]
    return [
        Claim("wake-ups of the event loop per query, 200 at once", wakes, 0.1, ""),
        Claim("acquiring: times faster than SQLAlchemy's, with release", other / own, 5, "×", True),
        *calls(url),
    ]


def calls(url: str) -> list[Claim]:
    """System calls of one select by key, of all threads."""
    if shutil.which("strace") is None:
        print("bench: system calls are not counted: strace is not installed", file=sys.stderr)
        return []

    def counted(selects: int) -> int:
        with tempfile.NamedTemporaryFile("r") as report:
            command = ["strace", "-f", "-c", "-o", report.name, sys.executable]
            command += ["-m", "bench.counts", "selects", "postgres", url, str(selects)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            # The last line: percent, seconds, microseconds per call, calls, errors (if any), total.
            total = re.search(r"\s(\d+)\s+(?:\d+\s+)?total\s*$", report.read())
        if total is None:
            raise OSError(f"strace: {(done.stderr.strip() or 'no report').splitlines()[-1]}")
        return int(total[1])

    try:
        each = (counted(MANY) - counted(FEW)) / (MANY - FEW)
    except OSError as problem:
        print(f"bench: system calls are not counted: {problem}", file=sys.stderr)
        return []
    return [Claim("system calls of a select by key", each, None, "", digits=1)]


def _count(what: str, database: str, url: str) -> dict[str, float]:
    found: dict[str, float] = measured("bench.counts", what, database, url)
    return found


def measured(module: str, *arguments: str) -> Any:
    """Run a module of the benchmark in a separate process and return its output."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def import_time() -> Claim:
    """`import oxyde` against `import pydantic` with BaseModel, in fresh interpreters."""
    return Claim("import oxyde, of import pydantic", _imported("import oxyde"), 1.3, "×")


def models_time() -> Claim:
    """The imports of a program with models and queries, likewise."""
    ratio = _imported("from oxyde import Model, Field, db, F, Q; Model.__mro__")
    return Claim("import of Model, Field, db, F and Q, of pydantic's", ratio, None, "×")


def _imported(statement: str) -> float:
    def seconds(statement: str) -> float:
        code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return float(done.stdout)

    pairs = [
        (seconds(statement), seconds("import pydantic; pydantic.BaseModel")) for _ in range(ROUNDS)
    ]
    own, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    return own / other


def size() -> Claim:
    """The size of the installed extension."""
    spec = importlib.util.find_spec("oxyde._core")
    if spec is None or spec.origin is None:
        raise OSError("the extension oxyde._core is not installed")
    return Claim("size of the extension", Path(spec.origin).stat().st_size / 2**20, 12, "MiB")


def native() -> list[Claim]:
    """Start-up time of the command without Python."""
    command = ROOT / "target" / "release" / "oxyde"
    if not command.exists():
        print(
            "bench: the native command is not measured: cargo build --release -p oxyde-cli",
            file=sys.stderr,
        )
        return []
    times = []
    for _ in range(ROUNDS * 3):
        start = perf_counter()
        subprocess.run([command, "--version"], check=True, capture_output=True)
        times.append(perf_counter() - start)
    return [Claim("oxyde --version, the native command", statistics.median(times) * 1e3, 10, "ms")]


def detection() -> list[Claim]:
    """Autodetection with 500 tables, from the last `make bench-rust`."""
    report = ROOT / "target" / "criterion" / "detect 500 tables" / "new" / "estimates.json"
    if not report.exists():
        print("bench: autodetection is not measured: make bench-rust", file=sys.stderr)
        return []
    nanoseconds = json.loads(report.read_text())["median"]["point_estimate"]
    return [Claim("autodetection over 500 tables", nanoseconds / 1e6, 200, "ms")]


def generation() -> list[Claim]:
    """SQL of 30 queries, from the query object to text and parameters, cold and cached."""
    found = {name: measured("bench.generation", name) for name in ("oxyde", "sqlalchemy", "django")}
    own = found["oxyde"]
    claims = [
        Claim("cached plan re-used, a simple filter", own["simple"] * 1e6, 10, "µs"),
        Claim("cold compile of a plan, mean of 30 queries", own["cold"] * 1e6, 100, "µs"),
    ]
    for name in ("sqlalchemy", "django"):
        compiler = found[name]["cold"]
        cold, cached = compiler / own["cold"], compiler / own["cached"]
        claims += [
            Claim(f"SQL, cold: times faster than {name}'s compiler", cold, 5, "×", True),
            Claim(f"SQL, cached plan: times faster than {name}'s compiler", cached, 20, "×", True),
            Claim("… of the second call there", found[name]["cached"] / own["cached"], None, "×"),
            Claim("… with the making of the query", found[name]["whole"] / own["whole"], None, "×"),
        ]
    return claims


def memory() -> Claim:
    """Memory while 1,000,000 rows are iterated over in chunks."""
    found = measured("bench.million")
    return Claim("peak above the start, iterating 1,000,000 rows", found["peak"], 64, "MiB")


def free_gil(url: str) -> Claim:
    """The share of its speed that a computing thread keeps while 50 queries wait for the server."""
    found = measured("bench.free_gil", url)
    return Claim("speed of a computing thread, 50 queries waiting", found["kept"], 90, "%", True)


def timed(call: Callable[[], Any], loops: int) -> float:
    """CPU seconds of one call on this thread, the median of several rounds."""
    import time

    rounds = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        for _ in range(loops):
            call()
        rounds.append((time.thread_time() - start) / loops)
    return statistics.median(rounds)
