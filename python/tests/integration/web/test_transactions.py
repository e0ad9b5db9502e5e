"""A transaction per request: by the middleware, by the dependency, and by both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.testclient import TestClient
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint

from oxyde import Field, Model, PoolSettings, db, execute_raw
from oxyde.contrib.fastapi import TransactionMiddleware, add_exception_handlers, transaction
from oxyde.db import AsyncDatabase
from oxyde.db.block import Block

WAYS = ("middleware", "dependency", "both")


class Entry(Model):
    class Meta:
        is_table = True
        table_name = "web_entry"

    id: int | None = Field(default=None, db_pk=True)
    text: str


def _open_block() -> bool:
    return db.get_active_transaction() is not None


def _app(way: str, seen: dict[str, Any], **options: Any) -> FastAPI:
    app = FastAPI()
    add_exception_handlers(app)
    dependencies = []
    if way in ("middleware", "both"):
        app.add_middleware(TransactionMiddleware, **options)
    if way in ("dependency", "both"):
        dependencies = [transaction(**options)]

    @app.post("/entries", dependencies=dependencies)
    async def create(text: str, tasks: BackgroundTasks) -> str:
        seen["in endpoint"] = _open_block()
        await Entry.objects.create(text=text)

        async def later() -> None:
            seen["in background"] = _open_block()
            seen["rows in background"] = await Entry.objects.count()

        tasks.add_task(later)
        if text == "raise":
            raise RuntimeError("the endpoint failed")
        if text == "http":
            raise HTTPException(418)
        return text

    @app.post("/status", dependencies=dependencies)
    async def status(code: int, response: Response) -> None:
        await Entry.objects.create(text="status")
        response.status_code = code

    @app.post("/returned")
    async def returned(code: int) -> Response:
        await Entry.objects.create(text="returned")
        return JSONResponse({}, code)

    @app.post("/stream", dependencies=dependencies)
    async def stream() -> StreamingResponse:
        await Entry.objects.create(text="stream")

        async def body() -> AsyncIterator[str]:
            seen["in stream"] = _open_block()
            yield str(await Entry.objects.count())

        return StreamingResponse(body())

    return app


@pytest.fixture
async def entries(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Entry])
    return database


@pytest.mark.parametrize("way", WAYS)
async def test_commit_and_rollback(entries: AsyncDatabase, client: Any, way: str) -> None:
    seen: dict[str, Any] = {}
    async with client(_app(way, seen)) as http:
        assert (await http.post("/entries?text=good")).status_code == 200
        assert seen == {"in endpoint": True, "in background": False, "rows in background": 1}
        assert (await http.post("/entries?text=raise")).status_code == 500
        assert (await http.post("/entries?text=http")).status_code == 418
        assert await Entry.objects.values_list("text", flat=True) == ["good"]
        assert (await http.post("/status?code=202")).status_code == 202
        assert (await http.post("/status?code=409")).status_code == 409
        assert await Entry.objects.values_list("text", flat=True).order_by("id") == [
            "good",
            "status",
        ]
    assert not _open_block()


@pytest.mark.parametrize("way", WAYS)
async def test_streams_run_behind_the_commit(entries: AsyncDatabase, client: Any, way: str) -> None:
    seen: dict[str, Any] = {}
    async with client(_app(way, seen)) as http:
        response = await http.post("/stream")
    assert (response.status_code, response.text) == (200, "1")
    assert seen == {"in stream": False}


async def test_a_returned_error_status_rolls_back_in_the_middleware(
    entries: AsyncDatabase, client: Any
) -> None:
    async with client(_app("middleware", {})) as http:
        assert (await http.post("/returned?code=404")).status_code == 404
        assert await Entry.objects.count() == 0
    for limit, code, count in ((500, 404, 1), (500, 503, 1), (None, 503, 2)):
        async with client(_app("middleware", {}, rollback_from=limit)) as http:
            await http.post(f"/returned?code={code}")
            assert await Entry.objects.count() == count


async def test_safe_methods_have_no_transaction(entries: AsyncDatabase, client: Any) -> None:
    app = FastAPI()
    app.add_middleware(TransactionMiddleware)
    app.add_middleware(TransactionMiddleware)

    @app.api_route("/open", methods=["GET", "PUT"])
    async def is_open() -> list[bool]:
        block = db.get_active_transaction()
        return [block is not None, block is not None and block.outer is not None]

    async with client(app) as http:
        assert (await http.get("/open")).json() == [False, False]
        # The second middleware joins the first one.
        assert (await http.put("/open")).json() == [True, False]


async def test_the_dependency_gives_the_block(entries: AsyncDatabase, client: Any) -> None:
    app = FastAPI()

    @app.post("/own")
    async def own(block: Annotated[Block, transaction(isolation="serializable")]) -> bool:
        return block is db.get_active_transaction()

    async with client(app) as http:
        assert (await http.post("/own")).json() is True


@pytest.mark.databases("postgres", "sqlite")
@pytest.mark.parametrize("way", WAYS)
async def test_a_commit_that_fails_is_an_error_status(
    entries: AsyncDatabase, flavour: str, client: Any, way: str
) -> None:
    await execute_raw("CREATE TABLE web_parent (id INTEGER PRIMARY KEY)")
    await execute_raw(
        "CREATE TABLE web_child (parent_id INTEGER REFERENCES web_parent (id) "
        "DEFERRABLE INITIALLY DEFERRED)"
    )
    app = FastAPI()
    add_exception_handlers(app)
    ran: list[str] = []
    dependencies = [] if way == "middleware" else [transaction()]
    if way != "dependency":
        app.add_middleware(TransactionMiddleware)

    @app.post("/child", dependencies=dependencies)
    async def child(tasks: BackgroundTasks) -> str:
        await execute_raw("INSERT INTO web_child VALUES (1)")
        tasks.add_task(ran.append, "background")
        return "stored"

    @app.post("/stream", dependencies=dependencies)
    async def stream() -> StreamingResponse:
        await execute_raw("INSERT INTO web_child VALUES (1)")

        async def body() -> AsyncIterator[str]:
            ran.append("body")
            yield "stored"
            yield "more"

        return StreamingResponse(body())

    async with client(app) as http:
        for path in ("/child", "/stream"):
            response = await http.post(path)
            assert response.status_code == 409, response.text
            assert response.json()["detail"][0]["type"] == "foreign_key"
    assert "background" not in ran
    assert await execute_raw("SELECT * FROM web_child") == []
    await execute_raw("DROP TABLE web_child")
    await execute_raw("DROP TABLE web_parent")


async def test_between_other_middlewares(entries: AsyncDatabase, client: Any) -> None:
    app = FastAPI()
    seen: dict[str, Any] = {}

    async def around(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=around)
    app.add_middleware(TransactionMiddleware)
    app.add_middleware(BaseHTTPMiddleware, dispatch=around)

    @app.post("/entries")
    async def create(tasks: BackgroundTasks, text: str) -> str:
        await Entry.objects.create(text=text)

        async def later() -> None:
            seen["rows"] = await Entry.objects.count()

        tasks.add_task(later)
        if text == "raise":
            raise RuntimeError("the endpoint failed")
        return text

    async with client(app) as http:
        assert (await http.post("/entries?text=good")).status_code == 200
        assert (await http.post("/entries?text=raise")).status_code == 500
    assert seen == {"rows": 1}
    assert await Entry.objects.values_list("text", flat=True) == ["good"]


async def test_no_connection_for_the_transaction_is_503(url: str, client: Any) -> None:
    settings = PoolSettings(max_connections=1, acquire_timeout=0.2)
    async with db.connect(url, settings=settings):
        await db.create_tables(models=[Entry])
        for way in WAYS:
            async with db.atomic(), client(_app(way, {})) as http:
                with db.detached():
                    response = await http.post("/entries?text=x")
            assert (response.status_code, response.headers["Retry-After"]) == (503, "1"), way


async def test_requests_side_by_side(entries: AsyncDatabase, client: Any) -> None:
    async with client(_app("both", {})) as http:
        answers = await asyncio.gather(
            *[http.post(f"/entries?text={'raise' if n % 3 == 0 else 'good'}") for n in range(12)]
        )
    assert sorted(each.status_code for each in answers) == [200] * 8 + [500] * 4
    assert await Entry.objects.count() == 8


def test_in_the_thread_of_a_test_client(url: str) -> None:
    app = FastAPI(lifespan=db.lifespan(url))
    add_exception_handlers(app)
    app.add_middleware(TransactionMiddleware)

    @app.get("/tables")
    async def tables() -> None:
        await db.create_tables(models=[Entry])

    @app.post("/entries")
    async def create(text: str) -> int:
        await Entry.objects.create(text=text)
        if text == "http":
            raise HTTPException(400)
        return await Entry.objects.count()

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, block: Annotated[Block, transaction()]) -> None:
        await websocket.accept()
        text = await websocket.receive_text()
        await Entry.objects.create(text=text)
        if text == "raise":
            raise RuntimeError("the socket failed")
        await websocket.send_json(_open_block())

    @app.get("/count")
    async def count() -> int:
        return await Entry.objects.count()

    with TestClient(app) as http:
        http.get("/tables").raise_for_status()
        assert http.post("/entries?text=a").json() == 1
        assert http.post("/entries?text=http").status_code == 400
        with http.websocket_connect("/socket") as opened:
            opened.send_text("b")
            assert opened.receive_json() is True
        with (
            pytest.raises(RuntimeError, match="the socket failed"),
            http.websocket_connect("/socket") as opened,
        ):
            opened.send_text("raise")
            opened.receive_json()
        assert http.get("/count").json() == 2
