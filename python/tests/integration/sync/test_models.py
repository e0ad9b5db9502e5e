"""Models of `oxyde.sync`, and models of async programs used without `await`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oxyde import (
    AsyncDatabase,
    Count,
    F,
    Field,
    ManagerError,
    Model,
    NotFoundError,
    OxydeError,
    Prefetch,
    UniqueViolationError,
    sync,
)
from oxyde import Query as AsyncQuery


class Author(sync.Model):
    class Meta:
        is_table = True
        table_name = "sync_author"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(db_unique=True)
    books: list[Book] = Field(db_reverse_fk="author")


class Label(sync.Model):
    class Meta:
        is_table = True
        table_name = "sync_label"

    id: int | None = Field(default=None, db_pk=True)
    text: str


class Book(sync.Model):
    class Meta:
        is_table = True
        table_name = "sync_book"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    pages: int = 0
    author: Author | None = None
    labels: list[Label] = Field(db_m2m=True, db_through="BookLabel")

    def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        self.title = self.title.strip()


class BookLabel(sync.Model):
    class Meta:
        is_table = True
        table_name = "sync_book_label"
        unique_together = [("book", "label")]

    id: int | None = Field(default=None, db_pk=True)
    book: Book
    label: Label


class Account(Model):
    """A model of an async program."""

    class Meta:
        is_table = True
        table_name = "sync_account"

    id: int | None = Field(default=None, db_pk=True)
    owner: str
    saved: int = 0

    async def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        self.saved = await Account.objects.count() + 1


class Restless(Model):
    class Meta:
        is_table = True
        table_name = "sync_restless"

    id: int | None = Field(default=None, db_pk=True)
    how: str = "sleep"

    async def post_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        if self.how == "sleep":
            await asyncio.sleep(0.001)
        elif self.how == "turn":
            await asyncio.sleep(0)
        else:
            await _Forever()


class _Forever:
    def __await__(self) -> Any:
        yield self


MODELS = [Author, Label, Book, BookLabel]


@pytest.fixture
def tables(opened: AsyncDatabase) -> None:
    sync.create_tables(models=MODELS)


@pytest.fixture
def ann(tables: None) -> Author:
    return Author.objects.create(name="Ann")


def test_rows_are_written_and_read(ann: Author) -> None:
    book = Book.objects.create(title=" Sea ", author=ann, pages=7)
    assert (book.title, book.author_id) == ("Sea", ann.id)  # type: ignore[attr-defined]
    book.pages = 8
    assert book.save() is book
    assert Book.objects.get(id=book.id).pages == 8
    Book.objects.filter(id=book.id).update(pages=F("pages") + 1)
    assert book.refresh().pages == 9
    assert Book.objects.values("author__name", count=Count("id")).all() == [
        {"author__name": "Ann", "count": 1}
    ]
    assert book.delete() == 1
    assert Book.objects.first() is None
    with pytest.raises(NotFoundError):
        Book.objects.get(id=book.id)


def test_a_query_is_iterated_over(ann: Author) -> None:
    Book.objects.bulk_create([Book(title=f"{n}", author=ann) for n in range(2500)])
    query = Book.objects.order_by("id")
    assert [book.title for book in query] == [f"{n}" for n in range(2500)]
    assert len(list(Book.objects)) == 2500
    assert [book.title for book in query.iterate(chunk_size=7)][-1] == "2499"
    with query.iterate(chunk_size=10) as rows:
        assert next(rows).title == "0"
    assert isinstance(query, AsyncQuery)
    with pytest.raises(TypeError, match="no truth value"):
        bool(query)
    assert query[10:12].values_list("title", flat=True).all() == ["10", "11"]


async def test_a_query_is_not_awaited(database: AsyncDatabase) -> None:
    with pytest.raises(TypeError, match="is not awaited"):
        await Book.objects.filter(id=1)
    with pytest.raises(TypeError, match="plain `for`"):
        async for _ in Book.objects.filter(id=1):
            pass


def test_an_iteration_that_is_left_gives_its_connection_back(
    ann: Author, opened: AsyncDatabase
) -> None:
    Book.objects.bulk_create([Book(title=f"{n}", author=ann) for n in range(50)])
    for _ in range(2 * opened.settings.max_connections):
        for book in Book.objects.iterate(chunk_size=5):
            assert book.title
            break
    assert Book.objects.count() == 50


def test_relations_are_loaded_and_changed(ann: Author) -> None:
    sea, land = (Book.objects.create(title=title, author=ann) for title in ("Sea", "Land"))
    new, old = (Label.objects.create(text=text) for text in ("new", "old"))
    assert sea.labels_set.add(new, old) == 2
    assert sea.labels_set.remove(old) == 1
    assert [label.text for label in sea.labels_set.all()] == ["new"]
    assert sea.labels_set.filter(text="new").count() == 1
    land.labels_set.set([new, old])
    assert {label.text for label in sync.related(land, lambda b: b.labels)} == {"new", "old"}
    assert land.labels_set.create(text="third").text == "third"
    assert land.labels_set.clear() == 3
    loaded = Author.objects.prefetch(Prefetch("books", Book.objects.order_by("title"))).get()
    assert [book.title for book in loaded.books] == ["Land", "Sea"]
    book = Book.objects.get(title="Sea")
    assert sync.load(book, lambda b: b.author) == ann
    authors = Author.objects.all()
    sync.prefetch_related(authors, "books__labels")
    assert sum(len(book.labels) for book in authors[0].books) == 1


def test_one_row_or_a_new_one(ann: Author) -> None:
    assert Author.objects.get_or_create(name="Ann") == (ann, False)
    bob, is_new = Author.objects.get_or_create(name="Bob")
    assert is_new
    changed, is_new = Author.objects.update_or_create({"name": "Rob"}, id=bob.id)
    assert (changed.name, is_new) == ("Rob", False)
    with pytest.raises(UniqueViolationError) as caught:
        Author.objects.create(name="Ann")
    assert caught.value.model is Author
    assert caught.value.place is not None
    assert __file__ in str(caught.value.place)


def test_raw_sql(ann: Author) -> None:
    assert sync.execute_raw("SELECT name FROM sync_author") == [{"name": "Ann"}]
    query = Author.objects.raw("SELECT id, name FROM sync_author")
    assert query.all() == [ann] == list(query)


def test_models_of_an_async_program(opened: AsyncDatabase) -> None:
    sync.create_tables(models=[Account])
    accounts = sync.objects(Account)
    one = accounts.create(owner="Ann")
    assert accounts is sync.objects(Account)
    one.owner = "Bob"
    assert sync.save(one, update_fields=["owner"]) is one
    assert one.saved == 2
    assert sync.refresh(one).owner == "Bob"
    assert sync.delete(one) == 1
    assert not accounts.exists()


def test_functions_of_an_async_program(opened: AsyncDatabase) -> None:
    async def open_account(owner: str) -> int:
        await Account.objects.create(owner=owner)
        return await Account.objects.count()

    sync.create_tables(models=[Account])
    assert sync.run(open_account("Ann")) == 1
    # And those that do it in the other direction.
    assert sync.run(_nested()) == 1


async def _nested() -> int:
    return sync.objects(Account).count()


def test_async_hooks_await_only_oxyde(opened: AsyncDatabase) -> None:
    sync.create_tables(models=[Restless])
    rows = sync.objects(Restless)
    rows.create(how="turn")
    with pytest.raises(ManagerError, match=r"Restless.post_save\(\) needs an event loop"):
        rows.create(how="sleep")
    with pytest.raises(OxydeError, match="which only an event loop can complete"):
        rows.create(how="forever")


async def test_a_call_in_a_running_loop_is_refused_by_name(database: AsyncDatabase) -> None:
    await sync_tables()
    with pytest.raises(
        Exception, match=r"count\(\) of oxyde.sync was called in a thread"
    ) as caught:
        Author.objects.count()
    assert "asyncio.to_thread" in str(caught.value)
    with pytest.raises(OxydeError, match=r"atomic\(\) of oxyde.sync"), sync.atomic():
        pass
    with pytest.raises(OxydeError, match=r"iterate\(\) of oxyde.sync"):
        next(Author.objects.iterate())
    assert await asyncio.to_thread(Author.objects.count) == 0


async def sync_tables() -> None:
    await asyncio.to_thread(sync.create_tables, models=MODELS)


async def test_a_notebook_may_block_its_loop(database: AsyncDatabase) -> None:
    sync.block_running_loops()
    try:
        sync.create_tables(models=MODELS)
        with sync.atomic():
            Author.objects.create(name="Ann")
            with sync.atomic():
                Author.objects.create(name="Bob")
        assert Author.objects.count() == 2
    finally:
        sync.block_running_loops(False)


def test_hints_are_about_calls_without_await(tables: None) -> None:
    with pytest.raises(OxydeError, match="a lock outside") as caught:
        Author.objects.for_update().all()
    assert "hint: with atomic()" in str(caught.value)
