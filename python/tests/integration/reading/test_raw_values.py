"""The values of raw SQL: as many as it has placeholders, and each of a kind that it takes."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from support.library import Book, Library

from oxyde import atomic, execute_raw
from oxyde.exceptions import FieldValueError, OxydeError


def mark(flavour: str, number: int) -> str:
    """The placeholder of a database."""
    return f"${number}" if flavour == "postgres" else "?"


async def by_function(sql: str, values: Any) -> Any:
    return await execute_raw(sql, values)


async def by_model(sql: str, values: Any) -> Any:
    return await Book.objects.raw(sql, values)


@pytest.mark.parametrize("run", [by_function, by_model])
@pytest.mark.parametrize("given", [[], [1], [1, 2, 3]])
async def test_another_number_of_values(
    books: Library, flavour: str, run: Callable[..., Awaitable[Any]], given: list[int]
) -> None:
    sql = (
        f"SELECT * FROM library_book WHERE id >= {mark(flavour, 1)} AND pages > {mark(flavour, 2)}"
    )
    with pytest.raises(FieldValueError) as caught:
        await run(sql, given)
    assert "the statement has 2 placeholders" in str(caught.value)
    assert f"{len(given)} value" in str(caught.value)
    assert caught.value.hint is not None
    assert caught.value.retryable is False
    assert len(await run(sql, [1, 0])) == 7


async def test_values_without_a_placeholder(books: Library) -> None:
    with pytest.raises(FieldValueError, match="0 placeholders, and 1 value was"):
        await execute_raw("SELECT 1 AS one", [1])
    assert await execute_raw("SELECT '?' AS mark, '$1' AS dollar") == [
        {"mark": "?", "dollar": "$1"}
    ]


async def test_the_transaction_goes_on(books: Library, flavour: str) -> None:
    sql = f"UPDATE library_book SET pages = 1 WHERE id = {mark(flavour, 1)}"
    async with atomic():
        await execute_raw(sql, [1])
        for wrong in ([], [1, 2]):
            with pytest.raises(FieldValueError):
                await execute_raw(sql, wrong)
        await execute_raw(sql, [2])
    assert await Book.objects.filter(pages=1).count() == 2


async def test_the_connection_is_kept(books: Library, flavour: str) -> None:
    session = {
        "postgres": "SELECT pg_backend_pid() AS id",
        "mysql": "SELECT CONNECTION_ID() AS id",
        "mariadb": "SELECT CONNECTION_ID() AS id",
        "sqlite": "SELECT 1 AS id",
    }[flavour]
    before = await execute_raw(session)
    for _ in range(3):
        with pytest.raises(FieldValueError):
            await execute_raw(f"SELECT id FROM library_book WHERE id = {mark(flavour, 1)}")
    assert await execute_raw(session) == before


@pytest.mark.parametrize("kind", [list, tuple])
async def test_a_list_is_not_one_value(
    books: Library, flavour: str, kind: Callable[[list[int]], Any]
) -> None:
    first = mark(flavour, 1)
    for condition in (f"id IN ({first})", f"id IN ( {first} )", f"id = {first}"):
        with pytest.raises(FieldValueError) as caught:
            await execute_raw(f"SELECT id FROM library_book WHERE {condition}", [kind([1, 2])])
        assert "value 1" in str(caught.value)
    sql = f"SELECT id FROM library_book WHERE id IN ({first}, {mark(flavour, 2)}) ORDER BY id"
    assert await execute_raw(sql, [1, 2]) == [{"id": 1}, {"id": 2}]


async def test_a_list_where_one_is_meant(books: Library, flavour: str) -> None:
    members = {
        "postgres": "id = ANY($1)",
        "sqlite": "id IN (SELECT value FROM json_each(?))",
        "mysql": "JSON_CONTAINS(CAST(? AS JSON), CAST(id AS JSON))",
        "mariadb": "JSON_CONTAINS(?, id)",
    }[flavour]
    sql = f"SELECT id FROM library_book WHERE {members} ORDER BY id"
    assert await execute_raw(sql, [[1, 2]]) == [{"id": 1}, {"id": 2}]


class Number(enum.IntEnum):
    ONE = 1


class Title(enum.Enum):
    OTHER = "Other"


async def test_values_of_many_kinds(books: Library, flavour: str) -> None:
    one, two = mark(flavour, 1), mark(flavour, 2)
    sql = f"UPDATE library_book SET title = {one} WHERE id = {two}"
    await execute_raw(sql, (Title.OTHER, Number.ONE))
    assert (await Book.objects.get(id=1)).title == "Other"
    sql = f"SELECT id FROM library_book WHERE id = CAST({one} AS DECIMAL(10, 2))"
    assert await execute_raw(sql, [Decimal(2)]) == [{"id": 2}]
    for wrong in ({1, 2}, (n for n in (1,)), object(), range(2)):
        with pytest.raises(FieldValueError, match="parameter 1"):
            await execute_raw(sql, [wrong])
    for wrong in ("1", b"1", {"id": 1}, {1}, iter([1]), 1):
        with pytest.raises(OxydeError, match="params must be a list"):
            await execute_raw(sql, wrong)  # type: ignore[arg-type]
