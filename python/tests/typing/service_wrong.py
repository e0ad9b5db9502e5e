"""Programs of a service that must not type-check: each marked line has an error, no other has."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from oxyde import Count, F, Field, Model, Q, Query, RelatedManager, atomic, db
from oxyde.queries import Prefetch, any_of, between, desc, in_, the


class Kind(str, Enum):
    A = "a"
    B = "b"


class Base(Model):
    """An abstract base."""

    id: int | None = Field(default=None, db_pk=True)


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

    title: str
    views: int = 0
    kind: Kind = Kind.A
    author: Author | None = Field(default=None, db_on_delete="CASCADE")
    author_id: int | None = None
    editor: Author = Field(default=..., db_on_delete="CASCADE")
    editor_id: int = Field(default=...)
    tags: list[Tag] = Field(db_m2m=True)
    tags_set: ClassVar[RelatedManager[Tag]]


def build(author: Author) -> None:
    Post(titel="x", editor_id=1)  # error
    Post(title=3, editor_id=1)  # error
    Post(title="x", editor=3)  # error
    Post(title="x", editor_id="a")  # error
    Post(editor_id=1)  # error
    Post(title="x", editor_id=1, tags=[])  # error
    Post(title=None, editor_id=1)  # error
    Author(name="x", posts=[1])  # error
    Post(title="x", editor_id=1, kind="c")  # error


def attributes(post: Post, author: Author) -> None:
    print(post.titel)  # error
    post.views = "3"  # error
    post.title = None  # error
    print(post.author.name)  # error
    post.editor = None  # error
    post.editor_id = "x"  # error
    print(post.tags[0].nmae)  # error
    print(post.tag_set)  # error
    print(author.age + 1)  # error


async def results() -> None:
    title: str = await Post.objects.first()  # error
    posts: list[Tag] = await Post.objects.filter(title="x")  # error
    post = await Post.objects.get_or_none(id=1)
    print(post.title)  # error
    for _ in Post.objects.filter(id=1):  # error
        pass
    count: str = await Post.objects.count()  # error
    pair: Post = await Post.objects.get_or_create(title="x")  # error
    print((await Post.objects.all()).title)  # error
    print(Post.objects.filter(id=1).title)  # error
    number: int = await Post.objects.filter(id=1).update(views=1, returning=True)  # error
    rows: dict[str, Post] = await Post.objects.in_bulk([1])  # error
    print(title, posts, count, pair, number, rows)


async def missing_await(post: Post) -> None:
    post.save()  # error
    Post.objects.create(title="x")  # error
    print(Post.objects.get(id=1).title)  # error
    found: Post = Post.objects.get(id=1)  # error
    if await Post.objects.count() > "3":  # error
        print(found)
    Post.objects.filter(id=1).delete()  # error


async def lambdas(minimum: int | None) -> None:
    Post.objects.filter(lambda p: p.titel == "x")  # error
    Post.objects.filter(lambda p: p.views > "3")  # error
    Post.objects.filter(lambda p: p.title == 3)  # error
    Post.objects.filter(lambda p: p.editor.nmae == "x")  # error
    Post.objects.filter(lambda p: p.title.startwith("x"))  # error
    Post.objects.filter(lambda p: in_(p.views, ["a"]))  # error
    Post.objects.filter(lambda p: any_of(p.tags, lambda t: t.nam == "x"))  # error
    Post.objects.filter(lambda p: any_of(p.title, lambda t: t == "x"))  # error
    Post.objects.filter(lambda p: p.views > None)  # error
    Post.objects.filter(lambda p: p.title)  # error
    Post.objects.order_by(lambda p: p.titel)  # error
    Post.objects.filter(lambda p: p.views > 3 and p.title == 4)  # error
    Post.objects.filter(lambda p: between(p.views, "a", "b"))  # error
    await Post.objects.update(lambda p: {p.veiws: 1})  # error
    names: list[int] = await Post.objects.select(lambda p: p.title)  # error
    Post.objects.filter(lambda p: p.views > minimum)  # error
    Post.objects.filter(lambda p: p.kind == 3)  # error
    Post.objects.join(lambda p: p.autor)  # error
    Post.objects.prefetch(lambda p: p.tag)  # error
    await Post.objects.sum(lambda p: p.vews)  # error
    Post.objects.filter(lambda p: the(p.author).nmae == "x")  # error
    Post.objects.order_by(lambda p: desc(p.vews))  # error
    print(names)


def arguments() -> None:
    Post.objects.limit("3")  # error
    Post.objects.filter(id=1)["a"]  # error
    Post.objects.filter("title")  # error
    Post.objects.order_by(3)  # error
    Post.objects.join(3)  # error
    Post.objects.into("Row")  # error
    Post.objects.for_update(nowat=True)  # error
    Post.objects.annotate(n=3)  # error
    Post.objects.values(3)  # error
    Post.objects.bulk_create([Tag(name="x")])  # error
    Post.objects.create(instance=Tag(name="x"))  # error
    Post.objects.filter(Q("x"))  # error
    F(3)  # error
    Count(3)  # error
    Prefetch(3)  # error
    Post.objects.union(Tag.objects.filter(id=1))  # error
    q: Query[Tag] = Post.objects.filter(id=1)  # error
    Post.objcts.filter(id=1)  # error
    Post.objects.flter(id=1)  # error
    print(q)


class Bad(Model):
    id: int | None = Field(default=None, db_pk="x")  # error
    name: str = Field(db_unqiue=True)  # error
    age: int = Field(default="x")  # error
    text: str = Field(max_length="x")  # error
    ref: Author = Field(db_on_delete=3)  # error
    action: Author = Field(db_on_delete="CASCDE")  # error


@atomic()
async def block(a: int) -> int:
    return a


async def calls() -> None:
    await block("x")  # error
    db.session(settings={"app.tenant": None})  # error
    db.session(search_path=7)  # error
    async with atomic(isolation="serialisable"):  # error
        pass
