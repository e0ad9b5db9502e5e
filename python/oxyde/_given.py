"""What a caller gave to a method: refused by name if it is of the wrong kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from oxyde.exceptions import OxydeError

__all__ = ["iterable_given", "mapping_given", "sql_given"]

T = TypeVar("T")


def iterable_given(what: str, given: Iterable[T]) -> Iterable[T]:
    """Several items.

    Args:
        what: what takes them: ``bulk_create()``.

    Raises:
        OxydeError: it is not iterable.
    """
    if not isinstance(given, Iterable):
        raise OxydeError(f"{what} takes a list or another iterable, not {given!r:.80}")
    return given


def mapping_given(what: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values by name; none if it is None.

    Raises:
        OxydeError: it is not a mapping.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise OxydeError(
            f"{what} is a dict of values by field, not {given!r:.80}", hint='{"name": "Ann"}'
        )
    return dict(given)


def sql_given(what: str, given: str) -> str:
    """The text of a statement.

    Raises:
        OxydeError: it is not a string.
    """
    if not isinstance(given, str):
        raise OxydeError(
            f"{what} takes SQL as a string, not {given!r:.80}", hint="await a query by itself"
        )
    return given
