"""Reading rows: order, pages, distinct, values, single rows."""

from __future__ import annotations

from typing import Any

import pytest
from support.library import AUTHORS, BOOKS, Author, Book, Library

from oxyde import F, Q
from oxyde.exceptions import FieldError, MultipleObjectsReturned, NotFoundError, OxydeError


async def test_all_rows_are_whole_instances(books: Library) -> None:
    found = await Book.objects.order_by("id").all()
    assert found == books.books
    assert [book.model_dump(exclude={"author", "editor"}) for book in found] == BOOKS
    assert all(isinstance(book, Book) and book.author is None for book in found)
    assert found[0].model_fields_set == set(BOOKS[0])


async def test_order(books: Library) -> None:
    async def titles(*order: Any) -> list[str]:
        return await Book.objects.order_by(*order).values_list("title", flat=True)

    assert await titles("title") == sorted(book.title for book in books.books)
    assert await titles("-title") == sorted((book.title for book in books.books), reverse=True)
    by_two = sorted(books.books, key=lambda book: (book.pages, book.title))
    assert await titles("pages", "title") == [book.title for book in by_two]
    by_two = sorted(by_two, key=lambda book: book.pages, reverse=True)
    assert await titles("-pages", "title") == [book.title for book in by_two]
    by_price = sorted(books.books, key=lambda book: book.price)
    assert await titles("price") == [book.title for book in by_price]
    by_author = sorted(books.books, key=lambda b: (books.author(b.author_id).name, b.title))  # type: ignore[union-attr]
    assert await titles("author__name", "title") == [book.title for book in by_author]
    assert await titles(F("pages").desc(), F("title").asc()) == [book.title for book in by_two]
    computed = sorted(books.books, key=lambda book: (book.pages * -1, book.title))
    assert await titles(F("pages") * -1, "title") == [book.title for book in computed]


async def test_a_later_order_replaces_an_earlier_one(books: Library) -> None:
    ordered = Book.objects.order_by("-id")
    assert await ordered.order_by("id").values_list("id", flat=True) == [1, 2, 3, 4, 5, 6, 7]
    assert await ordered.values_list("id", flat=True) == [7, 6, 5, 4, 3, 2, 1]


async def test_where_nulls_go(books: Library) -> None:
    ages = lambda *order: Author.objects.order_by(*order, "id").values_list("age", flat=True)  # noqa: E731
    assert await ages(F("age").asc(nulls_first=True)) == [None, 28, 41, 41, 70]
    assert await ages(F("age").asc(nulls_last=True)) == [28, 41, 41, 70, None]
    assert await ages(F("age").desc(nulls_first=True)) == [None, 70, 41, 41, 28]
    assert await ages(F("age").desc(nulls_last=True)) == [70, 41, 41, 28, None]
    assert sorted(await ages("age"), key=lambda age: age or 0) == [None, 28, 41, 41, 70]


async def test_random_order(books: Library) -> None:
    seen = set()
    for _ in range(50):
        order = await Book.objects.order_by("?").values_list("id", flat=True)
        assert sorted(order) == [1, 2, 3, 4, 5, 6, 7]
        seen.add(tuple(order))
    assert len(seen) > 10
    assert len(await Book.objects.order_by("?")[:3].all()) == 3


async def test_pages(books: Library) -> None:
    ordered = Book.objects.order_by("id")
    ids = [1, 2, 3, 4, 5, 6, 7]

    async def got(query: Any) -> list[int]:
        return await query.values_list("id", flat=True)

    assert await got(ordered.limit(3)) == ids[:3]
    assert await got(ordered.offset(5)) == ids[5:]
    assert (
        await got(ordered.offset(2).limit(2)) == await got(ordered.limit(2).offset(2)) == ids[2:4]
    )
    assert await got(ordered.limit(0)) == []
    assert await got(ordered.limit(100)) == ids
    assert await got(ordered.offset(100)) == []
    assert await got(ordered[1:3]) == ids[1:3]
    assert await got(ordered[:2]) == ids[:2]
    assert await got(ordered[4:]) == ids[4:]
    assert await got(ordered[3:3]) == []
    assert await got(ordered[1:6][1:3]) == ids[1:6][1:3]
    assert await ordered[2:5].count() == 3
    assert await ordered[5:50].count() == 2
    assert await ordered[7:].exists() is False


