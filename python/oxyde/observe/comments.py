"""Comments in SQL, for the logs of the database: the format of sqlcommenter.

https://google.github.io/sqlcommenter/spec/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote

__all__ = ["comment", "comment_sources", "sql_comment"]

_tags: ContextVar[Mapping[str, str]] = ContextVar("oxyde_sql_comment")
_NO_TAGS: Mapping[str, str] = {}

# Give further tags of the running task: the trace context of OpenTelemetry.
comment_sources: list[Callable[[], Mapping[str, str]]] = []


@contextmanager
def sql_comment(**tags: str) -> Iterator[None]:
    """Add tags to the comments of the statements of a block, and of the tasks that it starts, on
    databases with ``PoolSettings(sql_comments=True)``::

        with db.sql_comment(route="/posts", controller="list_posts"):
            await Post.objects.all()  # SELECT … /*controller='list_posts',route='%2Fposts'*/

    Args:
        tags: any names and values; both are percent-encoded.
    """
    token = _tags.set({**_tags.get(_NO_TAGS), **tags})
    try:
        yield
    finally:
        _tags.reset(token)


def comment() -> str:
    """The comment of the running task's statements, without its delimiters; it may be empty."""
    tags = dict(_tags.get(_NO_TAGS))
    for source in comment_sources:
        tags.update(source())
    return ",".join(
        f"{quote(name, safe='')}='{quote(str(value), safe='')}'"
        for name, value in sorted(tags.items())
    )
