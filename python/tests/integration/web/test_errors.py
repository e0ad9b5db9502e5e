"""Errors as responses: their status, their form, and what they do not tell."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import field_validator

from oxyde import Check, Field, Model, PoolSettings, db, execute_raw
from oxyde.contrib.fastapi import Fits, add_exception_handlers, install, response_to
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    DatabaseConnectionError,
    DatabaseError,
    DeadlockError,
    FieldError,
    MultipleObjectsReturned,
    NotFoundError,
    OutcomeUnknownError,
    PoolTimeoutError,
    RowValidationError,
    SerializationError,
    StaleObjectError,
    StaleRow,
    TooManyConnectionsError,
)


class Shop(Model):
    class Meta:
        is_table = True
        table_name = "web_error_shop"
        constraints = (Check("stars >= 0", name="web_error_stars"),)

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20, db_unique=True)
    stars: int = Field(default=0, db_type="INTEGER")
    items: list[Item] = Field(db_reverse_fk="shop")

    @field_validator("code")
    @classmethod
    def check_code(cls, code: str) -> str:
        if code == "bad":
            raise ValueError("a bad code")
        return code


class Item(Model):
    class Meta:
        is_table = True
        table_name = "web_error_item"

    id: int | None = Field(default=None, db_pk=True)
    shop: Shop = Field(db_on_delete="RESTRICT")


def _app() -> FastAPI:
    app = FastAPI()
    add_exception_handlers(app)

    @app.get("/shops/{shop_id}")
    async def shop(shop_id: int) -> dict[str, Any]:
        return {"code": (await Shop.objects.get(id=shop_id)).code}

    @app.get("/bounded/{shop_id}")
    async def bounded(shop_id: Annotated[int, Fits(Shop, "id")]) -> int:
        return shop_id

    @app.get("/lookup")
    async def lookup(name: str, value: str) -> int:
        return await Shop.objects.filter(**{name: value}).count()

    @app.post("/shops")
    async def create(data: dict[str, Any]) -> int | None:
        return (await Shop.objects.create(**data)).id

    @app.post("/items")
    async def create_item(data: dict[str, Any]) -> int | None:
        return (await Item.objects.create(**data)).id

    @app.post("/null")
    async def null() -> None:
        await execute_raw("INSERT INTO web_error_shop (code, stars) VALUES ('n', NULL)")

    @app.delete("/shops/{shop_id}")
    async def delete(shop_id: int) -> int:
        return await Shop.objects.filter(id=shop_id).delete()

    return app


def _first(response: Any) -> tuple[Any, ...]:
    detail = response.json()["detail"][0]
    assert set(detail) >= {"type", "loc", "msg"}
    return response.status_code, detail["type"], detail["loc"]


async def test_what_the_client_did(database: AsyncDatabase, client: Any) -> None:
    await db.create_tables(models=[Shop, Item])
    await Shop.objects.create(code="a")
    async with client(_app()) as http:
        assert (await http.get("/shops/1")).json() == {"code": "a"}
        missing = await http.get("/shops/2")
        assert (missing.status_code, missing.json()) == (404, {"detail": "Shop not found"})
        assert _first(await http.get(f"/shops/{2**80}")) == (422, "value_error", ["query", "id"])
        assert _first(await http.get(f"/bounded/{2**63}")) == (
            (422, "less_than_equal", ["path", "shop_id"])
        )
        for name in ("stars", "stars__titel", "nothing", "stars__in"):
            response = await http.get("/lookup", params={"name": name, "value": "x"})
            assert _first(response)[:2] == (422, "value_error")
        assert _first(await http.post("/shops", json={"code": "a"})) == (
            (409, "unique", ["body", "code"])
        )
        assert _first(await http.post("/shops", json={"code": "b", "stars": 2**31})) == (
            (422, "value_error", ["body", "stars"])
        )
        assert _first(await http.post("/shops", json={"code": "bad"})) == (
            (422, "value_error", ["body", "code"])
        )
        assert _first(await http.post("/shops", json={"code": "c", "stars": -1}))[:2] == (
            (422, "check")
        )
        assert _first(await http.post("/items", json={"shop_id": 99}))[:2] == (409, "foreign_key")
        await Item.objects.create(shop_id=1)
        assert _first(await http.delete("/shops/1"))[:2] == (409, "foreign_key")
        assert _first(await http.post("/null"))[:2] == (422, "missing")


async def test_no_response_has_sql_or_words_of_the_server(
    database: AsyncDatabase, client: Any
) -> None:
    await db.create_tables(models=[Shop, Item])
    await Shop.objects.create(code="a")
    async with client(_app()) as http:
        for response in (
            await http.post("/shops", json={"code": "a"}),
            await http.post("/shops", json={"code": "c", "stars": -1}),
            await http.post("/items", json={"shop_id": 99}),
            await http.post("/null"),
            await http.get(f"/shops/{2**80}"),
            await http.post("/shops", json={"code": "s" * 30}),
        ):
            text = response.text.lower()
            for word in ("insert", "select", "constraint", "web_error", "sqlite", "duplicate"):
                assert word not in text, text
            assert "s" * 30 not in text


async def test_a_pool_without_connections_is_503(url: str, client: Any) -> None:
    settings = PoolSettings(max_connections=1, acquire_timeout=0.2)
    async with db.connect(url, settings=settings):
        await db.create_tables(models=[Shop, Item])
        async with db.atomic(), client(_app()) as http:
            with db.detached():
                response = await http.get("/shops/1")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert response.json() == {"detail": "The database is not available"}


async def test_errors_that_pass(database: AsyncDatabase) -> None:
    again: list[tuple[Exception, str | None]] = [
        (PoolTimeoutError("x"), "1"),
        (DatabaseConnectionError("x"), "1"),
        (TooManyConnectionsError("x"), "1"),
        (DeadlockError("x"), "1"),
        (SerializationError("x"), "1"),
        (OutcomeUnknownError("x"), None),
    ]
    for error, retry in again:
        response = response_to(error)
        assert response is not None
        assert (response.status_code, response.headers.get("Retry-After")) == (503, retry), error
    stale = response_to(StaleObjectError("x", rows=[StaleRow({"id": 1}, 1, 2)]))
    assert stale is not None
    assert (stale.status_code, b'"stale"' in bytes(stale.body)) == (409, True)
    for error in (DatabaseError("x"), FieldError("x"), MultipleObjectsReturned("x")):
        assert response_to(error) is None


async def test_errors_of_the_program_stay_500(database: AsyncDatabase, client: Any) -> None:
    await db.create_tables(models=[Shop, Item])
    await execute_raw("INSERT INTO web_error_shop (code, stars) VALUES ('bad', 1)")
    with pytest.raises(RowValidationError):
        await Shop.objects.all()
    async with client(_app()) as http:
        assert (await http.get("/shops/1")).status_code == 500


async def test_handlers_of_the_application_go_first(database: AsyncDatabase, client: Any) -> None:
    await db.create_tables(models=[Shop, Item])
    app = _app()
    install(app, transactions=True)

    @app.exception_handler(NotFoundError)
    async def gone(request: Request, error: NotFoundError) -> JSONResponse:
        return JSONResponse({"gone": True}, 410)

    @app.exception_handler(PoolTimeoutError)
    def busy(request: Request, error: PoolTimeoutError) -> JSONResponse:
        return JSONResponse({"busy": True}, 529)

    async with client(app) as http:
        assert (await http.get("/shops/1")).status_code == 410
        await db.close()
        async with db.connect(
            database.url, settings=PoolSettings(max_connections=1, acquire_timeout=0.2)
        ):
            async with db.atomic():
                with db.detached():
                    # The error of the middleware, outside of all routes.
                    answer = await http.post("/shops", json={"code": "x"})
            assert (answer.status_code, answer.json()) == (529, {"busy": True})


async def test_install_adds_all(database: AsyncDatabase, client: Any) -> None:
    app = FastAPI()
    install(app, transactions=True, health="/live")

    @app.get("/x")
    async def shop() -> None:
        await Shop.objects.get(id=1)

    await db.create_tables(models=[Shop, Item])
    async with client(app) as http:
        assert (await http.get("/x")).status_code == 404
        healthy = await http.get("/live")
        assert (healthy.status_code, healthy.json()) == (
            (200, {"status": "ok", "databases": {"default": "ok"}})
        )
        await db.close()
        ill = await http.get("/live")
        assert (ill.status_code, ill.json()["databases"]) == (503, {"default": "unavailable"})
