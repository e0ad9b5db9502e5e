"""A contender behind FastAPI and uvicorn: `python -m bench.web.server MODULE URL LOOP`.

Prints its port once it answers, and ends at SIGTERM.
"""

from __future__ import annotations

import importlib
import random
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from jinja2 import Environment

from bench.web.adapters.protocol import Adapter
from bench.web.rows import ADDED, WORLDS

FORTUNES = """\
<!DOCTYPE html>
<html>
<head><title>Fortunes</title></head>
<body>
<table>
<tr><th>id</th><th>message</th></tr>
{% for fortune in fortunes %}\
<tr><td>{{ fortune.id }}</td><td>{{ fortune.message }}</td></tr>
{% endfor %}\
</table>
</body>
</html>"""


def site(contender: Adapter, url: str) -> FastAPI:
    """TechEmpower's routes over one contender."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await contender.open(url)
        yield
        await contender.close()

    app = FastAPI(lifespan=lifespan)
    page = Environment(autoescape=True).from_string(FORTUNES)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse(f"{type(error).__name__}: {error}", 500)

    @app.get("/json")
    async def json() -> JSONResponse:
        return JSONResponse({"message": "Hello, World!"})

    @app.get("/db")
    async def db() -> JSONResponse:
        return JSONResponse(await contender.world(random.randint(1, WORLDS)))

    @app.get("/queries")
    async def queries(n: int) -> JSONResponse:
        return JSONResponse(await contender.worlds(_keys(n)))

    @app.get("/fortunes")
    async def fortunes() -> HTMLResponse:
        return HTMLResponse(page.render(fortunes=await contender.fortunes(ADDED)))

    @app.get("/updates")
    async def updates(n: int) -> JSONResponse:
        # In the order of their keys, so that requests do not wait for each other in a circle.
        numbers = {key: random.randint(1, WORLDS) for key in sorted(_keys(n))}
        return JSONResponse(await contender.update(numbers))

    return app


def _keys(count: int) -> list[int]:
    return random.sample(range(1, WORLDS + 1), count)


class Server(uvicorn.Server):
    """Says its port once it is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            print(sockets[0].getsockname()[1], flush=True)


def main() -> None:
    """Serve until a signal."""
    module, url, loop = sys.argv[1:4]
    contender: Adapter = importlib.import_module(module).Contender()
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    # Accepted sockets inherit it. asyncio sets it only on sockets that name their protocol, which
    # Python's server sockets do not; each answer would wait for a delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        site(contender, url), loop=loop, http="httptools", access_log=False, log_level="warning"
    )
    Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
