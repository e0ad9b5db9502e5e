"""What type checkers know of signals, scopes and soft delete, without a plugin."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import assert_type

from oxyde import Field, Model, Q, Query, SoftDelete, signals


class Post(SoftDelete):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str


class User(Model):
    class Meta:
        is_table = True
        scope = Q(is_active=True)

    id: int | None = Field(default=None, db_pk=True)
    is_active: bool = True


@signals.post_save.on(Post)
async def index(event: signals.SaveEvent[Post]) -> None:
    assert_type(event.instance, Post)
    assert_type(event.is_create, bool)
    assert_type(event.model, type[Post])


@signals.post_bulk_create.on(Post, when="commit")
def all_of(event: signals.BulkCreateEvent[Post]) -> None:
    for post in event.instances:
        assert_type(post, Post)


@signals.pre_query_delete.on()
async def log(event: signals.QueryDeleteEvent) -> None:
    print(event.model.__name__, await event.query.count())


def any_event(event: signals.Event) -> None:
    print(event.model)


signals.post_save.connect(any_event, model=Post)
signals.post_delete.connect(any_event, when="commit")


async def rows(post: Post) -> None:
    assert_type(Post.unscoped, Query[Post, Post])
    assert_type(await Post.deleted.filter(title="x").first(), Post | None)
    assert_type(await Post.objects.unscoped().limit(3), list[Post])
    assert_type(await User.unscoped, list[User])
    assert_type(post.deleted_at, datetime | None)
    assert_type(await post.restore(), int)
    assert_type(await Post.deleted.filter(id=1).restore(), int)
    assert_type(await Post.objects.hard_delete(), int)
    with signals.muted(signals.post_save):
        await Post(title="x").save()
