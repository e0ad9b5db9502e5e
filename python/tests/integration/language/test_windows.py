"""Window functions, each compared with plain SQL written by hand."""

from __future__ import annotations

from typing import Any

import pytest
from support.library import Book, Library
from support.newsroom import table

from oxyde import Avg, Count, F, Q, Sum
from oxyde.exceptions import FieldError, UnsupportedFeatureError
from oxyde.queries.expressions.window import (
    DenseRank,
    FirstValue,
    Frame,
    Lag,
    LastValue,
    Lead,
    Ntile,
    Rank,
    RowNumber,
    Window,
)
from oxyde.queries.subqueries.cte import CTE


async def over(**windows: Any) -> list[tuple[Any, ...]]:
    return await Book.objects.annotate(**windows).order_by("id").values_list("id", *windows)


async def test_ranks(books: Library) -> None:
    assert await over(
        number=Window(RowNumber(), partition_by="genre", order_by=["-pages", "id"]),
        place=Window(Rank(), order_by="-pages"),
        dense=Window(DenseRank(), order_by="-pages"),
        part=Window(Ntile(3), order_by="id"),
    ) == await table(
        "SELECT id, row_number() OVER (PARTITION BY genre ORDER BY pages DESC, id) AS a,"
        " rank() OVER (ORDER BY pages DESC) AS b, dense_rank() OVER (ORDER BY pages DESC) AS c,"
        " ntile(3) OVER (ORDER BY id) AS d FROM library_book ORDER BY id"
    )


async def test_neighbours(books: Library) -> None:
    assert await over(
        before=Window(Lag("title"), order_by="id"),
        after=Window(Lead("pages", 2), order_by="id"),
        first=Window(FirstValue("title"), partition_by="author_id", order_by="-pages"),
        last=Window(
            LastValue("title"), partition_by="author_id", order_by="-pages", frame=Frame(None, None)
        ),
    ) == await table(
        "SELECT id, lag(title) OVER (ORDER BY id) AS a, lead(pages, 2) OVER (ORDER BY id) AS b,"
        " first_value(title) OVER (PARTITION BY author_id ORDER BY pages DESC) AS c,"
        " last_value(title) OVER (PARTITION BY author_id ORDER BY pages DESC"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS d"
        " FROM library_book ORDER BY id"
    )


async def test_a_default_where_there_is_no_neighbour(books: Library, flavour: str) -> None:
    query = over(after=Window(Lead("pages", 2, 0), order_by="id"))
    if flavour == "mariadb":  # its LEAD and LAG take no default
        with pytest.raises(UnsupportedFeatureError):
            await query
        return
    pages = [book.pages for book in books.books]
    assert [row[1] for row in await query] == [*pages[2:], 0, 0]


async def test_running_totals_and_frames(books: Library) -> None:
    rows = await over(
        running=Window(Sum("price"), order_by="id", frame=Frame(None, 0)),
        around=Window(Sum("pages"), order_by="id", frame=Frame(-1, 1)),
        ahead=Window(Sum("pages"), order_by="id", frame=Frame(1, None)),
        share=Window(Count("id"), partition_by="genre"),
        mean=Window(Avg("pages"), partition_by="genre"),
    )
    running = 0
    for index, (book, row) in enumerate(zip(books.books, rows, strict=True)):
        running += book.price
        same = [other for other in books.books if other.genre == book.genre]
        ahead = [other.pages for other in books.books[index + 1 :]]
        around = books.books[max(index - 1, 0) : index + 2]
        assert row[1] == running
        assert row[2] == sum(other.pages for other in around)
        assert row[3] == (sum(ahead) if ahead else None)
        assert row[4] == len(same)
        assert abs(row[5] - sum(other.pages for other in same) / len(same)) < 0.001


async def test_a_window_over_a_path_and_an_expression(books: Library) -> None:
    assert await over(
        place=Window(Rank(), partition_by="author__company_id", order_by=F("pages").desc()),
        total=Window(Sum(F("pages") * 2), partition_by="author_id"),
    ) == await table(
        "SELECT b.id, rank() OVER (PARTITION BY a.company_id ORDER BY b.pages DESC) AS p,"
        " sum(b.pages * 2) OVER (PARTITION BY b.author_id) AS t"
        " FROM library_book b JOIN library_author a ON a.id = b.author_id ORDER BY b.id"
    )


async def test_order_by_a_window(books: Library) -> None:
    ordered = Book.objects.annotate(place=Window(RowNumber(), order_by="-pages")).order_by("place")
    found = await ordered.values_list("id", flat=True)
    assert found[:2] == [6, 3]
    assert found[-1] == 7


async def test_filtering_by_a_window_takes_a_cte(books: Library) -> None:
    """WHERE and HAVING come before windows: a query around them can filter."""
    placed = Book.objects.annotate(place=Window(RowNumber(), order_by=["-pages", "id"]))
    for query in (placed.filter(place__lte=3), placed.exclude(place=1), placed.filter(Q(place=1))):
        with pytest.raises(FieldError, match="window") as caught:
            await query.all()
        assert "CTE" in str(caught.value)
    ranked = CTE("ranked", placed.values("id", "place"))
    query = Book.objects.join_cte(ranked, id="id").filter(ranked.column("place") <= 3)
    assert await query.order_by("-pages", "id").values_list("id", flat=True) == [
        row[0] for row in await table("SELECT id FROM library_book ORDER BY pages DESC, id LIMIT 3")
    ]


async def test_windows_over_groups_and_annotations(books: Library) -> None:
    grouped = Book.objects.values("genre").annotate(
        books=Count("id"), all=Window(Sum(Count("id"))), place=Window(Rank(), order_by="-books")
    )
    rows = await grouped.order_by("genre").values_list("genre", "books", "all", "place")
    assert rows == await table(
        "SELECT genre, count(id) AS a, sum(count(id)) OVER () AS b,"
        " rank() OVER (ORDER BY count(id) DESC) AS c FROM library_book GROUP BY genre"
        " ORDER BY genre"
    )
    assert await over(
        double=F("pages") * 2 + 1, place=Window(Rank(), order_by="-double")
    ) == await table(
        "SELECT id, pages * 2 + 1 AS a, rank() OVER (ORDER BY pages * 2 + 1 DESC) AS b"
        " FROM library_book ORDER BY id"
    )
