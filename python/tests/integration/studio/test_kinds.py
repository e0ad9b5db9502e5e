"""Types that only PostgreSQL has, schemas, and models of their own inside of columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from ipaddress import IPv4Address

import pytest
from pydantic import AwareDatetime, BaseModel
from support.pages import Studio

from oxyde import Field, Model, Range, create_tables, execute_raw
from oxyde.db import AsyncDatabase

pytestmark = pytest.mark.databases("postgres")


class Spot(BaseModel):
    x: int
    y: int = 0


class Depot(Model):
    class Meta:
        is_table = True
        table_name = "depots"
        schema = "annex"

    id: int | None = Field(default=None, db_pk=True)
    rooms: Range[int] | None = None
    days: Range[dt.date] | None = None
    address: IPv4Address | None = None
    span: dt.timedelta = dt.timedelta(hours=1)
    spot: Spot = Spot(x=1)
    at: AwareDatetime | None = None
    words: list[str] = Field(default_factory=list)
    parent: Depot | None = Field(default=None, db_on_delete="CASCADE")


@pytest.fixture
async def depots(database: AsyncDatabase) -> AsyncIterator[Studio]:
    await execute_raw("CREATE SCHEMA annex")
    await create_tables(models=[Depot])
    await Depot.objects.create(
        rooms=Range(1, 5),
        days=Range(dt.date(2026, 1, 1), None),
        address=IPv4Address("10.0.0.1"),
        at=dt.datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=dt.timezone.utc),
        words=["a", "b"],
    )
    made = Studio(database, [Depot], write=True)
    async with made.client:
        await made.log_in()
        yield made
    await execute_raw("DROP SCHEMA annex CASCADE")


async def test_a_table_in_a_schema(depots: Studio) -> None:
    page = await depots.get("/")
    assert page.rows[0][:3] == ["annex.depots", f"{__name__}.Depot", "1"]
    page = await depots.get(page.links["annex.depots"])
    assert page.keys == ["/row/annex.depots?id=1"]
    page = await depots.get("/row/annex.depots?id=1")
    assert "Range[date]" in page.text
    assert '{"lower": 1, "upper": 5, "bounds": "[)"}' in page.text


async def test_values_survive_the_form(depots: Studio) -> None:
    before = await Depot.objects.get(id=1)
    page = await depots.get("/edit/annex.depots?id=1")
    assert page.form["at"] == "2026-01-01T12:00:00.123456+00:00"
    assert page.form["span"] == "PT1H"
    await depots.send(page, {})
    assert await Depot.objects.get(id=1) == before


async def test_values_are_read_from_the_form(depots: Studio) -> None:
    page = await depots.get("/edit/annex.depots?id=1")
    wrong = {"spot": '{"y": 2}', "address": "10.0.0", "span": "soon", "words": "[1]"}
    sent = await depots.send(page, wrong, status=422)
    assert set(sent.errors) == {"address", "span"}
    sent = await depots.send(sent, {"address": "10.0.0.2", "span": "PT90M"}, status=422)
    assert set(sent.errors) == {"spot", "words"}
    right = {
        "spot": '{"x": 3}',
        "words": '["c"]',
        "rooms": '{"lower": 2, "upper": 8}',
        "at": "2026-01-01T12:00:00+02:00",
        "parent_id": "1",
    }
    await depots.send(sent, right)
    row = await Depot.objects.get(id=1)
    assert (row.address, row.span) == (IPv4Address("10.0.0.2"), dt.timedelta(minutes=90))
    assert (row.spot, row.words, row.rooms) == (Spot(x=3), ["c"], Range(2, 8))
    assert row.at == dt.datetime(2026, 1, 1, 10, tzinfo=dt.timezone.utc)
    assert row.parent_id == 1  # type: ignore[attr-defined]


async def test_filters(depots: Studio) -> None:
    for filters, rows in (
        ({"rooms__contains": "3"}, 1),
        ({"rooms__contains": "9"}, 0),
        ({"words__contains": '["a"]'}, 1),
        ({"at__gte": "2026-01-01T12:00:00+00:00"}, 1),
        ({"address": "10.0.0.1"}, 1),
    ):
        assert len((await depots.get("/rows/annex.depots", **filters)).rows) == rows, filters
