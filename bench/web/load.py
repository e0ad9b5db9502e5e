"""The load: `python -m bench.web.load PORT PATH SECONDS CONNECTIONS` in a process of its own.

Each connection sends its next request as soon as it has the answer to the last. Prints a JSON
object. The `cpu` in it says how busy this process was: near 1, the load is the limit and not the
server.
"""

from __future__ import annotations

import asyncio
import json
import sys
from time import perf_counter, process_time
from typing import Any

import httptools
import uvloop


class Load:
    """What all connections have measured."""

    def __init__(self, path: str) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self.latencies: list[float] = []
        self.errors = 0
        self.open = True

    def report(self, seconds: float, cpu: float) -> dict[str, float]:
        """The results, times in seconds."""
        found = sorted(self.latencies) or [0.0]
        return {
            "rate": len(self.latencies) / seconds,
            "answers": len(self.latencies),
            "errors": self.errors,
            "p50": found[len(found) // 2],
            "p99": found[int(len(found) * 0.99)],
            "cpu": cpu / seconds,
        }


class Client(asyncio.Protocol):
    """One connection, until the load ends or an answer is an error."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._waits = False
        self._sent = 0.0
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._waits = False
        right = self._parser.get_status_code() == 200
        if right:
            self._load.latencies.append(perf_counter() - self._sent)
        else:
            self._load.errors += 1
        if right and self._load.open:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._load.errors += self._waits
        self.lost.set_result(None)

    def _send(self) -> None:
        self._waits = True
        self._sent = perf_counter()
        self._transport.write(self._load.request)


async def keep_connected(load: Load, port: int) -> None:
    """A connection, and a new one whenever it is lost."""
    loop = asyncio.get_running_loop()
    while load.open:
        _, client = await loop.create_connection(lambda: Client(load), "127.0.0.1", port)
        await client.lost


async def run(port: int, path: str, seconds: float, connections: int) -> dict[str, float]:
    """Load the server for some seconds, then let it answer what it was asked."""
    load = Load(path)
    start, cpu = perf_counter(), process_time()
    clients = [asyncio.create_task(keep_connected(load, port)) for _ in range(connections)]
    await asyncio.wait(clients, timeout=seconds)
    load.open = False
    await asyncio.wait_for(asyncio.gather(*clients), timeout=60)
    return load.report(perf_counter() - start, process_time() - cpu)


def main() -> None:
    """Run and print."""
    port, path, seconds, connections = sys.argv[1:5]
    try:
        found = uvloop.run(run(int(port), path, float(seconds), int(connections)))
    except OSError as error:
        sys.exit(f"the load has ended: {error!r}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