async def test_bad_pages_are_refused(books: Library) -> None:
    for wrong in (-1, "1", 1.5, True):
        with pytest.raises((OxydeError, TypeError, ValueError)):
            await Book.objects.limit(wrong).all()  # type: ignore[arg-type]
        with pytest.raises((OxydeError, TypeError, ValueError)):
            await Book.objects.offset(wrong).all()  # type: ignore[arg-type]
    for part in (slice(-1, None), slice(None, -1), slice(0, 10, 2)):
        with pytest.raises((OxydeError, TypeError, ValueError)):
            await Book.objects.order_by("id")[part].all()


async def test_builders_leave_the_query_alone(books: Library) -> None:
    query = Book.objects.filter(pages__gte=100)
    narrower = query.filter(genre="novel").order_by("-id").limit(1)
    assert await query.count() == 5
    assert [book.title for book in await narrower.all()] == ["Gamma"]
    assert await query.count() == 5
    assert await Book.objects.count() == 7


async def test_distinct(books: Library) -> None:
    assert sorted(await Book.objects.distinct().values_list("pages", flat=True)) == sorted(
        {book.pages for book in books.books}
    )
    pairs = await Book.objects.order_by("genre", "pages").distinct().values_list("genre", "pages")
    assert pairs == sorted({(book.genre, book.pages) for book in books.books})
    assert await Book.objects.values_list("genre", flat=True).distinct().count() == 3
    assert len(await Book.objects.distinct().all()) == 7


async def test_values(books: Library) -> None:
    rows = await Book.objects.order_by("id").values("id", "title", "price").all()
    assert rows == [{name: book[name] for name in ("id", "title", "price")} for book in BOOKS]
    assert await Book.objects.order_by("id").values().first() == BOOKS[0]
    joined = await Book.objects.order_by("id").values(
        "title", "author__name", "editor__company__name"
    )
    assert joined[:2] == [
        {"title": "Alpha", "author__name": "Åse", "editor__company__name": "Aschehoug"},
        {"title": "Beta", "author__name": "Åse", "editor__company__name": None},
    ]


async def test_values_list(books: Library) -> None:
    assert await Author.objects.order_by("id").values_list("name", "age") == [
        (author["name"], author["age"]) for author in AUTHORS
    ]
    assert await Author.objects.order_by("id").values_list("age", flat=True).all() == [
        author["age"] for author in AUTHORS
    ]
    assert await Author.objects.order_by("id").values_list("company__name", flat=True) == [
        "Aschehoug", "Aschehoug", "Bonnier", None, "Gyldendal",
    ]  # fmt: skip
    whole = await Author.objects.order_by("id").values_list().first()
    assert whole == tuple(AUTHORS[0].values())
    with pytest.raises((FieldError, TypeError, ValueError)):
        await Author.objects.values_list("name", "age", flat=True).all()


async def test_first_and_last(books: Library) -> None:
    assert (await Book.objects.first()).id == 1  # type: ignore[union-attr]
    assert (await Book.objects.last()).id == 7  # type: ignore[union-attr]
    assert (await Book.objects.order_by("-pages").first()).title == "Zeta_1"  # type: ignore[union-attr]
    assert (await Book.objects.order_by("-pages").last()).title == "Eta"  # type: ignore[union-attr]
    assert (await Book.objects.order_by("pages", "-id").last()).title == "Zeta_1"  # type: ignore[union-attr]
    assert await Book.objects.filter(pages=-1).first() is None
    assert await Book.objects.filter(pages=-1).last() is None
    assert await Book.objects.order_by("pages").values_list("title", flat=True).first() == "Eta"
    assert await Book.objects.order_by("pages").values_list("title", "id").last() == ("Zeta_1", 6)
    assert await Book.objects.order_by("pages").values("title").last() == {"title": "Zeta_1"}


