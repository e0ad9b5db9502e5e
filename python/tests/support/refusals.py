"""Queries that are refused: an attempt, the class of its error, and what the error says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from oxyde.exceptions import FieldError, FieldLookupError, OxydeError


class Wrong(NamedTuple):
    """An attempt that ends in an error of this class, which says all of these."""

    attempt: Callable[[], Any]
    error: type[OxydeError]
    says: tuple[str, ...]


def name(attempt: Callable[[], Any], *says: str) -> Wrong:
    """A name that is none, or has no place there."""
    return Wrong(attempt, FieldError, says)


def lookup(attempt: Callable[[], Any], *says: str) -> Wrong:
    """A lookup that is none, or does not fit."""
    return Wrong(attempt, FieldLookupError, says)


async def check(cases: list[Wrong]) -> None:
    """Make each attempt. Where none of its tables is there, SQL that it sends ends in another
    error."""
    for number, (attempt, error, says) in enumerate(cases):
        with pytest.raises(error) as caught:
            result = attempt()
            if inspect.isawaitable(result):
                await result
        message = str(caught.value)
        for each in says:
            assert each in message, (number, message)


# What the errors about articles of the newsroom say.
TITEL = ("`Article` has no field `titel`", "did you mean `title`")
NAM = ("`Writer` has no field `nam`", "`writer__nam` of `Article`", "did you mean `name`")
STARS = ("`Article.notes` has many rows",)
AGGREGATE = ("aggregate", "`Article`", "group")
