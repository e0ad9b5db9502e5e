"""Rows for tests."""

from __future__ import annotations

from functools import cache

from polyfactory import Use

from conduit.models import Article, Comment, Tag, User
from conduit.security import hash_password
from oxyde.testing import ModelFactory

PASSWORD = "correct horse"


@cache
def stored_password() -> str:
    """What is stored of `PASSWORD`, hashed once."""
    return hash_password(PASSWORD)


class UserFactory(ModelFactory[User]):
    """Users with the password `PASSWORD`."""

    __set_as_default_factory_for_type__ = True

    password = Use(stored_password)


class ArticleFactory(ModelFactory[Article]):
    """Articles of a new author, unless one is given."""


class CommentFactory(ModelFactory[Comment]):
    """Comments on a new article by a new author, unless they are given."""


class TagFactory(ModelFactory[Tag]):
    """Tags."""
