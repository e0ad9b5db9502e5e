"""Taking annotations apart: `Annotated`, `None`, aliases, `NewType`."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

import typing_extensions
from annotated_types import GroupedMetadata
from pydantic import JsonValue
from pydantic.fields import FieldInfo

__all__ = ["Unwrapped", "constraint", "describe", "unwrap"]

_ALIAS_TYPES: tuple[type[Any], ...] = tuple(
    {
        alias
        for module in (typing, typing_extensions)
        if (alias := getattr(module, "TypeAliasType", None)) is not None
    }
)


@dataclasses.dataclass(slots=True)
class Unwrapped:
    """An annotation without its wrapping.

    Attributes:
        core: the bare type; a Union when several are left.
        metadata: what stood in `Annotated`, outermost first.
        nullable: whether None was one of the types.
    """

    core: Any
    metadata: list[Any]
    nullable: bool


def unwrap(annotation: Any, metadata: Iterable[Any] = ()) -> Unwrapped:
    """Take off `Annotated`, `None`, type aliases and `NewType`, in any nesting.

    `JsonValue`, an alias too, stays as it is: it is a type of its own here.
    """
    found = list(_flat(metadata))
    nullable = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated or origin is typing_extensions.Annotated:
            annotation, *more = get_args(annotation)
            found.extend(_flat(more))
        elif annotation is JsonValue:
            return Unwrapped(annotation, found, nullable)
        elif isinstance(annotation, _ALIAS_TYPES):
            annotation = annotation.__value__
        elif isinstance(origin, _ALIAS_TYPES):
            annotation = origin.__value__[get_args(annotation)]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif origin is Union or origin is types.UnionType:
            members = get_args(annotation)
            rest = tuple(member for member in members if member is not types.NoneType)
            nullable = nullable or len(rest) < len(members)
            if len(rest) != 1:
                return Unwrapped(Union[rest] if rest else None, found, nullable)  # noqa: UP007
            annotation = rest[0]
        elif origin is Literal or origin is typing_extensions.Literal:
            values = get_args(annotation)
            rest = tuple(value for value in values if value is not None)
            if len(rest) == len(values) or not rest:
                return Unwrapped(annotation, found, nullable)
            nullable = True
            annotation = Literal[rest]
        else:
            return Unwrapped(annotation, found, nullable)


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from _flat(item.metadata)
        elif isinstance(item, GroupedMetadata):
            yield item
            yield from _flat(item)
        else:
            yield item


def constraint(metadata: Iterable[Any], name: str) -> Any:
    """The value of a constraint such as `max_length`; the last one that stands there, or None."""
    value = None
    for item in metadata:
        if not isinstance(item, GroupedMetadata):
            here = getattr(item, name, None)
            if here is not None:
                value = here
    return value


def describe(annotation: object) -> str:
    """How an annotation is called in messages: `int`, `list[str]`."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__name__
    return str(annotation).replace("typing.", "")
