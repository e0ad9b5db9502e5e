"""The SQL that the raw drivers run."""

from __future__ import annotations

from bench import work

USER = f"SELECT {', '.join(work.USER_COLUMNS)} FROM users"
POST = f"SELECT {', '.join(work.POST_COLUMNS)} FROM posts"
_JOINED = [f"p.{name}" for name in work.POST_COLUMNS] + [f"u.{name}" for name in work.USER_COLUMNS]
JOIN = f"SELECT {', '.join(_JOINED)} FROM posts p JOIN users u ON u.id = p.author_id"
TAGS_OF_POSTS = "SELECT pt.post_id, t.id, t.name FROM post_tags pt JOIN tags t ON t.id = pt.tag_id"
INSERT = f"INSERT INTO entries ({', '.join(work.ENTRY_COLUMNS)}) VALUES"
AGGREGATES = "SELECT count(*), sum(views), avg(views), min(views), max(views) FROM posts"


def marks(mark: str, count: int) -> str:
    """A list of placeholders in brackets."""
    return f"({', '.join([mark] * count)})"
