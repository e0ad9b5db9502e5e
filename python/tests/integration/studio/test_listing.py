"""Lists of rows: pages, order, filters, search."""

from __future__ import annotations

import pytest
from support.museum import WORKS, Artist, Work
from support.pages import Page, Studio

from oxyde import execute_raw
from oxyde.db import AsyncDatabase

_SORTS = [
    *("", "id", "title", "height", "price", "weight", "shown", "style", "grade"),
    *("made", "seen", "opens", "code", "artist_id"),
]


async def all_pages(studio: Studio, page: Page) -> list[str]:
    """The rows of all pages, one after the other."""
    found = page.keys
    while "Next page" in page.links:
        page = await studio.get(page.links["Next page"])
        found += page.keys
    return found


@pytest.mark.parametrize("sort", [way + name for name in _SORTS for way in ("", "-")])
async def test_pages_have_every_row_once(studio: Studio, sort: str) -> None:
    if sort == "-":
        return
    found = await all_pages(studio, await studio.get("/rows/museum_works", _sort=sort))
    assert len(found) == len(set(found)) == WORKS
    expected = await Work.objects.order_by(
        *dict.fromkeys([*([sort] if sort else []), "-id" if sort.startswith("-") else "id"])
    ).values_list("id", flat=True)
    assert found == [f"/row/museum_works?id={key}" for key in expected]


async def test_pages_are_stable_while_rows_come(studio: Studio) -> None:
    page = await studio.get("/rows/museum_works", _sort="-id")
    await Work.objects.create(title="newer")
    rest = await studio.get(page.links["Next page"])
    assert not set(page.keys) & set(rest.keys)
    assert "51–100" in rest.text


async def test_keys_of_two_columns(studio: Studio) -> None:
    page = await studio.get("/rows/museum_seats", _sort="number")
    assert len(page.rows) == 6
    assert page.keys[0] == "/row/museum_seats?hall=a%2Fb&number=1"


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        ({"title__icontains": "WORK <B>1<"}, 1),
        ({"title": "Work <b>3</b>"}, 1),
        ({"title__istartswith": "work <b>11"}, 11),
        ({"title__in": "Work <b>3</b>,Work <b>4</b>, Work <b>999</b>"}, 2),
        ({"height": "3"}, 17),
        ({"height__gte": "3", "height__lt": "5"}, 34),
        ({"height__between": "3,4"}, 34),
        ({"price__isnull": "true"}, 40),
        ({"price": "0.25"}, 1),
        ({"weight__lte": "0.375"}, 2),
        ({"shown": "true"}, 24),
        ({"style": "gothic"}, 30),
        ({"style__in": "gothic,modern"}, 120),
        ({"grade": "2"}, 20),
        ({"grade__isnull": "false"}, 20),
        ({"state": "lent"}, 0),
        ({"made__gte": "2015-01-01"}, 3),
        ({"made__year": "1901"}, 1),
        ({"seen__lt": "2026-01-02T00:00"}, 4),
        ({"opens": "03:15"}, 5),
        ({"code": "00000000-0000-0000-0000-000000000009"}, 1),
        ({"facts__contains": '{"number": 5}'}, 1),
        ({"sizes__contains": "[5]"}, 2),
        ({"artist_id": "2"}, 24),
        ({"_q": "b>77"}, 1),
        ({"_q": "77"}, 1),
    ],
)
async def test_filters(studio: Studio, filters: dict[str, str], rows: int) -> None:
    page = await studio.get("/rows/museum_works", **filters)
    assert len(await all_pages(studio, page)) == rows
    assert f"{rows} row" in page.text


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ({"height__gte": "tall"}, "valid integer"),
        ({"style": "baroque"}, "Must be one of: gothic, modern"),
        ({"facts__contains": "{"}, "Not valid JSON"),
        ({"made__year": "MCM"}, "Must be a year"),
        ({"height__between": "3"}, "Needs both ends"),
        ({"price__isnull": "maybe"}, "Must be true or false"),
        ({"nothing": "1"}, "`nothing`: not a filter of this table"),
        ({"title__regex": "("}, "`title__regex`: not a filter"),
        ({"artist__name": "x"}, "`artist__name`: not a filter"),
    ],
)
async def test_filters_that_cannot_be_used(
    studio: Studio, filters: dict[str, str], says: str
) -> None:
    page = await studio.get("/rows/museum_works", status=400, **filters)
    assert says in page.text
    assert page.rows == []


async def test_the_filter_form_makes_a_short_url(studio: Studio) -> None:
    page = await studio.get(
        "/rows/museum_works",
        **{
            "title.lookup": "icontains",
            "title.value": "b>1",
            "height.lookup": "exact",
            "height.value": "2",
            "height.to": "4",
            "price.lookup": "isnull-false",
            "price.value": "",
            "style.lookup": "exact",
            "style.value": "",
            "_sort": "title",
        },
    )
    assert page.path == (
        "/rows/museum_works?_sort=title&title__icontains=b%3E1&height__between=2%2C4"
        "&price__isnull=false"
    )
    assert "height between 2,4" in page.text
    rest = await studio.get(page.links["×"])
    assert "price is not NULL" not in rest.text


async def test_secrets_are_not_shown_sorted_or_filtered(studio: Studio) -> None:
    page = await studio.get("/rows/museum_artists")
    assert "••••••••" in page.text
    assert "secret" not in page.text
    assert "password" not in page.text.partition("SQL and plan")[2]
    for filters in ({"password": "x"}, {"password__icontains": "a"}, {"_sort": "password"}):
        await studio.get("/rows/museum_artists", status=400, **filters)
    assert (await studio.get("/rows/museum_artists", _q="a first secret")).rows == []


async def test_values_are_cut_and_escaped(studio: Studio) -> None:
    page = await studio.get("/rows/museum_works")
    assert "<b>1</b>" not in page.html
    assert "&lt;b&gt;1&lt;/b&gt;" in page.html
    cells = page.rows[0]
    assert "seen from afar " * 20 not in page.text
    assert cells[3].endswith("…")
    assert "2 B" in cells
    assert any("Artist 2" in cell for cell in cells)


async def test_the_sql_and_the_plan(studio: Studio) -> None:
    page = await studio.get("/rows/museum_works", height__gte="3")
    sql, _, plan = page.text.partition("SQL and plan")[2].partition(" Plan ")
    assert "museum_works" in sql
    assert "ORDER BY" in sql
    assert "Values: " in sql
    assert len(plan) > 10


async def test_a_place_that_is_not_one(studio: Studio) -> None:
    for filters in (
        {"_after": "nonsense"},
        {"_after": "WzFd", "_sort": "title"},
        {"_after": "W3sieCI6MX1d"},
        {"_skip": "-1"},
        {"_skip": "10001"},
        {"_skip": "x"},
        {"_sort": "nothing"},
        {"_sort": "facts"},
    ):
        await studio.get("/rows/museum_works", status=400, **filters)
    await studio.get("/rows/nothing", status=404)
    await studio.get("/nothing", status=404)


async def test_rows_without_a_key(studio: Studio, museum_rows: AsyncDatabase) -> None:
    await execute_raw("INSERT INTO museum_visits (day, visitors) VALUES ('2026-01-31', 3)")
    page = await studio.get("/rows/museum_visits")
    assert page.rows == [["2026-01-31", "3"]]
    assert page.keys == []


async def test_rows_that_their_model_refuses(studio: Studio) -> None:
    await execute_raw("UPDATE museum_works SET height = -5 WHERE height = 1")
    page = await studio.get("/rows/museum_works", height__lt="0")
    assert len(page.rows) == 17
    assert await Artist.objects.count() == 5
