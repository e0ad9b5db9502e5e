"""The processes of the contenders, as the runner sees them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# A contender that takes longer for one command, in seconds, is given up.
PATIENCE = 120
# No TLS for anybody: left alone, some drivers take it where the server offers it and some do not.
# libpq and asyncpg hear it so; asyncmy needs no telling, Oxyde's pool is told by its settings.
PLAIN = {"PGSSLMODE": "disable"}


class Contender:
    """A worker process.

    Attributes:
        name: how the table calls it.
        kind: "driver" or "orm", as it said itself; None while it is not there.
    """

    def __init__(self, name: str, module: str, interpreter: str = sys.executable) -> None:
        self.name = name
        self.kind: str | None = None
        self.memory = 0.0
        self._module = module
        self._interpreter = interpreter
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, database: str, url: str) -> str | None:
        """Start it; why it could not, or None."""
        self._process = await asyncio.create_subprocess_exec(
            self._interpreter,
            "-m",
            "bench.worker",
            self._module,
            database,
            url,
            cwd=ROOT,
            env=os.environ | PLAIN,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=2**26,
        )
        answer = await self._read()
        if answer is None:
            return await self._last_words()
        self.kind, self.memory = answer["kind"], answer["memory"]
        return None

    async def ask(self, do: str, case: str, loops: int) -> dict[str, Any]:
        """Give one command and wait for its answer."""
        assert self._process is not None
        assert self._process.stdin is not None
        command = {"do": do, "case": case, "loops": loops}
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        await self._process.stdin.drain()
        answer = await self._read()
        return answer if answer is not None else {"error": await self._last_words(), "gone": True}

    async def stop(self) -> None:
        """Close its stdin and wait for its end."""
        if self._process is None or self._process.returncode is not None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _read(self) -> dict[str, Any] | None:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        except TimeoutError:
            self._process.kill()
            line = b""
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer

    async def _last_words(self) -> str:
        assert self._process is not None
        assert self._process.stderr is not None
        words = (await self._process.stderr.read()).decode(errors="replace").strip().splitlines()
        code = await self._process.wait()
        return words[-1] if words else f"ended with code {code}"
