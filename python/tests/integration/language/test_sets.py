"""UNION, INTERSECT and EXCEPT, DISTINCT ON, and partial loads."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address
from statistics import fmean
from typing import Any

import pytest
from support.library import Author, Book, Company, Library

from oxyde import Count, F, Field, Max, Min, Model, Q, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError, UnsupportedFeatureError
from oxyde.queries import Cast, StringAgg


async def test_unions(books: Library) -> None:
    novels, long = Book.objects.filter(genre="novel"), Book.objects.filter(pages__gte=300)
    both = await novels.union(long).order_by("id").all()
    assert both == [b for b in books.books if b.genre == "novel" or b.pages >= 300]
    ids = await novels.union_all(long).order_by("id").all()
    assert [book.id for book in ids] == [1, 1, 3, 3, 4, 6, 7]
    assert await novels.union(long).count() == 5
    page = await novels.union(long).order_by("-id").limit(2).offset(1).all()
    assert [book.id for book in page] == [6, 4]
    last = await novels.union(long).last()
    assert last is not None
    assert last.id == 7
    three = novels.union(long, Book.objects.filter(genre="poems"))
    assert await three.count() == 7
    assert await novels.union(long).exists()
    assert (await novels.union(long).order_by("-pages").first()).id == 6  # type: ignore[union-attr]


async def test_intersections_and_differences(books: Library) -> None:
    novels, long = Book.objects.filter(genre="novel"), Book.objects.filter(pages__gte=300)
    assert [b.id for b in await novels.intersect(long).order_by("id").all()] == [1, 3]
    assert [b.id for b in await novels.except_(long).order_by("id").all()] == [7]
    mixed = novels.union(Book.objects.filter(genre="poems")).except_(long)
    assert [b.id for b in await mixed.order_by("id").all()] == [2, 5, 7]
    # Left to right, whatever binds tighter in SQL.
    mixed = novels.union(Book.objects.filter(id=4)).intersect(long)
    assert [b.id for b in await mixed.order_by("id").all()] == [1, 3, 4]


async def test_combined_rows_as_keys(books: Library) -> None:
    both = Book.objects.filter(genre="poems").union(Book.objects.filter(pages__gte=300))
    rows = [b for b in books.books if b.genre == "poems" or b.pages >= 300]
    again = Book.objects.filter(id__in=both)
    assert await again.order_by("id").all() == rows
    assert await again.filter(pages__lt=300).count() == sum(b.pages < 300 for b in rows)
    assert await Book.objects.exclude(id__in=both).count() == len(books.books) - len(rows)
    assert await Author.objects.filter(books__in=both).count() == len({b.author_id for b in rows})


async def test_unions_of_values_of_different_models(books: Library) -> None:
    names = Company.objects.values_list("name").union(Author.objects.values_list("name"))
    assert sorted(await names.all()) == sorted(
        (each.name,) for each in [*books.companies, *books.authors]
    )
    for wrong in (
        lambda: Company.objects.union(Author.objects.all_rows()),
        lambda: Company.objects.values("name").union(Author.objects.values("id", "name")),
    ):
        with pytest.raises((FieldError, OxydeError)):
            await wrong().all()


async def test_distinct_on(books: Library, flavour: str) -> None:
    query = Book.objects.order_by("author_id", "-pages").distinct(on="author_id")
    if flavour == "postgres":
        assert [book.id for book in await query.all()] == [3, 4, 6, 7]
        return
    with pytest.raises(UnsupportedFeatureError) as caught:
        await query.all()
    assert flavour in str(caught.value).lower()


async def test_only_and_defer(books: Library) -> None:
    book = await Book.objects.only("title", "pages").get(id=1)
    assert (book.id, book.title, book.pages) == (1, "Alpha", 300)
    for name in ("price", "genre", "author_id"):
        with pytest.raises((AttributeError, OxydeError)) as caught:
            getattr(book, name)
        assert name in str(caught.value)
    book.pages = 301
    await book.save()
    expected = books.books[0].model_copy(update={"pages": 301})
    assert await Book.objects.get(id=1) == expected
    with pytest.raises(FieldError, match=r"Book\.price was not loaded"):
        await book.save(update_fields=["price"])
    light = await Book.objects.defer("price", "sold_at").get(id=1)
    assert light.genre == "novel"
    with pytest.raises((AttributeError, OxydeError)):
        _ = light.price
    await light.refresh()
    assert light.price == expected.price
    with pytest.raises(FieldError):
        Book.objects.only("titel")


async def test_group_by_an_annotation(books: Library) -> None:
    from oxyde import Count
    from oxyde.queries.expressions.functions import Extract

    rows = await (
        Book.objects.filter(published__isnull=False)
        .annotate(year=Extract("published", "year"))
        .group_by("year")
        .annotate(books=Count("id"))
        .order_by("year")
        .values_list("year", "books")
    )
    assert rows == [(2001, 1), (2003, 1), (2010, 1), (2020, 1), (2024, 2)]


async def test_filter_on_a_computed_column(books: Library) -> None:
    query = Book.objects.annotate(per_page=F("price") / F("pages")).filter(
        per_page__gt=F("price") / 250
    )
    expected = [b.id for b in books.books if b.price / b.pages > b.price / 250]
    assert await query.order_by("id").values_list("id", flat=True) == expected


async def test_aggregates_over_distinct_sliced_and_combined_rows(
    books: Library, flavour: str
) -> None:
    every, short = Book.objects, Book.objects.filter(pages__lt=300)
    both = every.filter(id__lt=3).union(every.filter(id__in=[2, 4]))
    pages = [b.pages for b in books.books if b.id in (1, 2, 4)]
    assert await both.count() == 3
    assert await both.sum("pages") == sum(pages)
    assert await both.avg("pages") == pytest.approx(sum(pages) / 3)
    assert await both.max("pages") == max(pages)
    assert await both.min("author_id") == min(
        b.author_id or 0 for b in books.books if b.id in (1, 2, 4)
    )
    assert await both.order_by("-id").limit(2).min("id") == 2
    assert await both.aggregate(n=Count("*"), genres=Count("genre", distinct=True)) == {
        "n": 3,
        "genres": len({b.genre for b in books.books if b.id in (1, 2, 4)}),
    }
    twice = every.values("pages").union_all(every.values("pages"))
    assert await twice.sum("pages") == 2 * sum(b.pages for b in books.books)
    assert await every.except_(short).sum("pages") == sum(
        b.pages for b in books.books if b.pages >= 300
    )
    assert await every.intersect(short).count() == sum(b.pages < 300 for b in books.books)
    assert await every.except_(every.all_rows()).sum("pages") is None
    assert not await every.except_(every.all_rows()).exists()
    distinct = every.values("genre").distinct()
    assert await distinct.count() == len({b.genre for b in books.books})
    flat = every.values_list("pages", flat=True).distinct()
    assert await flat.sum("pages") == sum({b.pages for b in books.books})
    assert (
        await flat.order_by("-pages").limit(2).min("pages")
        == sorted({b.pages for b in books.books})[-2]
    )
    grouped = every.values("genre").annotate(n=Count("id"))
    counts = sorted(Counter(b.genre for b in books.books).values())
    assert await grouped.count() == len(counts)
    assert await grouped.max("n") == counts[-1]
    assert await grouped.order_by("n").limit(2).sum("n") == sum(counts[:2])
    if flavour == "postgres":
        longest = every.order_by("author_id", "-pages").distinct(on="author_id")
        assert await longest.count() == 4
        assert await longest.sum("id") == 3 + 4 + 6 + 7
    with pytest.raises(FieldError, match="have no `title`"):
        await distinct.max("title")
    with pytest.raises(FieldError, match=r"`Book` have no `pages`\nhint: .*title"):
        await every.only("title").union(every.only("title")).max("pages")


async def test_expressions_and_conditions_over_combined_rows(books: Library) -> None:
    every = Book.objects
    both = every.filter(id__lt=3).union_all(every.filter(id__in=[2, 4]))
    rows = [b for i in (1, 2, 2, 4) for b in books.books if b.id == i]
    ages = {author.id: author.age for author in books.authors}
    assert await both.sum(F("pages") * 2 + F("id")) == sum(b.pages * 2 + b.id for b in rows)
    assert await both.max("author__id") == max(b.author_id for b in rows)
    found = await both.aggregate(
        long=Count("*", filter=Q(pages__gte=300)),
        pages=Sum("pages", filter=Q(title__startswith="B") | Q(id=4)),
        none=Sum("pages", filter=Q(id=0)),
        old=Count("id", filter=Q(author__age__gt=50)),
        mean=Sum("pages") / Cast(Count("*"), float),
        titles=StringAgg("title", "; ", filter=Q(id=4)),
        age=Max("author__age"),
        edited=Count("id", filter=Q(author__edited__isnull=False)),
    )
    edits = {b.editor_id for b in books.books}
    assert found == {
        "long": sum(b.pages >= 300 for b in rows),
        "pages": sum(b.pages for b in rows if b.title[0] == "B" or b.id == 4),
        "none": None,
        "old": sum((ages[b.author_id] or 0) > 50 for b in rows),
        "mean": pytest.approx(sum(b.pages for b in rows) / 4),
        "titles": next(b.title for b in rows if b.id == 4),
        "age": max(ages[b.author_id] or 0 for b in rows),
        "edited": sum(b.author_id in edits for b in rows),
    }
    # Other names for the same: no plan is mixed up with another.
    assert await both.aggregate(a=Min("pages")) == {"a": min(b.pages for b in rows)}
    assert await both.aggregate(b=Min("pages")) == {"b": min(b.pages for b in rows)}


async def test_expressions_and_conditions_over_slices_groups_and_values(books: Library) -> None:
    every = Book.objects
    first = sorted(books.books, key=lambda b: b.title)[1:4]
    page = every.order_by("title")[1:4]
    assert await page.aggregate(
        n=Count("*", filter=Q(pages__lt=300)), double=Sum(F("pages") * 2), titles=StringAgg("title")
    ) == {
        "n": sum(b.pages < 300 for b in first),
        "double": sum(b.pages * 2 for b in first),
        "titles": ",".join(b.title for b in first),
    }
    computed = every.annotate(per=F("pages") * 2).order_by("-per", "id")[:3]
    longest = sorted(b.pages * 2 for b in books.books)[-3:]
    assert await computed.aggregate(n=Count("*"), per=Sum("per", filter=Q(per__gt=longest[0]))) == {
        "n": 3,
        "per": sum(longest[1:]),
    }
    counts = Counter(b.genre for b in books.books)
    grouped = every.values("genre").annotate(n=Count("id"))
    assert await grouped.aggregate(
        most=Max("n"), many=Count("genre", filter=Q(n__gt=1)), twice=Sum(F("n") * 2)
    ) == {
        "most": max(counts.values()),
        "many": sum(n > 1 for n in counts.values()),
        "twice": 2 * len(books.books),
    }
    names = {author.id: author.name for author in books.authors}
    paths = every.values("author__name", "genre").distinct()
    pairs = {(names[b.author_id], b.genre) for b in books.books}
    assert await paths.aggregate(
        n=Count("*"),
        novels=Count("author__name", filter=Q(genre="novel", author__name__gt="B")),
        last=Max("author__name"),
    ) == {
        "n": len(pairs),
        "novels": sum(genre == "novel" and name > "B" for name, genre in pairs),
        "last": max(name for name, _ in pairs),
    }
    with pytest.raises(FieldError, match="have no `pages`"):
        await paths.sum("pages")
    with pytest.raises(FieldError, match="have no `author__age`"):
        await paths.aggregate(n=Count("*", filter=Q(author__age=1)))
    mixed = Company.objects.values_list("name").union(Author.objects.values_list("name"))
    with pytest.raises(FieldError, match=r"have no `country`\nhint: .*name"):
        await mixed.aggregate(n=Count("*", filter=Q(country="Norway")))


async def test_aggregates_over_a_relation_to_many_rows(books: Library) -> None:
    authors = Author.objects
    assert await authors.aggregate(
        books=Count("books"), pages=Sum("books__pages"), most=Max("books__pages")
    ) == {
        "books": len(books.books),
        "pages": sum(b.pages for b in books.books),
        "most": max(b.pages for b in books.books),
    }
    young = {a.id for a in books.authors if (a.age or 0) < 50}
    assert await authors.exclude(age__gte=50).aggregate(books=Count("books")) == {
        "books": sum(b.author_id in young for b in books.books)
    }
    assert await authors.filter(id=0).aggregate(n=Count("books")) == {"n": 0}
    each = authors.annotate(n=Count("books"))
    counts = Counter(b.author_id for b in books.books)
    assert await each.sum("n") == len(books.books)
    assert await each.max("n") == max(counts.values())
    assert await each.filter(n__gt=1).order_by("id")[:1].sum("n") == counts[1]
    by_company = each.group_by("company_id").annotate(total=Sum("n"), most=Max("n"))
    assert await by_company.filter(n__gt=0).order_by("company_id").count() > 0
    assert await authors.avg("books__pages") == pytest.approx(fmean(b.pages for b in books.books))


class Host(Model):
    class Meta:
        is_table = True
        table_name = "sets_host"

    id: int | None = Field(default=None, db_pk=True)
    ip: IPv4Address
    twin: Host | None = None


async def test_combined_rows_in_the_order_of_addresses(
    database: AsyncDatabase, flavour: str
) -> None:
    """By their bits, or refused: never by their text."""
    await db.create_tables(models=[Host])
    ips = ["9.0.0.1", "10.0.0.1", "200.1.1.1", "127.0.0.1", "2.0.0.9"]
    hosts = await Host.objects.bulk_create([{"ip": ip} for ip in ips])
    await Host.objects.update(twin=F("id"))
    right = [str(host.ip) for host in sorted(hosts, key=lambda host: host.ip)]
    every, rest = Host.objects, Host.objects.filter(id__gt=1)
    assert [str(host.ip) for host in await every.order_by("ip")] == right
    for one, other, term in (
        (every.filter(id=1), rest, "ip"),
        (every.filter(id=1).values("ip"), rest.values("ip"), "ip"),
        (every.filter(id=1).values("twin__ip"), rest.values("twin__ip"), "twin__ip"),
    ):
        combined = one.union(other).order_by(term)
        if flavour in ("mysql", "mariadb"):
            with pytest.raises(UnsupportedFeatureError, match=r"`Host`.*an IP address"):
                await combined.all()
            continue
        rows: list[Any] = await combined.all()
        found = [row.ip if isinstance(row, Host) else row[term] for row in rows]
        assert [str(ip) for ip in found] == right
