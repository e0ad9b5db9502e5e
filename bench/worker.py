"""One contender in a separate process that reads commands line by line (JSON on stdin and stdout).
Separate processes isolate garbage collectors, threads and memory; the runner lets one work at a
time. Any interpreter that can import a module with a class `Contender` may be a peer:
`python -m bench.worker MODULE DATABASE URL`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import os
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.adapters.protocol import Adapter, Unfit


async def serve(module: str, database: str, url: str) -> None:
    """Open the contender and answer commands until stdin ends."""
    contender: Adapter = importlib.import_module(module).Contender()
    if database not in contender.databases:
        raise SystemExit(f"does not run on {database}")
    await contender.open(database, url)
    say({"kind": contender.kind, "memory": resident()})
    loop = asyncio.get_running_loop()
    step = 0
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        case, loops = command["case"], command["loops"]
        try:
            if command["do"] == "check":
                say(await check(contender, case))
            elif command["do"] == "stages":
                from bench.stages import stages

                say({"stages": await stages(contender, case, loops, step)})
                step += loops
            else:
                say(await measure(contender, case, loops, step))
                step += loops
        except Unfit as reason:
            say({"unfit": str(reason)})
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
    await contender.close()


async def check(contender: Adapter, case: str) -> dict[str, Any]:
    """The contender's result in plain values."""
    call = getattr(contender, case, None)
    if call is None:
        raise Unfit("not written for this contender")
    return {"plain": contender.plain(case, await call(0))}


async def measure(contender: Adapter, case: str, loops: int, step: int) -> dict[str, Any]:
    """Time each call. The garbage collector stays enabled, as by default."""
    call = getattr(contender, case)
    times = []
    gc.collect()
    forget_peak()
    before = resident()
    cpu = cpu_seconds()
    for each in range(step, step + loops):
        start = perf_counter()
        answer = await call(each)
        times.append(perf_counter() - start)
        del answer
    return {"times": times, "cpu": (cpu_seconds() - cpu) / loops, "peak": peak() - before}


def cpu_seconds() -> float:
    """CPU time of all threads of this process, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def resident() -> float:
    """Memory in use, MiB."""
    return _status("VmRSS:")


def peak() -> float:
    """Peak memory since forget_peak, in MiB."""
    return _status("VmHWM:")


def forget_peak() -> None:
    """Reset the kernel's peak counter, if permitted."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def say(answer: dict[str, Any]) -> None:
    """Write one line to the runner; nothing else may use stdout."""
    os.write(CHANNEL, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    # Redirect a contender's prints, which must not mix with the answers.
    CHANNEL = os.dup(1)
    os.dup2(2, 1)
    asyncio.run(serve(*sys.argv[1:4]))
