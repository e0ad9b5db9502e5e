"""Random bodies and parameters: what Pydantic accepts at the border is stored, or refused as the
client's fault; it is never status 500."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import uuid
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel
from support.examples import examples

from oxyde import Field, Model, db, schema_fields
from oxyde.contrib.fastapi import Fits, add_exception_handlers
from oxyde.db import AsyncDatabase


class Grade(Enum):
    LOW = "low"
    HIGH = "high"


class Record(Model):
    class Meta:
        is_table = True
        table_name = "border_record"

    id: int | None = Field(default=None, db_pk=True)
    number: int = 0
    small: int | None = Field(default=None, db_type="SMALLINT")
    text: str = ""
    short: str = Field(default="", max_length=5)
    fixed: str = Field(default="", db_type="CHAR(3)")
    real: float = 0.0
    money: Decimal = Field(default=Decimal(0), max_digits=6, decimal_places=2)
    flag: bool = False
    day: dt.date | None = None
    clock: dt.time | None = None
    moment: dt.datetime | None = None
    aware: AwareDatetime | None = None
    span: dt.timedelta | None = None
    key: uuid.UUID | None = None
    blob: bytes | None = None
    grade: Grade = Grade.LOW
    address: ipaddress.IPv6Address | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    parts: list[int] = Field(default_factory=list)


@schema_fields(Record, "create")
class RecordIn(BaseModel):
    """A new record."""


RecordOut = Record.schema_for("public")


def _app() -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    add_exception_handlers(app)

    @app.post("/records", status_code=201, response_model=RecordOut)
    async def create(data: RecordIn) -> Record:
        return await Record.objects.create(**data.model_dump(exclude_unset=True))

    @app.get("/records/{key}", response_model=RecordOut)
    async def read(key: Annotated[int, Fits(Record, "id")]) -> Record:
        return await Record.objects.get(id=key)

    @app.get("/loose/{key}", response_model=RecordOut)
    async def loose(key: int) -> Record:
        return await Record.objects.get(id=key)

    return app


_INTEGERS = st.sampled_from(
    [0, -1, 2**15 - 1, 2**15, -(2**15) - 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 2**80, 10**400]
)
_STRINGS = st.text(max_size=7) | st.sampled_from(["\0", "a\0b", "\U0001f600" * 6, "é" * 5])
_MOMENTS = st.sampled_from(
    [
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999-12:00",
        "9999-12-31T23:59:59.999999",
        "2024-03-31T02:30:00Z",
        "2024-03-31T02:30:00.1234567",
        "1e400",
    ]
)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _INTEGERS | st.floats() | _STRINGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_STRINGS, inner, max_size=3),
    max_leaves=6,
)
_FLOATS = st.sampled_from([0.5, 1e308, 5e-324, float("inf"), float("nan")]) | st.floats()
_DECIMALS = st.sampled_from(["1.25", "1234.5", "9999.99", "10000", "1e5", "1.005", "NaN", "1e-400"])
_OF: dict[str, st.SearchStrategy[Any]] = {
    "number": _INTEGERS,
    "small": _INTEGERS,
    "text": _STRINGS,
    "short": _STRINGS,
    "fixed": _STRINGS,
    "real": _FLOATS | _INTEGERS,
    "money": _DECIMALS | _FLOATS | _INTEGERS,
    "flag": st.booleans() | st.sampled_from(["yes", 2]),
    "day": st.sampled_from(["0001-01-01", "9999-12-31", "2024-02-30", 10**12]),
    "clock": st.sampled_from(["23:59:59.999999", "10:00:00Z", "24:00", -1]),
    "moment": _MOMENTS,
    "aware": _MOMENTS,
    "span": st.sampled_from(["P1D", "-P999999999D", "P999999999D", 1e-7, "PT0.0000001S", 10**14]),
    "key": st.sampled_from(["0" * 32, "x"]),
    "blob": _STRINGS,
    "grade": st.sampled_from(["low", "HIGH", ""]),
    "address": st.sampled_from(["::1", "fe80::1%eth0", "1.2.3.4"]),
    "data": st.dictionaries(_STRINGS, _JSON, max_size=3),
    "parts": st.lists(_INTEGERS, max_size=3),
}


@pytest.fixture
async def http(database: AsyncDatabase) -> Any:
    await db.create_tables(models=[Record])
    transport = httpx.ASGITransport(_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


@examples(150)
@given(data=st.data())
async def test_bodies(http: httpx.AsyncClient, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(_OF)), min_size=1, max_size=3, unique=True))
    body = {name: data.draw(_OF[name] | _JSON, label=name) for name in names}
    answer = await http.post(
        "/records",
        content=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 422:
        assert {each["loc"][0] for each in answer.json()["detail"]} == {"body"}
        return
    stored = answer.json()
    again = await http.get(f"/records/{stored['id']}")
    assert again.status_code == 200
    assert set(again.json()) == set(stored)


@examples(60)
@given(key=_INTEGERS.filter(lambda key: key < 10**100) | st.text(min_size=1, max_size=5))
async def test_paths(http: httpx.AsyncClient, key: int | str) -> None:
    for path in ("records", "loose"):
        answer = await http.get(httpx.URL(f"http://test/{path}/").join(_quoted(key)))
        assert answer.status_code in (200, 404, 422), answer.text


def _quoted(key: int | str) -> str:
    return "".join(f"%{byte:02X}" for byte in str(key).encode("utf-8", "surrogatepass"))
