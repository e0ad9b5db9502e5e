"""Input that names a related row: `Post(author=user)` stands for `Post(author_id=user.id)`. A small
function inside the model's core schema fills in the column's value, and rejects the two if they
disagree.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from oxyde.models.relations.foreign_key import Link

__all__ = ["with_links"]


def with_links(cls: type[BaseModel], schema: CoreSchema) -> CoreSchema:
    """Add the function that links `author` and `author_id` to a model's core schema."""
    unique = dict.fromkeys(cls.__oxyde_links__.values())  # type: ignore[attr-defined]
    if not unique:
        return schema
    node = cast("dict[str, Any]", schema)
    # Inside all user validators, so that it sees what they put into the data.
    while node["schema"]["type"] != "model-fields":
        node = node["schema"]
    node["schema"] = core_schema.no_info_before_validator_function(
        _joiner(weakref.ref(cls), tuple(unique)), node["schema"]
    )
    return schema


def _joiner(owner: Callable[[], type[Any] | None], links: tuple[Link, ...]) -> Callable[[Any], Any]:
    attributes = frozenset(name for link in links for name in link.names)

    def join(data: object) -> object:
        if not isinstance(data, dict) or attributes.isdisjoint(data):
            return data
        for link in links:
            found = next((name for name in link.names if data.get(name) is not None), None)
            if found is not None:
                data = _joined(owner, link, data, data[found])
            elif (
                link.nullable
                and any(name in data for name in link.names)
                and not any(name in data for name in link.column_names)
            ):
                data = {**data, link.column_names[0]: None}
        return data

    join.__qualname__ = "oxyde_links"
    return join


def _joined(
    owner: Callable[[], type[Any] | None], link: Link, data: dict[str, Any], other: object
) -> dict[str, Any]:
    if isinstance(other, link.target):
        key = other.__dict__.get(link.target_field)
    elif isinstance(other, dict):
        key = other.get(link.target_field)
    else:
        return data
    given = next((data[name] for name in link.column_names if data.get(name) is not None), None)
    if given is None:
        if key is None and not link.nullable and isinstance(other, link.target):
            raise PydanticCustomError(
                "foreign_key_unsaved",
                "{attribute} is a {target} without {field} yet: save it first",
                {
                    "attribute": link.attribute,
                    "target": link.target.__name__,
                    "field": link.target_field,
                },
            )
        if key is None and not link.nullable:
            return data
        return {**data, link.column_names[0]: key}
    if key is not None and given != key and str(given) != str(key):
        cls = owner()
        raise PydanticCustomError(
            "foreign_key_conflict",
            "{model} got {column}={given}, and a different {attribute} whose {field} is {key}",
            {
                "model": "the model" if cls is None else cls.__name__,
                "column": link.column,
                "given": repr(given),
                "attribute": link.attribute,
                "field": link.target_field,
                "key": repr(key),
            },
        )
    return data
