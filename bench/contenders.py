"""The processes of the contenders, as the runner sees them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Timeout of one command, in seconds.
PATIENCE = 120
# No TLS: by default some drivers use it if the server offers it, and some do not.
# This sets it for libpq and asyncpg; asyncmy never uses it, and Oxyde's pool has a setting.
PLAIN = {"PGSSLMODE": "disable"}
# The program in bench/limit that does the same work without Python, and its name as a peer.
LIMIT = "limit"
LIMIT_PROGRAM = ROOT / "bench" / "limit" / "target" / "release" / LIMIT


def place(peer: str, package: str) -> tuple[str, str, str]:
    """Title, module and interpreter of a peer: a module of the package, or
    NAME=INTERPRETER:MODULE."""
    title, given, rest = peer.partition("=")
    if not given:
        return peer, f"{package}.{peer}", sys.executable
    interpreter, _, module = rest.rpartition(":")
    return title, module, interpreter


class Contender:
    """A worker process.

    Attributes:
        name: its name in the table.
        kind: "driver", "orm" or "limit", as it reports; None until it has started.
    """

    def __init__(self, peer: str) -> None:
        self.name, module, interpreter = place(peer, "bench.adapters")
        self.kind: str | None = None
        self.memory = 0.0
        self._command = [interpreter, "-m", "bench.worker", module]
        if peer == LIMIT:
            self._command = [str(LIMIT_PROGRAM)]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, database: str, url: str) -> str | None:
        """Start it; return the reason if that fails, or None."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(*self._command, database, url),
                cwd=ROOT,
                env=os.environ | PLAIN,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=2**26,
            )
        except FileNotFoundError as error:
            return str(error)
        answer = await self._read()
        if answer is None:
            return await self._last_words()
        self.kind, self.memory = answer["kind"], answer["memory"]
        return None

    async def ask(self, do: str, case: str, loops: int) -> dict[str, Any]:
        """Send one command and wait for its answer."""
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
