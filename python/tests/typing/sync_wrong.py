"""Programs without `await` that must not type-check: each marked line has an error."""

from __future__ import annotations

from oxyde import Field, Model, sync


class Post(sync.Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str


class Shared(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str


def rows() -> None:
    post: Post = Post.objects.first()  # error
    posts: list[Shared] = Post.objects.filter(id=1).all()  # error
    shared: list[Shared] = Shared.objects.all()  # error
    print(Post.objects.get(id=1).titel)  # error
    print(post, posts, shared, Post.objects.values_list(lambda p: p.titel).all())  # error
    number: str = post.delete()  # error
    print(number, Post.objects.alll())  # error
    Post.objects.limit("3")  # error
    Post.objects.all(using=3)  # error
    sync.save(3)  # error
    sync.objects(Shared).get(id=1).title.upper()  # error


async def waits() -> None:
    print(await Post.objects.all())  # error
    async for _ in Post.objects.iterate():  # error
        pass


@sync.atomic()
def count() -> int:
    return Post.objects.count()


def calls() -> None:
    text: str = count()  # error
    count(3)  # error
    with sync.atomic(timeout="3"):  # error
        print(text)
    sync.run(count())  # error
    sync.atomic(isolation="snapshot")  # error
