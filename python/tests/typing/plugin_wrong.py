"""Programs in the keyword form with errors that only the plugin for mypy sees, and right ones."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from typing_extensions import assert_type

from oxyde import Count, F, Field, Model, Q, RelatedManager
from oxyde.queries import Prefetch


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

    title: str
    views: int = 0
    kind: Kind = Kind.A
    author: Author | None = Field(default=None, db_on_delete="CASCADE")
    author_id: int | None = None
    editor: Author = Field(default=..., db_on_delete="CASCADE")
    editor_id: int = Field(default=...)
    tags: list[Tag] = Field(db_m2m=True)
    tags_set: ClassVar[RelatedManager[Tag]]


async def right(author: Author, post: Post) -> None:
    Post.objects.filter(author=author, author__name__icontains="a", editor_id__in=[1, 2])
    Post.objects.filter(created_at__year__gte=2024, kind=Kind.A, author__age=None, pk=1)
    Post.objects.filter(Q(tags__name="x") & ~Q(views__between=(1, 2)), author=None)
    Post.objects.filter(views__gt=2.5, views__in=[F("author__age"), 3], id__between=(1, F("id")))
    await Post.objects.filter(editor_id=author.id, id__in=[author.id]).update(author_id=post.id)
    await Post.objects.create(title="x", editor=author, tags=[])
    await Post.objects.filter(id=1).update(views=F("views") + F("author__age"))
    await post.save(update_fields=["title", "author", "author_id"])
    assert_type(await Post.objects.values_list("title", flat=True), list[str])
    assert_type(await Post.objects.values_list("id", "title"), list[tuple[int, str]])
    assert_type(await Post.objects.sum("views"), int | None)
    assert_type(await Post.objects.avg("views"), float | None)
    counted = Post.objects.annotate(n=Count("tags")).filter(n__gt=0).order_by("-n")
    assert_type((await counted.get(id=1)).n, int)
    query = Post.objects.filter(views=1)
    query = query.annotate(total=Count("tags"))
    query.order_by("total")
    Post.objects.only("title", "author__name").alias(m=Count("tags")).filter(m__gt=1)
    await post.tags_set.filter(name="x").latest("-name")


async def keywords() -> None:
    Post.objects.filter(titel="x")  # error
    Post.objects.filter(views="x")  # error
    Post.objects.filter(title__contain="x")  # error
    Post.objects.filter(editor__nmae="x")  # error
    Post.objects.exclude(vews=3)  # error
    await Post.objects.get(titel="x")  # error
    await Post.objects.create(titel="x", editor_id=1)  # error
    await Post.objects.create(title=3, editor_id=1)  # error
    await Post.objects.create(title="x")  # error
    await Post.objects.update(vews=3)  # error
    await Post.objects.update(views="x")  # error
    Post.objects.order_by("-titel")  # error
    Post.objects.values("titel")  # error
    Post.objects.values_list("titel", flat=True)  # error
    Post.objects.join("autor")  # error
    Post.objects.prefetch("tag")  # error
    Post.objects.join("tags")  # error
    Post.objects.group_by("titel")  # error
    Post.objects.annotate(n=Count("tag"))  # error
    await Post.objects.sum("vews")  # error
    Post.objects.filter(Q(titel="x"))  # error
    await Post.objects.filter(id=1).update(views=F("vews") + 1)  # error
    await Post.objects.get_or_create(titel="x")  # error
    await Post.objects.bulk_update([], ["vews"])  # error
    Post.objects.only("titel")  # error
    Post.objects.only("author__nmae")  # error
    await Post.objects.latest("titel")  # error
    await Post.objects.in_bulk([1], field="titel")  # error
    await Post.objects.increment("vews")  # error
    await Post.objects.upsert(titel="x", unique_fields=["id"])  # error
    Post.objects.prefetch(Prefetch("tag"))  # error
    Post.objects.filter(views=None)  # error
    names: list[int] = await Post.objects.values_list("title", flat=True)  # error
    await Post.objects.update(title=None)  # error
    Post.objects.filter(views__in="abc")  # error
    Post.objects.filter(views__gt=None)  # error
    await Post.objects.bulk_create([{"titel": "x"}])  # error
    Post.objects.filter(created_at__yer=2024)  # error
    print(names)


async def saving(post: Post) -> None:
    await post.save(update_fields=["titel"])  # error
    await post.refresh(["titel"])  # error
    await post.tags_set.add(Author(name="x"))  # error
    await post.tags_set.create(nmae="x")  # error
    post.tags_set.filter(nmae="x")  # error
    await post.tags_set.get_or_create(nmae="x")  # error