async def test_get(books: Library) -> None:
    assert await Book.objects.get(id=3) == books.books[2]
    assert await Book.objects.filter(genre="crime").get(author__name="Bo") == books.books[3]
    assert await Book.objects.get(Q(title="Eta") | Q(title="Theta")) == books.books[6]
    assert await Book.objects.values_list("title", flat=True).get(id=3) == "Gamma"
    assert await Book.objects.values("title").get(id=3) == {"title": "Gamma"}
    with pytest.raises(NotFoundError) as caught:
        await Book.objects.get(id=99)
    assert caught.value.model is Book
    assert "Book" in str(caught.value)
    with pytest.raises(MultipleObjectsReturned) as many:
        await Book.objects.get(genre="novel")
    assert many.value.model is Book
    assert await Book.objects.get_or_none(id=99) is None
    assert await Book.objects.get_or_none(id=1) == books.books[0]
    with pytest.raises(MultipleObjectsReturned):
        await Book.objects.get_or_none(genre="novel")


async def test_exists_and_count(books: Library) -> None:
    assert await Book.objects.exists() is True
    assert await Book.objects.filter(pages__gt=5000).exists() is False
    assert await Book.objects.filter(author__name="Bo").count() == 2
    assert await Book.objects.exclude(author__company__country="Norway").count() == 1
    assert (
        await Author.objects.exclude(company__country="Norway").count() == 2
    )  # Cleo, and Dag without one
    assert await Book.objects.filter(id__in=[]).count() == 0


async def test_in_bulk(books: Library) -> None:
    found = await Book.objects.in_bulk([1, 3, 99])
    assert found == {1: books.books[0], 3: books.books[2]}
    assert await Book.objects.in_bulk([]) == {}


async def test_in_with_very_long_lists(books: Library) -> None:
    for length in (1, 1000, 100_000):
        ids = list(range(2, 2 + length))
        expected = [number for number in range(1, 8) if number in ids]
        assert (
            await Book.objects.filter(id__in=ids).order_by("id").values_list("id", flat=True)
            == expected
        )
        texts = [f"no title {number}" for number in range(length)]
        found = await Book.objects.filter(title__in=[*texts, "Eta"]).values_list("title", flat=True)
        assert found == ["Eta"]


async def test_iterate_gives_every_row(books: Library) -> None:
    for chunk_size in (1, 2, 100):
        rows = [book async for book in Book.objects.order_by("id").iterate(chunk_size=chunk_size)]
        assert rows == books.books
    seen = []
    async for author in Author.objects.order_by("id").iterate():
        seen.append(author.name)
        if len(seen) == 2:
            break
    assert seen == ["Åse", "Bo"]
    assert await Author.objects.count() == 5


async def test_a_column_compared_with_another(books: Library) -> None:
    found = await Book.objects.filter(author_id=F("editor_id")).values_list("title", flat=True)
    assert found == ["100% Epsilon"]
    found = await Book.objects.filter(author__age__gt=F("editor__age")).values_list(
        "title", flat=True
    )
    assert found == ["Alpha"]
    found = (
        await Book.objects.filter(pages__gt=F("price") * 10)
        .order_by("id")
        .values_list("id", flat=True)
    )
    assert found == [book.id for book in books.books if book.pages > book.price * 10]
    assert await Book.objects.filter(F("pages") > F("id") * 100).count() == sum(
        book.pages > (book.id or 0) * 100 for book in books.books
    )


async def test_unknown_names_are_refused_with_a_hint(books: Library) -> None:
    for attempt in (
        lambda: Book.objects.filter(titel="x"),
        lambda: Book.objects.order_by("-titel"),
        lambda: Book.objects.values("titel"),
        lambda: Book.objects.values_list("author__nam"),
        lambda: Book.objects.filter(author__nam="x"),
    ):
        with pytest.raises((FieldError, OxydeError)) as caught:
            await attempt().all()
        assert "did you mean" in str(caught.value)
