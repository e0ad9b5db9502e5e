"""Pages: what they hold, what cursors refuse, and what cannot be paged."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples

from oxyde import (
    CTE,
    Case,
    F,
    Field,
    Index,
    Model,
    NumberedPage,
    Page,
    Query,
    RawSQL,
    RowNumber,
    When,
    Window,
    db,
    execute_raw,
)
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldLookupValueError, OxydeError


class Author(Model):
    class Meta:
        is_table = True
        table_name = "page_author"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    posts: list[Post] = Field(db_reverse_fk="author")


class Post(Model):
    class Meta:
        is_table = True
        table_name = "page_post"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    author: Author = Field(db_on_delete="CASCADE")
    stars: int | None = None
    price: Decimal = Field(default=Decimal(1), max_digits=8, decimal_places=2)
    posted: dt.datetime = dt.datetime(2024, 1, 1)
    tags: dict[str, Any] = Field(default_factory=dict)


class PostView(Model):
    class Meta:
        is_table = True
        table_name = "page_post"
        shares_table = True
        managed = False
        read_only = True

    title: str
    stars: int | None = None


@dataclasses.dataclass
class Line:
    title: str
    author_name: str


@pytest.fixture
async def posts(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Author, Post])
    for name in ("Ann", "Bob"):
        await Author.objects.create(name=name)
    await Post.objects.bulk_create(
        [
            {"title": f"p{n}", "author_id": 1 + n % 2, "stars": None if n % 3 else n % 2}
            for n in range(10)
        ]
    )
    return database


async def test_pages_forwards_and_back(posts: AsyncDatabase) -> None:
    query = Post.objects.order_by("-title")
    first = await query.page(size=4)
    assert isinstance(first, Page)
    assert [post.title for post in first.items] == ["p9", "p8", "p7", "p6"]
    assert (first.previous_cursor, first.has_previous, first.has_next) == (None, False, True)
    second = await query.page(size=4, cursor=first.next_cursor)
    third = await query.page(size=4, cursor=second.next_cursor)
    assert [post.title for post in third.items] == ["p1", "p0"]
    assert (third.next_cursor, third.has_next, third.has_previous) == (None, False, True)
    assert (await query.page(size=4, cursor=third.previous_cursor)).items == second.items
    back = await query.page(size=4, cursor=second.previous_cursor)
    assert back.items == first.items
    assert (back.has_previous, back.has_next) == (False, True)
    assert (await query.page(size=4, cursor=back.next_cursor)).items == second.items


async def test_the_page_of_a_place_whose_rows_are_gone(posts: AsyncDatabase) -> None:
    query = Post.objects.order_by("id")
    first = await query.page(size=4)
    await Post.objects.filter(id__gt=4).delete()
    empty = await query.page(size=4, cursor=first.next_cursor)
    assert (empty.items, empty.has_next, empty.has_previous) == ([], False, True)
    back = await query.page(size=4, cursor=empty.previous_cursor)
    assert back.items == first.items
    second = await query.page(size=2)
    last = await query.page(size=2, cursor=second.next_cursor)
    await Post.objects.filter(id__lt=3).delete()
    before = await query.page(size=2, cursor=last.previous_cursor)
    assert (before.items, before.has_previous, before.has_next) == ([], False, True)
    assert (await query.page(size=2, cursor=before.next_cursor)).items == last.items


async def test_after_is_a_builder(posts: AsyncDatabase) -> None:
    query = Post.objects.order_by("stars", "id")
    whole = await query
    page = await query.page(size=3)
    assert page.next_cursor is not None
    rest = query.after(page.next_cursor)
    assert await rest.all() == whole[3:]
    assert await rest.count() == 7
    assert await rest.filter(author__name="Ann").all() == [
        post for post in whole[3:] if post.author_id == 1
    ]
    assert await rest.first() == whole[3]
    assert await rest.last() == whole[-1]
    assert (await rest.page(size=2)).items == whole[3:5]
    for change in (
        lambda: rest.order_by("title"),
        lambda: rest.distinct(),
        lambda: rest.group_by("stars"),
    ):
        with pytest.raises(OxydeError, match="would change the order that after"):
            change()
    second = await query.page(size=3, cursor=page.next_cursor)
    assert second.previous_cursor is not None
    with pytest.raises(FieldLookupValueError, match=r"(?s)before a place.*page\(cursor"):
        query.after(second.previous_cursor)


async def test_what_rows_become_and_load(posts: AsyncDatabase) -> None:
    query = Post.objects.order_by("author__name", "-title")
    page = await query.join("author").prefetch("author__posts").page(size=2)
    assert [post.author.name for post in page.items] == ["Ann", "Ann"]
    assert len(page.items[0].author.posts) == 5
    assert not [name for name in page.items[0].__dict__ if name.startswith("oxyde")]
    dicts = await query.values("title").page(size=1, cursor=page.next_cursor)
    assert dicts.items == [{"title": "p4"}]
    named = await query.values_list("title", named=True).page(size=1)
    assert named.items[0].title == "p8"
    lines = await query.into(Line, author_name="author__name").page(size=1)
    assert lines.items == [Line("p8", "Ann")]
    assert (await query.only("title").page(size=1)).items[0].title == "p8"
    async with db.atomic():
        locked = await Post.objects.order_by("id").for_update().page(size=2)
    assert [post.id for post in locked.items] == [1, 2]


async def test_numbered_pages(posts: AsyncDatabase) -> None:
    query = Post.objects.order_by("stars")
    whole = await Post.objects.order_by("stars", "id")
    second = await query.numbered_page(2, size=4)
    assert isinstance(second, NumberedPage)
    assert second.items == whole[4:8]
    assert (second.number, second.size, second.total, second.pages, second.has_next) == (
        (2, 4, 10, 3, True)
    )
    last = await query.numbered_page(3, size=4)
    assert (last.items, last.total, last.has_next) == (whole[8:], 10, False)
    behind = await query.numbered_page(9, size=4)
    assert (behind.items, behind.total, behind.pages, behind.has_next) == ([], 10, 3, False)
    none = await query.filter(title="").numbered_page(1, size=4)
    assert (none.items, none.total, none.pages, none.has_next) == ([], 0, 0, False)
    titles = Post.objects.filter(id__lte=2).values_list("title", flat=True)
    both = titles.union(Post.objects.filter(id=3).values_list("title", flat=True))
    assert (await both.order_by("title").numbered_page(1, size=2)).items == ["p0", "p1"]
    assert (await Post.objects.order_by("?").numbered_page(1, size=3)).total == 10


def _query() -> Query[Post, Post]:
    return Post.objects.order_by("stars", "price", "posted")


_JUNK = st.text(max_size=40) | st.binary(max_size=40).map(
    lambda made: base64.urlsafe_b64encode(made).decode()
)


@examples(150)
@given(data=st.data(), junk=_JUNK)
async def test_hostile_cursors_are_refused(
    posts: AsyncDatabase, data: st.DataObject, junk: str
) -> None:
    cursor = (await _query().page(size=4)).next_cursor
    assert cursor is not None
    at = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from("Az0-_=+/\0é "))
    for hostile in (junk, cursor[:at], cursor[:at] + letter + cursor[at + 1 :], cursor + letter):
        try:
            page = await _query().page(size=4, cursor=hostile)
        except FieldLookupValueError as error:
            assert error.hint == "begin at the first page: leave the cursor out"
        else:
            # Another place of the same order: it is a value of the user's.
            assert len(page.items) <= 4


def _changed(cursor: str, change: Callable[[list[Any]], object]) -> str:
    packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    message = msgpack.unpackb(packed)
    change(message)
    return base64.urlsafe_b64encode(msgpack.packb(message)).rstrip(b"=").decode()


async def test_values_of_other_types_are_refused(posts: AsyncDatabase) -> None:
    cursor = (await _query().page(size=4)).next_cursor
    assert cursor is not None
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    wrong: list[tuple[int, Any]] = [
        (0, "1"),
        (0, 2**63),
        (0, True),
        (0, 1.0),
        (0, deep),
        (0, {"a": 1}),
        (1, 1),
        (1, "x"),
        (1, "1e999999"),
        (1, "1" * 5000 + "e200000"),
        (2, "2024"),
        (2, "2024-01-01T00:00:00+00:00"),
        (2, b"2024-01-01"),
        (2, 5),
        (3, "1"),
    ]
    for at, value in wrong:
        hostile = _changed(cursor, lambda message: message[3].__setitem__(at, value))  # noqa: B023
        with pytest.raises(FieldLookupValueError, match="the cursor does not fit this query of"):
            await _query().page(size=4, cursor=hostile)
    for change in (
        lambda message: message.__setitem__(0, 2),
        lambda message: message.__setitem__(1, 9),
        lambda message: message.__setitem__(1, True),
        lambda message: message.__setitem__(2, None),
        lambda message: message[3].pop(),
        lambda message: message.append(1),
        lambda message: message.__setitem__(3, "abcd"),
    ):
        with pytest.raises(FieldLookupValueError, match="the cursor does not fit this query of"):
            await _query().page(size=4, cursor=_changed(cursor, change))


async def test_cursors_of_others_are_refused(posts: AsyncDatabase) -> None:
    cursor = (await Post.objects.order_by("title").page(size=2)).next_cursor
    others: list[Query[Any, Any]] = [
        Post.objects.order_by("-title"),
        Post.objects.order_by("title", "stars"),
        Post.objects.order_by(F("title").asc(nulls_last=True)),
        Post.objects.order_by("author__name"),
        Author.objects.order_by("name"),
    ]
    for other in others:
        with pytest.raises(FieldLookupValueError, match="another model or another order_by"):
            await other.page(size=2, cursor=cursor)
    with pytest.raises(FieldLookupValueError, match="a cursor is a string, not int"):
        await Post.objects.page(size=2, cursor=5)  # type: ignore[arg-type]
    # A filter may change during a walk.
    page = await Post.objects.order_by("title").filter(stars=0).page(size=5, cursor=cursor)
    assert {post.title for post in page.items} == {"p6"}


async def test_cursors_are_the_same_in_all_processes(posts: AsyncDatabase) -> None:
    """Workers of one application read each other's cursors."""
    first = Case(When(title__in={"p1", "p2", "p3"}, then=1), default=2)
    orders: dict[str, Query[Post, Post]] = {
        "lAEAxAjtqJerb-k-4JOicDmjQm9iCg": Post.objects.order_by("-title", "author__name"),
        "lAEAxAia50ULMEOZdpIUCg": Post.objects.order_by((F("id") * 2).desc(nulls_last=True)),
        "lAEAxAg4IHQYyyjzj5IBAg": Post.objects.order_by(first),
    }
    for known, query in orders.items():
        assert (await query.page(size=1)).next_cursor == known


