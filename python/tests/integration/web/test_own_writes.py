"""A client reads what its request before has written: by a cookie or a header. Two files stand for
a primary and a replica that never catches up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from integration.web.conftest import Client
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from oxyde import Field, Model, db
from oxyde.contrib.fastapi import OwnWritesMiddleware, TransactionMiddleware
from oxyde.exceptions import OxydeError

STICKY = 0.5


class Notice(Model):
    class Meta:
        is_table = True
        table_name = "web_notice"

    id: int | None = Field(default=None, db_pk=True)
    text: str


@pytest.fixture
async def replicated(tmp_path: Path) -> AsyncIterator[None]:
    urls = {name: f"sqlite:///{tmp_path / name}.db" for name in ("primary", "replica")}
    router = db.Router(reads=["replica"], writes="primary", sticky=STICKY)
    async with db.connect(**urls, router=router):
        for name in urls:
            await db.create_tables(models=[Notice], using=name)
        yield


def _app(*middleware: type[Any], **options: Any) -> FastAPI:
    app = FastAPI()

    @app.post("/notices")
    async def create(text: str) -> int:
        await Notice.objects.create(text=text)
        return await Notice.objects.count()

    @app.get("/notices")
    async def count() -> int:
        return await Notice.objects.count()

    @app.get("/nothing")
    async def nothing() -> None:
        pass

    @app.websocket("/notices")
    async def watch(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json(await Notice.objects.count())
        await socket.close()

    for each in middleware:
        if each is OwnWritesMiddleware:
            app.add_middleware(each, **options)
        elif each is TransactionMiddleware:
            app.add_middleware(each, using="primary")
        else:
            app.add_middleware(each)
    return app


class InATask(BaseHTTPMiddleware):
    """Runs the rest in a task of its own."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)


@pytest.mark.parametrize(
    "others", [[], [TransactionMiddleware], [InATask], [TransactionMiddleware, InATask]]
)
async def test_the_next_request_sees_the_write(
    replicated: None, client: Client, others: list[type[Any]]
) -> None:
    app = _app(*others, OwnWritesMiddleware)
    async with client(app) as writer, client(app) as other:
        assert (await writer.get("/notices")).json() == 0
        assert not writer.cookies
        answer = await writer.post("/notices", params={"text": "one"})
        assert answer.json() == 1
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("oxyde_seen=")
        assert "HttpOnly; Max-Age=3600; Path=/; SameSite=lax" in cookie
        answer = await writer.get("/notices")
        assert answer.json() == 1
        assert "set-cookie" not in answer.headers
        assert (await other.get("/notices")).json() == 0, "another client"
        assert (await writer.get("/nothing")).status_code == 200
        await asyncio.sleep(STICKY)
        assert (await writer.get("/notices")).json() == 0


async def test_a_header(replicated: None, client: Client) -> None:
    app = _app(OwnWritesMiddleware, cookie=None, header="X-Seen")
    async with client(app) as one:
        answer = await one.post("/notices", params={"text": "one"})
        assert "set-cookie" not in answer.headers
        token = answer.headers["x-seen"]
        assert (await one.get("/notices")).json() == 0
        assert (await one.get("/notices", headers={"X-Seen": token})).json() == 1


async def test_what_clients_make_up_means_nothing(replicated: None, client: Client) -> None:
    app = _app(OwnWritesMiddleware, cookie="seen", secure=True, same_site="strict", max_age=60)
    async with client(app) as one:
        answer = await one.post("/notices", params={"text": "one"})
        assert "Max-Age=60; Path=/; SameSite=strict; Secure" in answer.headers["set-cookie"]
        for wrong in ("wal:0/1", "time:99999999999~0123456789abcdef", "\x7f", "x" * 3000):
            answer = await one.get("/notices", headers={"Cookie": f"seen={wrong}"})
            assert (answer.status_code, answer.json()) == (200, 0)
            assert "seen=" in answer.headers["set-cookie"]
            assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_websockets_read_what_was_written(replicated: None, client: Client) -> None:
    app = _app(OwnWritesMiddleware, header="X-Seen")
    async with client(app) as one:
        token = (await one.post("/notices", params={"text": "one"})).headers["x-seen"]

    def watch(**headers: str) -> int:
        with TestClient(app).websocket_connect("/notices", headers=headers) as socket:
            found: int = socket.receive_json()
            return found

    assert await asyncio.to_thread(watch) == 0
    assert await asyncio.to_thread(lambda: watch(**{"X-Seen": token})) == 1


async def test_the_wrong_order_is_refused(replicated: None) -> None:
    app = _app(OwnWritesMiddleware, TransactionMiddleware)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as one:
        with pytest.raises(OxydeError, match="inside of TransactionMiddleware"):
            await one.get("/notices")
    with pytest.raises(OxydeError, match="a cookie or of a header"):
        OwnWritesMiddleware(app, cookie=None)
    with pytest.raises(OxydeError, match="max_age"):
        OwnWritesMiddleware(app, max_age=0)


async def test_without_a_router(client: Client, tmp_path: Path) -> None:
    app = _app(OwnWritesMiddleware)
    async with db.connect(f"sqlite:///{tmp_path / 'one'}.db"):
        await db.create_tables(models=[Notice])
        async with client(app) as one:
            answer = await one.post("/notices", params={"text": "one"})
            assert (answer.json(), answer.headers.get("set-cookie")) == (1, None)
            headers = {"Cookie": "oxyde_seen=time:1.0~0123456789abcdef"}
            assert (await one.get("/notices", headers=headers)).json() == 1
