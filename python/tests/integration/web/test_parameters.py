"""Pages, filters and orders from query parameters, and how OpenAPI shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from pydantic import SecretStr

from oxyde import Field, Model, NumberedPage, Page, db
from oxyde.contrib.fastapi import (
    CursorParams,
    Filters,
    NumberParams,
    Selection,
    add_exception_handlers,
    cursor_params,
    number_params,
)
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldLookupError


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Maker(Model):
    class Meta:
        is_table = True
        table_name = "web_maker"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    secret: SecretStr = SecretStr("")
    cars: list[Car] = Field(db_reverse_fk="maker")


class Car(Model):
    class Meta:
        is_table = True
        table_name = "web_car"

    id: int | None = Field(default=None, db_pk=True)
    maker: Maker = Field(db_on_delete="CASCADE")
    name: str = Field(max_length=20)
    doors: int | None = Field(default=None, db_type="SMALLINT")
    price: Decimal = Field(default=Decimal(1), max_digits=8, decimal_places=2)
    color: Color = Color.RED
    built: dt.datetime = dt.datetime(2024, 1, 1)
    data: dict[str, Any] = Field(default_factory=dict)


CarOut = Car.schema_for("public", exclude={"data"}, name="CarOut")

car_filters = Filters(
    Car,
    fields={
        "name": ["eq", "icontains", "in"],
        "maker__name": ["eq"],
        "maker": ["in"],
        "doors": ["eq", "gte", "isnull", "between"],
        "price": ["lt"],
        "color": ["eq", "in"],
        "built": ["gte", "year", "date"],
        "built__year": ["gte"],
    },
    order=["name", "price", "maker__name"],
    default_order=["-id"],
)


def _app() -> FastAPI:
    app = FastAPI()
    add_exception_handlers(app)

    @app.get("/cars", response_model=Page[CarOut])  # type: ignore[valid-type]
    async def cars(
        chosen: Annotated[Selection[Car], Depends(car_filters)],
        page: Annotated[CursorParams, cursor_params(size=2, most=3)],
    ) -> Page[Car]:
        return await page.page(chosen.apply(Car.objects))

    @app.get("/numbered", response_model=NumberedPage[CarOut])  # type: ignore[valid-type]
    async def numbered(
        chosen: Annotated[Selection[Car], Depends(car_filters)],
        page: Annotated[NumberParams, number_params(size=2, most=3)],
    ) -> NumberedPage[Car]:
        return await page.page(chosen.apply(Car.objects))

    return app


@pytest.fixture
async def cars(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Maker, Car])
    for name in ("Ada", "Bee"):
        await Maker.objects.create(name=name)
    for n in range(1, 8):
        await Car.objects.create(
            name=f"car {n}",
            maker_id=1 + n % 2,
            doors=None if n == 7 else n,
            price=Decimal(n) / 4,
            color=Color.BLUE if n > 5 else Color.RED,
            built=dt.datetime(2020 + n, 1, 1),
        )
    return database


async def test_pages_by_cursor(cars: AsyncDatabase, client: Any) -> None:
    async with client(_app()) as http:
        found: list[int] = []
        params: dict[str, Any] = {"order": ["-maker__name", "name"]}
        while True:
            answer = await http.get("/cars", params=params)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found += [each["id"] for each in body["items"]]
            if not body["has_next"]:
                break
            params["cursor"] = body["next_cursor"]
        assert found == [1, 3, 5, 7, 2, 4, 6]
        assert set(body["items"][0]) == {
            "id",
            "maker_id",
            "name",
            "doors",
            "price",
            "color",
            "built",
        }
        for wrong in ("x", body["previous_cursor"][:-2], "é"):
            answer = await http.get("/cars", params={**params, "cursor": wrong})
            assert answer.status_code == 422
            assert answer.json()["detail"][0]["loc"] == ["query", "cursor"]
        # The cursor of another order.
        answer = await http.get("/cars", params={"cursor": params["cursor"]})
        assert answer.json()["detail"][0]["type"] == "cursor"
        for size in (0, 4, "x"):
            answer = await http.get("/cars", params={"size": size})
            assert answer.json()["detail"][0]["loc"] == ["query", "size"]


async def test_pages_by_number(cars: AsyncDatabase, client: Any) -> None:
    async with client(_app()) as http:
        body = (await http.get("/numbered", params={"page": 2, "size": 3})).json()
        assert [each["id"] for each in body.pop("items")] == [4, 3, 2]
        assert body == {"number": 2, "size": 3, "total": 7, "pages": 3, "has_next": True}
        for page in (0, 10**10, "x"):
            answer = await http.get("/numbered", params={"page": page})
            assert answer.json()["detail"][0]["loc"] == ["query", "page"]
        assert (await http.get("/numbered", params={"page": 10**9})).json()["items"] == []


async def test_filters(cars: AsyncDatabase, client: Any) -> None:
    asked: list[tuple[dict[str, Any], list[int]]] = [
        ({"name": "car 3"}, [3]),
        ({"name__icontains": "CAR 4"}, [4]),
        ({"name__in": ["car 1", "car 2"]}, [2, 1]),
        ({"maker__name": "Ada", "doors__gte": 4}, [6, 4]),
        ({"maker__in": [1], "price__lt": "1.1"}, [4, 2]),
        ({"doors__isnull": "true"}, [7]),
        ({"doors__between": [2, 3]}, [3, 2]),
        ({"color": "blue"}, [7, 6]),
        ({"built__gte": "2026-01-01T00:00:00"}, [7, 6]),
        ({"built__year": 2022}, [2]),
        ({"built__year__gte": 2027}, [7]),
        ({"built__date": "2023-01-01"}, [3]),
        ({"unknown": "x", "doors": 5}, [5]),
    ]
    async with client(_app()) as http:
        for params, ids in asked:
            answer = await http.get("/cars", params={**params, "size": 3})
            assert [each["id"] for each in answer.json()["items"]] == ids, params


async def test_values_of_other_types_are_422(cars: AsyncDatabase, client: Any) -> None:
    wrong: list[tuple[str, Any]] = [
        ("doors", "x"),
        ("doors", 2**15),
        ("doors__between", [1]),
        ("doors__isnull", "perhaps"),
        ("maker__in", [2**63]),
        ("maker__in", ["1"] * 101),
        ("price__lt", "NaN"),
        ("color", "green"),
        ("built__gte", "yesterday"),
        ("built__gte", "2024-01-01T00:00:00Z"),
        ("built__date", "2024-13-01"),
        ("name", "x" * 21),
        ("name", "a\0"),
        ("order", "id"),
        ("order", ["name"] * 4),
    ]
    async with client(_app()) as http:
        for name, value in wrong:
            answer = await http.get("/cars", params={name: value})
            assert answer.status_code == 422, (name, value)
            assert answer.json()["detail"][0]["loc"][:2] == ["query", name]


def test_openapi_shows_parameters_and_pages() -> None:
    described = _app().openapi()
    shown = {each["name"]: each for each in described["paths"]["/cars"]["get"]["parameters"]}
    assert set(shown) >= {"name", "name__icontains", "maker__name", "doors__gte", "order", "size"}
    assert shown["size"]["schema"]["maximum"] == 3
    assert shown["doors"]["schema"]["anyOf"][0]["maximum"] == 2**15 - 1
    terms = shown["order"]["schema"]["anyOf"][0]["items"]["enum"]
    assert terms == ["name", "-name", "price", "-price", "maker__name", "-maker__name"]
    assert {"CarOut", "Page_CarOut_", "NumberedPage_CarOut_"} <= set(
        described["components"]["schemas"]
    )


def test_wrong_declarations_are_named() -> None:
    wrong: list[tuple[type[Model], dict[str, Any], type[Exception], str]] = [
        (Car, {"fields": {"titel": ["eq"]}}, FieldError, "titel"),
        (Car, {"fields": {"doors": ["icontains"]}}, FieldLookupError, "icontains"),
        (Car, {"fields": {"doors": "eq"}}, FieldError, "a list, not 'eq'"),
        (Car, {"fields": {"data__size": ["eq"]}}, FieldError, "JSON document"),
        (Car, {"fields": {}, "order": ["titel"]}, FieldError, "titel"),
        (Car, {"fields": {"maker__secret": ["eq"]}}, FieldError, "a secret"),
        (Maker, {"fields": {"secret": ["startswith"]}}, FieldError, "a secret"),
    ]
    for model, arguments, kind, why in wrong:
        with pytest.raises(kind, match=why):
            Filters(model, **arguments)
