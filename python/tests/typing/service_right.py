"""Programs of a service that type-check as they are, also with ty: no line has an error."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID, uuid4

from typing_extensions import assert_type

from oxyde import (
    Count,
    F,
    Field,
    Index,
    Model,
    NotFoundError,
    Q,
    Query,
    QueryManager,
    RelatedManager,
    StaleObjectError,
    atomic,
    db,
    related,
)
from oxyde.queries import Exists, OuterRef, Prefetch, any_of, between, desc, in_, is_null, not_, the


class Kind(str, Enum):
    A = "a"
    B = "b"


class Base(Model):
    """An abstract base."""

    id: int | None = Field(default=None, db_pk=True)
    created_at: datetime | None = Field(default=None, db_default="CURRENT_TIMESTAMP")


class Author(Base):
    class Meta:
        is_table = True

    name: str = Field(max_length=50, db_unique=True)
    age: int | None = None
    posts: list[Post] = Field(db_reverse_fk="author")

    @property
    def shout(self) -> str:
        return self.name.upper()


class Tag(Base):
    class Meta:
        is_table = True

    name: str


class Post(Base):
    class Meta:
        is_table = True
        indexes = [Index("title")]

    title: str
    views: int = 0
    price: Decimal = Decimal(0)
    kind: Kind = Kind.A
    token: UUID = Field(default_factory=uuid4)
    data: dict[str, object] = Field(default_factory=dict)
    author: Author | None = Field(default=None, db_on_delete="CASCADE")
    author_id: int | None = None
    editor: Author = Field(default=..., db_on_delete="CASCADE")
    editor_id: int = Field(default=...)
    tags: list[Tag] = Field(db_m2m=True, db_through="PostTag")
    tags_set: ClassVar[RelatedManager[Tag]]
    n: ClassVar[int]


class PostTag(Model):
    class Meta:
        is_table = True

    post: Post = Field(db_pk=True)
    tag: Tag = Field(db_pk=True)


M = TypeVar("M", bound=Model)
B = TypeVar("B", bound=Base)


# -- reads
async def reads() -> None:
    assert_type(await Post.objects.all(), list[Post])
    assert_type(await Post.objects.filter(title="x"), list[Post])
    assert_type(await Post.objects.get(id=1), Post)
    assert_type(await Post.objects.get_or_none(id=1), Post | None)
    assert_type(await Post.objects.first(), Post | None)
    assert_type(await Post.objects.count(), int)
    assert_type(await Post.objects.exists(), bool)
    assert_type(await Post.objects.in_bulk([1]), dict[int, Post])  # key type
    async for post in Post.objects.iterate():
        assert_type(post, Post)
    async for post in Post.objects.filter(views=1):
        assert_type(post, Post)
    created = await Post.objects.get_or_create(title="x")
    assert_type(created, tuple[Post, bool])
    assert_type(await Post.objects.filter(id=1).update(views=F("views") + 1), int)
    assert_type(await Post.objects.filter(id=1).update(views=1, returning=True), list[Post])
    assert_type(await Post.objects.bulk_create([Post(title="x", editor_id=1)]), list[Post])
    assert_type(await Post.objects.sum(lambda p: p.views), int | None)
    assert_type(Post.objects.order_by("id")[5:10], Query[Post])


# -- rows
@dataclass
class Line:
    title: str
    author: str


async def rows() -> None:
    assert_type(await Post.objects.values_list(lambda p: p.title, flat=True), list[str])
    assert_type(
        await Post.objects.values_list(lambda p: (the(p.id), p.title)), list[tuple[int, str]]
    )
    assert_type(await Post.objects.select(lambda p: p.title), list[str])
    assert_type(await Post.objects.select(lambda p: (p.title, p.views)), list[tuple[str, int]])
    assert_type(await Post.objects.into(Line, author="author__name").first(), Line | None)
    assert_type(await Post.objects.order_by(lambda p: desc(p.views)).first(), Post | None)


# -- lambdas
async def lambdas(minimum: int | None) -> None:
    await Post.objects.filter(lambda p: p.views > 3)
    await Post.objects.filter(lambda p: (p.views > 3) & (p.title == "x"))
    await Post.objects.filter(lambda p: p.editor.name == "x")
    await Post.objects.filter(lambda p: the(p.author).name == "x")  # author is Optional
    await Post.objects.filter(lambda p: p.editor.name.startswith("x"))
    await Post.objects.filter(lambda p: not_(p.views > 3) | is_null(p.author))
    await Post.objects.filter(lambda p: in_(p.kind, [Kind.A]))
    await Post.objects.filter(lambda p: any_of(p.tags, lambda t: t.name == "x"))
    await Author.objects.filter(lambda a: the(a.age) > 3)  # age is Optional
    await Post.objects.filter(lambda p: the(p.created_at).year == 2024)  # Optional again
    await Post.objects.filter(id=1).update(lambda p: {p.views: p.views + 1})
    await Post.objects.filter(lambda p: between(p.price, 1, 2) & in_(p.token, [uuid4()]))
    await Post.objects.filter(lambda p: in_(p.author, [Author(name="x")]))
    await Post.objects.join(lambda p: p.author).prefetch(lambda p: p.tags)
    await Post.objects.group_by(lambda p: p.kind).annotate(n=Count())
    assert_type(await Post.objects.max(lambda p: p.created_at), datetime | None)
    assert_type(await Post.objects.avg(lambda p: p.views), float | None)
    assert_type(await Post.objects.avg(lambda p: p.price), Decimal | None)
    await Post.objects.annotate(lambda p: {"double": p.views * 2})


# -- foreign keys: what the model has at run time
async def foreign_keys(author: Author) -> None:
    post = Post(title="x", editor_id=1)
    post = Post(title="x", editor=author)
    post = Post(title="x", author_id=1, editor_id=1)
    post = await Post.objects.get(id=1)
    assert_type(post.editor_id, int)
    assert_type(post.author_id, int | None)
    post.author_id = author.id
    await Post.objects.filter(lambda p: p.editor_id == 3)
    await post.save(update_fields=["author"])
    await post.tags_set.add(1)
    assert_type(await post.tags_set.all(), list[Tag])
    assert_type(await related(post, lambda p: p.tags).all(), list[Tag])
    joined = await Post.objects.join("author").get(id=1)
    assert_type(joined.author, Author | None)
    assert_type([tag.name for tag in joined.tags], list[str])
    annotated = await Post.objects.annotate(n=Count("tags")).get(id=1)
    assert_type(annotated.n, int)


# -- a repository for any model
class Repo(Generic[M]):
    def __init__(self, model: type[M]) -> None:
        self.model = model

    async def get(self, id: int) -> M:
        found = await self.model.objects.get_or_none(id=id)
        if found is None:
            raise NotFoundError("no such row", model=self.model)
        return found

    async def page(self, query: Query[M], limit: int) -> tuple[list[M], int]:
        return await query.limit(limit), await query.count()

    async def add(self, instance: M) -> M:
        return await self.model.objects.create(instance=instance)

    def all(self) -> Query[M]:
        return self.model.objects.order_by("id")


async def repositories() -> None:
    repo = Repo(Post)
    assert_type(await repo.get(1), Post)
    assert_type(await repo.page(Post.objects.filter(views=1), 10), tuple[list[Post], int])


async def newest(model: type[B]) -> B | None:
    return await model.objects.order_by("-created_at").first()


async def of_base() -> None:
    assert_type(await newest(Post), Post | None)


# -- helpers on queries
def published(query: Query[Post]) -> Query[Post]:
    return query.filter(views__gt=0)


def visible(user: Author) -> Query[Post]:
    mine = Exists(Post.objects.filter(id=OuterRef("id"), author=user))
    return published(Post.objects.filter(Q(mine) | Q(kind=Kind.A)).prefetch(Prefetch("tags")))


# -- transactions
@atomic
async def bare(a: int, b: str = "") -> str:
    return b * a


@atomic()
async def called(a: int, b: str = "") -> str:
    return b * a


class Service:
    @atomic()
    async def rename(self, id: int, *, name: str) -> Author:
        author = await Author.objects.for_update().get(id=id)
        author.name = name
        return await author.save()


async def transactions() -> None:
    assert_type(await bare(1, b="x"), str)
    assert_type(await called(1), str)
    assert_type(await Service().rename(1, name="x"), Author)
    async with atomic() as block:
        await Author.objects.create(name="new", client=block)
    async with db.session(settings={"app.tenant": 7}, search_path=["a", "b"]) as block:
        await Author.objects.create(name="new", client=block)
    try:
        await (await Author.objects.get(id=1)).save()
    except StaleObjectError as error:
        assert_type(error.expected, int)
        assert_type(error.found, int | None)
        assert_type(error.rows[0].key, dict[str, Any])


# -- databases
@asynccontextmanager
async def life() -> AsyncGenerator[None]:
    async with db.connect("sqlite://") as database:
        assert_type(database.status(), dict[str, int])
        yield


class HasObjects(Protocol):
    @property
    def shout(self) -> str: ...


def takes(author: HasObjects) -> str:
    return author.shout


takes(Author(name="x"))
posts: Sequence[Post] = []
manager: QueryManager[Post] = Post.objects