async def test_what_cannot_be_paged_is_named(posts: AsyncDatabase) -> None:
    ranked = Post.objects.annotate(place=Window(RowNumber(), order_by="title"))
    tree = CTE("tree", Post.objects.values("id"))
    refused: list[tuple[Query[Any, Any], str]] = [
        (Post.objects.order_by("?"), "random order"),
        (Post.objects.order_by("tags"), "`tags`: its type is json"),
        (Post.objects.order_by("tags__color"), "`tags__color`: its type is json"),
        (Post.objects.order_by(RawSQL("1 + id")), "its type is not known"),
        (ranked.order_by("place"), "`place`: a window function"),
        (Post.objects.distinct("title").order_by("title"), r"distinct\(on="),
        (Post.objects.join_cte(tree, id="id"), r"join_cte\(\)"),
        (Post.objects.skip_invalid(), r"skip_invalid\(\)"),
        (PostView.objects.order_by("title"), "`PostView` has no key"),
        (
            Post.objects.values_list("title").union(Post.objects.values_list("title")),
            "combined query",
        ),
    ]
    for query, why in refused:
        with pytest.raises(FieldError, match=why):
            await query.page(size=2)
    for size in (0, -1, True, "5", 2.0, None):
        with pytest.raises(OxydeError, match="size is a whole number from 1 up"):
            await Post.objects.page(size=size)  # type: ignore[arg-type]
        with pytest.raises(OxydeError, match="number is a whole number from 1 up"):
            await Post.objects.numbered_page(size, size=5)  # type: ignore[arg-type]
    with pytest.raises(OxydeError, match=r"page\(\) of a slice"):
        await Post.objects.limit(5).page(size=2)
    with pytest.raises(OxydeError, match="offset"):
        await Post.objects.numbered_page(2**62, size=5)


