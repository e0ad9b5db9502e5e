"""The first page: the tables and their numbers of rows."""

from __future__ import annotations

from support.museum import Seat
from support.pages import Studio

from oxyde import execute_raw
from oxyde.db import AsyncDatabase


async def test_tables_and_rows(studio: Studio) -> None:
    page = await studio.get("/")
    numbers = {row[0]: row[2] for row in page.rows}
    assert numbers["museum_works"] == "120"
    assert numbers["museum_seats"] == "6"
    assert numbers["museum_works_themes"] == "2"
    assert page.links["museum_works"] == "/rows/museum_works"
    keys = {row[0]: row[4] for row in page.rows}
    assert (keys["museum_seats"], keys["museum_visits"]) == ("hall, number", "none")


async def test_a_table_that_is_missing(studio: Studio) -> None:
    await execute_raw("DROP TABLE museum_seats")
    page = await studio.get("/")
    assert "not readable" in next(row for row in page.rows if row[0] == "museum_seats")
    assert "What cannot be read" in page.text
    listed = await studio.get("/rows/museum_seats", status=400)
    assert "museum_seats" in listed.text
    assert "run the migrations" in listed.text


async def test_large_tables_are_not_counted(studio: Studio, museum_rows: AsyncDatabase) -> None:
    await Seat.objects.bulk_create([{"hall": "large", "number": n} for n in range(11_000)])
    page = await studio.get("/")
    shown = next(row[2] for row in page.rows if row[0] == "museum_seats")
    assert shown == "more than 10,000" or shown.startswith("≈")
    analyze = "ANALYZE TABLE" if museum_rows.backend in ("mysql", "mariadb") else "ANALYZE"
    await execute_raw(f"{analyze} museum_seats")
    page = await studio.get("/rows/museum_seats")
    assert page.text.partition("museum_seats ")[2]
    assert "≈ 1" in page.text or "more than 10,000 rows" in page.text
