"""Paths: names separated by `__`.

A name may end with `_`: ``type___in`` is `type_`, then `in`.
"""

from __future__ import annotations

from collections.abc import Container

from oxyde.exceptions import FieldError
from oxyde.queries.ir.depth import MAX_DEPTH, too_deep
from oxyde.queries.lookups.json_path import split_parts
from oxyde.queries.names import Names, names_of

__all__ = ["head", "split_path"]


def head(path: str, known: Container[str]) -> str:
    """The first name of a path, given the possible names."""
    name, _, rest = path.partition("__")
    if rest.startswith("_") and f"{name}_" in known:
        return f"{name}_"
    return name


def split_path(names: Names, path: str) -> list[str]:
    """Split a path over the relations of a model into names.

    Raises:
        FieldError: it is not a string, or has more names than a statement may have levels.
    """
    if not isinstance(path, str):
        raise FieldError(
            f"a field or relation of `{names.label}` is named by a string, not by {path!r:.80}"
        )
    found: list[str] = []
    here, rest = names, path
    while True:
        if len(found) > MAX_DEPTH:
            raise too_deep()
        name = next((odd for odd in here.odd if rest == odd or rest.startswith(f"{odd}__")), None)
        if name is None:
            name = rest.partition("__")[0]
        found.append(name)
        if rest == name:
            return found
        rest = rest[len(name) + 2 :]
        relation = here.meta.relations.get(name)
        if relation is None:
            # A lookup, or JSON keys, which may begin with `_`.
            return [*found, *split_parts(rest)]
        here = names_of(relation.model)
