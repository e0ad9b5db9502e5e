"""Programs in the keyword form with errors that checkers see by stubs, and right ones."""

from __future__ import annotations

from typing_extensions import assert_type

from models import Author, Kind, Post, Tag, TagQuery
from oxyde import Count, F, Q, Query


def page(query: Query[Post]) -> Query[Post]:
    return query.limit(3)


async def right(author: Author, post: Post) -> None:
    Post.objects.filter(author=author, author__name__icontains="a", editor_id__in=[1, 2])
    Post.objects.filter(created_at__year__gte=2024, kind=Kind.A, author__age=None, pk=1)
    Post.objects.filter(Q(tags__name="x"), author=None).order_by("-views", "?")[:3]
    Post.objects.filter(views__gt=2.5, views__in=[F("author__age"), 3], id__between=(1, F("id")))
    page(Post.objects.filter(editor_id=author.id, id__in=[author.id]))
    await Post.objects.create(title="x", editor=author)
    await Post.objects.create(instance=post)
    await Post.objects.filter(id=1).update(views=F("views") + 1, author_id=post.id)
    await post.save(update_fields=["title", "author", "author_id"])
    assert_type(await Post.objects.filter(title="x"), list[Post])
    assert_type(await Post.objects.limit(3).first(), Post | None)
    assert_type(await Post.objects.values_list("title", flat=True), list[str])
    assert_type(await Post.objects.sum("views"), int | None)
    assert_type(await Post.objects.avg("views"), float | None)
    assert_type(await Post.objects.select(lambda p: p.title), list[str])
    Post.objects.annotate(n=Count("tags")).filter(n__gt=0).order_by("-n")
    assert_type(Tag.objects.filter(name="x").short().order_by("name"), TagQuery)
    assert_type(await Tag.objects.short().limit(3), list[Tag])


async def keywords() -> None:
    Post.objects.filter(titel="x")  # error
    Post.objects.filter(views="x")  # error
    Post.objects.filter(title__contain="x")  # error
    Post.objects.filter(editor__nmae="x")  # error
    Post.objects.exclude(vews=3)  # error
    await Post.objects.get(titel="x")  # error
    await Post.objects.create(titel="x", editor_id=1)  # error
    await Post.objects.create(title=3, editor_id=1)  # error
    await Post.objects.update(vews=3)  # error
    await Post.objects.update(views="x")  # error
    Post.objects.order_by("-titel")  # error
    Post.objects.values("titel")  # error
    Post.objects.values_list("titel", flat=True)  # error
    Post.objects.join("autor")  # error
    Post.objects.prefetch("tag")  # error
    Post.objects.join("tags")  # error
    Post.objects.group_by("titel")  # error
    await Post.objects.sum("vews")  # error
    await Post.objects.get_or_create(titel="x")  # error
    await Post.objects.bulk_update([], ["vews"])  # error
    Post.objects.only("titel")  # error
    await Post.objects.in_bulk([1], field="titel")  # error
    await Post.objects.increment("vews")  # error
    await Post.objects.upsert(titel="x", unique_fields=["id"])  # error
    Post.objects.filter(views=None)  # error
    names: list[int] = await Post.objects.values_list("title", flat=True)  # error
    await Post.objects.update(title=None)  # error
    Post.objects.filter(views__in="abc")  # error
    Post.objects.filter(views__gt=None)  # error
    Post.objects.filter(created_at__yer=2024)  # error
    Tag.objects.short().filter(nmae="x")  # error
    Tag.objects.shorter()  # error
    print(names)


async def saving(post: Post) -> None:
    await post.save(update_fields=["titel"])  # error
    await post.refresh(["titel"])  # error
