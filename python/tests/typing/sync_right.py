"""Programs without `await` that type-check: no line has an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from typing_extensions import assert_type

from oxyde import F, Field, Model, Page, sync
from oxyde.db import Notification


class Author(sync.Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str
    posts: list[Post] = Field(db_reverse_fk="author")


class Post(sync.Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
    views: int = 0
    author: Author | None = None

    def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        self.title = self.title.strip()


class Shared(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str
    posts: list[Post] = Field(db_m2m=True)

    def pre_delete(self) -> None:
        print(self.name)

    async def post_delete(self) -> None:
        await super().post_delete()


@dataclass(frozen=True)
class Row:
    id: int
    title: str


def reading() -> None:
    assert_type(Post.objects, sync.QueryManager[Post])
    query = Post.objects.filter(title="a", views__gte=18).exclude(id=3).order_by("-views")
    assert_type(query, sync.Query[Post, Post])
    assert_type(query.all(using="other"), list[Post])
    assert_type(query.first(), Post | None)
    assert_type(query.get(id=1), Post)
    assert_type(query.count(), int)
    assert_type(query.exists(), bool)
    assert_type(query[10:20].last(), Post | None)
    assert_type(query.in_bulk([1, 2]), dict[int, Post])
    assert_type(query.page(size=10), Page[Post])
    assert_type(query.sum(lambda p: p.views), int | None)
    assert_type(query.into(Row).all(), list[Row])
    assert_type(query.values_list(lambda p: p.title, flat=True).all(), list[str])
    assert_type(query.values("title").first(), dict[str, Any] | None)
    assert_type(query.join("author").prefetch("author__posts").limit(3).all(), list[Post])
    assert_type(query.union(Post.objects.filter(id=1)).all(), list[Post])
    assert_type(Post.objects.raw("SELECT * FROM post").all(), list[Post])
    assert_type(sync.execute_raw("SELECT 1"), list[dict[str, Any]])
    for post in query:
        assert_type(post, Post)
    for post in query.iterate(chunk_size=100):
        assert_type(post, Post)
    with query.iterate() as rows:
        assert_type(next(rows), Post)


def writing(author: Author) -> None:
    post = Post.objects.create(title="a", author=author)
    assert_type(post, Post)
    assert_type(post.save(update_fields=["title"]), Post)
    assert_type(post.refresh(), Post)
    assert_type(post.delete(), int)
    assert_type(Post.objects.update(views=F("views") + 1), int)
    assert_type(Post.objects.update(lambda p: {p.views: 0}, returning=True), list[Post])
    assert_type(Post.objects.get_or_create(title="a"), tuple[Post, bool])
    assert_type(Post.objects.bulk_create([post]), list[Post])


def shared(one: Shared) -> None:
    assert_type(sync.objects(Shared), sync.QueryManager[Shared])
    assert_type(sync.objects(Shared).filter(name="a").all(), list[Shared])
    assert_type(sync.save(one), Shared)
    assert_type(sync.delete(one), int)
    assert_type(sync.refresh(one), Shared)
    assert_type(sync.related(one, lambda s: s.posts).all(), list[Post])
    assert_type(sync.load(one, lambda s: s.posts), list[Post])
    sync.related(one, "posts").add(1)


async def of_an_async_program() -> int:
    return await Shared.objects.count()


@sync.atomic(retries=3)
def transfer(amount: int) -> str:
    return str(amount)


@sync.atomic
def noted() -> int:
    return 1


def transactions() -> None:
    assert_type(sync.run(of_an_async_program()), int)
    assert_type(transfer(1), str)
    assert_type(noted(), int)
    with sync.db.connect("sqlite://") as database, sync.atomic(timeout=3) as block:
        assert_type(database.name, str)
        Post.objects.all(client=block)
    for attempt in sync.db.retrying():
        with attempt:
            assert_type(attempt.number, int)
    for note in sync.db.listen("news"):
        if isinstance(note, Notification):
            assert_type(note.payload, str)
