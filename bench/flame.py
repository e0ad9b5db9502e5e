"""A flame graph of one case: `make profile CASE=rows_20000 DB=sqlite`.

py-spy samples a process that only runs this case, Rust and C frames included. The extension is
built with symbols for it (cargo's profile `profiling`).
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from pathlib import Path

from bench.adapters.oxyde import Contender
from bench.databases import DATABASES, Database
from bench.report import RESULTS
from bench.work import CASES

RATE = 500


async def spin(case: str, database: str, url: str, seconds: float) -> None:
    """Repeat one case."""
    oxyde = Contender()
    await oxyde.open(database, url)
    call = getattr(oxyde, case)
    end = time.perf_counter() + seconds
    step = 0
    while time.perf_counter() < end:
        await call(step)
        step += 1
    await oxyde.close()


def record(case: str, database: Database, seconds: float) -> Path:
    """Run the case under py-spy; return the flame graph.

    Raises:
        OSError: py-spy is missing, or is not allowed to trace a process.
    """
    folder = RESULTS / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{database.kind}-{case}.svg"
    spy = Path(sys.executable).with_name("py-spy")
    if not spy.exists():
        raise OSError(f"{spy.name} is not installed: pip install -r requirements/bench.txt")
    command = [str(spy), "record", "--native", "--rate", str(RATE), "--output", str(path), "--"]
    command += [sys.executable, "-m", "bench.flame", case, "--db", database.kind]
    command += ["--url", database.url, "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not path.exists():
        words = (done.stderr or done.stdout).strip().splitlines()
        raise OSError(f"py-spy: {words[-1] if words else f'ended with code {done.returncode}'}")
    return path


def main() -> int:
    """Record, or run as the traced process."""
    known = [case.name for case in CASES]
    parser = argparse.ArgumentParser(prog="profile", description=__doc__)
    parser.add_argument("case", choices=known)
    parser.add_argument("--db", default="postgres", choices=list(DATABASES))
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.url:
        work = spin(arguments.case, arguments.db, arguments.url, arguments.seconds)
        asyncio.run(work)
        return 0
    database = DATABASES[arguments.db]()
    try:
        asyncio.run(database.create())
        print(record(arguments.case, database, arguments.seconds))
    except OSError as error:
        print(f"profile: {error}", file=sys.stderr)
        return 1
    finally:
        asyncio.run(database.drop())
    return 0


if __name__ == "__main__":
    sys.exit(main())
