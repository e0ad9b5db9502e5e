"""only() and defer(): which fields are loaded, of the rows and of the rows joined to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from oxyde.exceptions import FieldError
from oxyde.queries.lookups.paths import split_path
from oxyde.queries.names import Names, names_of, part_of_path

__all__ = ["Named", "always_loaded", "deferred", "named_fields", "only_these"]


class Named(NamedTuple):
    """The fields that only() or defer() names.

    Attributes:
        own: those of the query's model.
        joined: those of joined models, by the path of the join (`author__company`).
    """

    own: frozenset[str]
    joined: dict[str, frozenset[str]]


def named_fields(names: Names, paths: Iterable[str], verb: str) -> Named:
    """Resolve the arguments of only() or defer().

    Raises:
        FieldError: an unknown name, or a path over a to-many relation.
    """
    own: set[str] = set()
    joined: dict[str, set[str]] = {}
    for path in paths:
        segments = split_path(names, path)
        if len(segments) == 1 or segments[0] not in names.meta.relations:
            own.add(names.field(path).name)
            continue
        here, where = names, part_of_path(path, names.label)
        for segment in segments[:-1]:
            hop = here.hop(segment, where)
            if hop.many:
                raise FieldError(
                    f"`{here.label}.{segment}` has many rows, which {verb}() cannot choose fields "
                    f"of{where}",
                    hint=f'prefetch(Prefetch("{segment}", query.{verb}(…)))',
                )
            here = names_of(hop.target.model)
        if segments[-1] not in here.columns and segments[-1] not in (*here.meta.relations, "pk"):
            raise here.unknown(segments[-1], where)
        joined.setdefault("__".join(segments[:-1]), set()).add(here.field(segments[-1]).name)
    return Named(frozenset(own), {path: frozenset(fields) for path, fields in joined.items()})


def only_these(names: Names, named: Named) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The fields to load: those named and the keys; of rows, and of joined rows by path."""
    joined: dict[str, tuple[str, ...]] = {}
    for path in named.joined:
        segments = split_path(names, path)
        for end in range(1, len(segments) + 1):
            here = "__".join(segments[:end])
            if here not in joined:
                target = _target(names, segments[:end])
                joined[here] = _in_order(target, named.joined.get(here, frozenset()))
    return _in_order(names, named.own), joined


def deferred(
    names: Names, named: Named, loaded: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The fields to load of joined rows, by path, without those named."""
    joined = dict(loaded)
    for path, fields in named.joined.items():
        target = _target(names, split_path(names, path))
        left_out = fields - always_loaded(target)
        before = joined.get(path, target.fields)
        joined[path] = tuple([name for name in before if name not in left_out])
    return joined


def _target(names: Names, segments: Iterable[str]) -> Names:
    for segment in segments:
        names = names_of(names.hop(segment).target.model)
    return names


def _in_order(names: Names, wanted: frozenset[str]) -> tuple[str, ...]:
    wanted = wanted.union(always_loaded(names))
    return tuple([name for name in names.fields if name in wanted])


def always_loaded(names: Names) -> frozenset[str]:
    """The fields that are always loaded: the key, and the version, which a save compares."""
    version = names.meta.version
    return frozenset(names.primary_key if version is None else (*names.primary_key, version))