async def _rows_read() -> int:
    counts = await execute_raw("SHOW SESSION STATUS LIKE 'Handler_read%'")
    return sum(int(each["Value"]) for each in counts)


@pytest.mark.parametrize("order", [("kind",), ("-kind",), ("-kind", "id")])
async def test_a_place_is_found_in_an_index(
    database: AsyncDatabase, flavour: str, order: tuple[str, ...]
) -> None:
    class Event(Model):
        class Meta:
            is_table = True
            table_name = "page_event"
            indexes = (Index("kind", "id"), Index("-kind", "id", name="page_event_down"))

        id: int | None = Field(default=None, db_pk=True)
        kind: int

    await db.create_tables(models=[Event])
    await Event.objects.bulk_create([{"kind": n % 3} for n in range(9000)])
    mysql = flavour in ("mysql", "mariadb")
    await execute_raw("ANALYZE TABLE page_event" if mysql else "ANALYZE page_event")
    query = Event.objects.order_by(*order)
    # Deep within the rows of the second kind.
    first = await query.filter(kind=1).page(size=2500)
    assert first.next_cursor is not None
    async with db.atomic():
        before = await _rows_read() if mysql else 0
        page = await query.page(size=5, cursor=first.next_cursor)
        read = await _rows_read() - before if mysql else 0
    assert [event.kind for event in page.items] == [1] * 5
    plan = await query.after(first.next_cursor).limit(6).explain()
    if mysql:
        # The other reads are those of the counters themselves.
        assert read < 1000, plan
        return
    assert "INDEX" in plan.upper(), plan
    assert "SORT" not in plan.upper().replace("B-TREE FOR LAST TERM", ""), plan
    if len(order) == 1:
        compared = {"postgres": "Index Cond: (ROW(", "sqlite": "page_event_kind_id_idx (kind"}[
            flavour
        ]
        assert compared in plan, plan
