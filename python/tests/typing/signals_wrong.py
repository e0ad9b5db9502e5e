"""Wrong uses of signals and soft delete that type checkers find."""

from __future__ import annotations

from oxyde import Field, Model, SoftDelete, signals


class Post(SoftDelete):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str


class User(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)


def two(event: signals.SaveEvent[Post], more: int) -> None: ...


def deleted(event: signals.DeleteEvent[Post]) -> None:
    print(event.is_create)  # error


signals.post_save.connect(two)  # error
signals.post_save.connect(deleted)  # error
signals.post_save.connect(print, model="Post")  # error
signals.post_save.connect(print, when="later")  # error
signals.pre_saved.connect(print)  # error


@signals.post_save.on(Post)
def index(event: signals.SaveEvent[Post]) -> None:
    print(event.instance.titel)  # error


async def rows(user: User) -> None:
    await User.deleted  # error
    await user.restore()  # error
