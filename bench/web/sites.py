"""The contenders' web servers as processes, and the load on them."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
from dataclasses import dataclass
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from bench.contenders import PATIENCE, PLAIN, ROOT
from bench.web import processes

CONNECTIONS = 64


@dataclass(frozen=True)
class Round:
    """What one round of load measured; latencies in seconds.

    Attributes:
        rate: answers per second.
        cpu: CPU seconds of the web server for an answer, user and system.
        server_cpu: those of PostgreSQL, None if it runs elsewhere.
        load: share of one core that the load took.
    """

    rate: float
    errors: int
    p50: float
    p99: float
    cpu: float
    server_cpu: float | None
    load: float


class Site:
    """One contender's web server."""

    def __init__(self, name: str, module: str, interpreter: str = sys.executable) -> None:
        self.name = name
        self._module = module
        self._interpreter = interpreter
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0
        self._database = ""

    async def start(self, url: str, loop: str) -> str | None:
        """Start it; return the reason if that fails, or None."""
        with TemporaryFile() as words:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(self._interpreter, "-m", "bench.web.server", self._module, url, loop),
                    cwd=ROOT,
                    env=os.environ | PLAIN,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=words,
                )
            except FileNotFoundError as error:
                return str(error)
            assert self._process.stdout is not None
            line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
            if not line:
                code = await self._process.wait()
                words.seek(0)
                return _last_words(words.read().decode(errors="replace")) or f"ended with {code}"
        self._port = int(line)
        self._database = urlsplit(url).path.strip("/")
        return None

    def get(self, path: str) -> tuple[int, bytes]:
        """The status and the body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        connection.request("GET", path)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    async def measure(self, path: str, seconds: float) -> Round | None:
        """One round of load; None if it ended or answers no more."""
        assert self._process is not None
        own = processes.cpu(self._process.pid)
        before = {pid: processes.cpu(pid) for pid in processes.backends(self._database)}
        load = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.web.load"),
            *(str(self._port), path, str(seconds), str(CONNECTIONS)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        text, _ = await load.communicate()
        if load.returncode:
            return None
        found = json.loads(text)
        own = processes.cpu(self._process.pid) - own
        answers = found["answers"] or 1
        server = sum(processes.cpu(pid) - ticks for pid, ticks in before.items())
        return Round(
            found["rate"],
            found["errors"],
            found["p50"],
            found["p99"],
            own / answers,
            server / answers if before else None,
            found["cpu"],
        )

    async def stop(self) -> None:
        """Ask it to end, and wait."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def _last_words(text: str) -> str:
    """The last line of a traceback, before what uvicorn logs about it."""
    lines = [line for line in text.splitlines() if line and not line.startswith("ERROR:")]
    return lines[-1] if lines else ""
