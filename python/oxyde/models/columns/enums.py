"""Enums and Literals: their labels in the database."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, get_args

from oxyde.exceptions import FieldError
from oxyde.models.naming import check_identifier

__all__ = ["labels_of_enum", "labels_of_literal", "numbers", "text_labels"]


def labels_of_enum(enum: type[Enum], where: str) -> list[Any]:
    """The values of an Enum: all strings or all integers.

    Raises:
        FieldError: they are neither, or the Enum is empty.
    """
    return _one_kind([member.value for member in enum], f"{where}: {enum.__name__}")


def labels_of_literal(literal: object, where: str) -> list[Any]:
    """The values of a Literal, likewise; members of an Enum count as their values."""
    values = [value.value if isinstance(value, Enum) else value for value in get_args(literal)]
    return _one_kind(list(dict.fromkeys(values)), f"{where}: {literal}".replace("typing.", ""))


def _one_kind(values: list[Any], where: str) -> list[Any]:
    if not values:
        raise FieldError(f"{where} has no values")
    kinds = {_kind(value) for value in values}
    if len(kinds) > 1 or None in kinds:
        raise FieldError(
            f"{where} has values that are not all str or all int: {values!r}",
            hint="a column has one type; use values of one type",
        )
    return values


def _kind(value: object) -> type[Any] | None:
    if isinstance(value, bool):
        return None
    return str if isinstance(value, str) else int if isinstance(value, int) else None


def numbers(labels: Iterable[Any]) -> bool:
    """Whether the values are integers, which an integer column stores."""
    return all(isinstance(label, int) for label in labels)


def text_labels(labels: Iterable[str], where: str) -> list[str]:
    """Check that every database can store the labels.

    Raises:
        FieldError: one is longer than 63 bytes, has a NUL or ends with a space.
    """
    for label in labels:
        if not label:
            continue
        check_identifier(label, f"{where}: the enum value {label!r}")
        if label.endswith(" "):
            raise FieldError(
                f"{where}: the enum value {label!r} ends with a space, which MySQL drops",
                hint="use values without spaces at the end",
            )
    return [str.__str__(label) for label in labels]
