"""Lookups: what a key like `author__name__icontains` means on a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldLookupError
from oxyde.hints import hint_for, type_name
from oxyde.queries.lookups.composite import ResolvedKey
from oxyde.queries.lookups.json_path import parse_path
from oxyde.queries.lookups.json_values import ORDER_LOOKUPS
from oxyde.queries.lookups.lookup import Resolved, part_of
from oxyde.queries.lookups.paths import split_path
from oxyde.queries.lookups.table import (
    EXACT,
    JSON_LOOKUPS,
    PARTS,
    SPECS,
    Spec,
    fitting,
    part_type,
    spec_for,
)
from oxyde.queries.names import Hop, Names, held_before, names_of, part_of_path
from oxyde.queries.types.column_types import item_of, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta

__all__ = ["Resolved", "part_of", "resolve", "resolve_field", "resolve_value"]

_COMPARISONS = frozenset({"exact", "gt", "gte", "lt", "lte", "between", "range", "in", "isnull"})


def resolve(names: Names, key: str, others: Iterable[str] = ()) -> Resolved:
    """What a lookup key means on a model.

    Args:
        names: the model.
        key: the key.
        others: other possible first names, for the hint of the error about an unknown name.

    Raises:
        FieldError: an unknown name.
        FieldLookupError: a lookup that does not exist, or that the field does not support.
    """
    known = names.lookups.get(key)
    if known is None:
        known = names.lookups[key] = _resolve(names, key, others)
    return known


def resolve_value(names: Names, path: str, others: Iterable[str] = ()) -> Resolved:
    """Resolve a path to a value: like a lookup key without a lookup, so that each part after a JSON
    field is a key or an index, whatever its name.

    Raises:
        FieldError: a name in it that the model does not have.
    """
    known = names.values.get(path)
    if known is None:
        known = names.values[path] = _resolve(names, path, others, value=True)
    return known


def _resolve(names: Names, key: str, others: Iterable[str], *, value: bool = False) -> Resolved:
    segments = split_path(names, key)
    hops: list[Hop] = []
    here = names
    label = names.label
    for position, segment in enumerate(segments):
        if segment in here.meta.relations:
            hop = here.hop(segment)
            hops.append(hop)
            here = names_of(hop.target.model)
            label = f"{label}.{segment}"
            continue
        if segment == "pk" and here.has_composite_key:
            label = f"{label}.pk"
            return _of_key(names, key, label, tuple(hops), here, segments[position + 1 :])
        if segment in here.meta.field_metadata or segment == "pk":
            field = here.field(segment)
            path = held_before(tuple(hops), field)
            label, rest = f"{label}.{segment}", segments[position + 1 :]
            return resolve_field(names, key, label, *path, rest, value=value)
        if hops and segment in SPECS:
            return _on_relation(names, key, label, tuple(hops), segments[position:])
        where = part_of_path(key, names.label)
        raise here.unknown(segment, where, () if hops else others)
    return _on_relation(names, key, label, tuple(hops), [])


def _on_relation(
    names: Names, key: str, label: str, hops: tuple[Hop, ...], rest: list[str]
) -> Resolved:
    last = hops[-1]
    if last.name in last.source.relations and last.source.relations[last.name].column is not None:
        path, field = hops[:-1], last.local
    else:
        target = names_of(last.target.model)
        if len(target.primary_key) > 1:
            return _of_key(names, key, label, hops, target, rest, relation=last)
        # Where the row has no key, its foreign key, too, is never NULL.
        field = target.field("pk") if target.primary_key else last.remote
        path = hops
    return resolve_field(names, key, label, path, field, rest, relation=last)


def _of_key(
    names: Names,
    key: str,
    label: str,
    hops: tuple[Hop, ...],
    target: Names,
    rest: list[str],
    *,
    relation: Hop | None = None,
) -> Resolved:
    """A lookup of a composite key of the model at the end of `hops`."""
    path = "".join([f"{hop.name}__" for hop in hops])
    columns = []
    for name in target.primary_key:
        reached = held_before(hops, target.meta.field_metadata[name])
        column = f"{label}.{name}"
        columns.append(
            resolve_field(names, f"{path}{name}", column, *reached, [], relation=relation)
        )
    return ResolvedKey(key, label, columns, rest)


def resolve_field(
    names: Names,
    key: str,
    label: str,
    hops: tuple[Hop, ...],
    field: FieldMeta,
    rest: list[str],
    *,
    relation: Hop | None = None,
    value: bool = False,
) -> Resolved:
    """Resolve a lookup on the field at the end of `hops`.

    Args:
        names: the model of the key.
        key: the whole key.
        label: the field's name in messages.
        hops: the relations on the way.
        field: the field.
        rest: what follows it in the key.
        relation: the last relation, if the key names it and not a field.
        value: whether the key names a value, and has no lookup.

    Raises:
        FieldLookupError: a lookup that does not exist, or that the field does not take.
    """
    kind = kind_of(field.column_type)
    owner = hops[-1].target.model if hops else names.model
    if kind == "json":
        return _into_json(key, label, hops, field, rest, owner, value=value)
    item = item_of(field.column_type)
    if item is not None and rest and rest[0].isdigit():
        spec = _spec(label, field, item, rest[1:])
        return Resolved(
            key, label, hops, field, spec, path=(int(rest[0]),), owner=owner, operand_type=item
        )
    if len(rest) > 1 and rest[0] in PARTS:
        _spec(label, field, field.column_type, rest[:1])
        result: _ir.ColumnType = part_type(rest[0], field.column_type)
        spec = _spec(label, field, result, rest[1:])
        if spec.name not in _COMPARISONS:
            raise _unknown_lookup(label, field, rest[1], _COMPARISONS)
        return Resolved(
            key, label, hops, field, spec, part=rest[0], owner=owner, operand_type=result
        )
    spec = _spec(label, field, field.column_type, rest)
    return Resolved(
        key,
        label,
        hops,
        field,
        spec,
        relation=relation,
        owner=owner,
        operand_type=field.column_type,
    )


def _into_json(
    key: str,
    label: str,
    hops: tuple[Hop, ...],
    field: FieldMeta,
    rest: list[str],
    owner: type[Any],
    *,
    value: bool,
) -> Resolved:
    spec, path = EXACT, rest
    if not value and rest and rest[-1] in JSON_LOOKUPS:
        # The part can be a string, for which there are other lookups.
        spec, path = spec_for(rest[-1], "json") or SPECS[rest[-1]][0], rest[:-1]
    if path:
        steps = parse_path(path)
        label = f"{label}.{'.'.join(path)}"
        return Resolved(key, label, hops, field, spec, path=steps, owner=owner, operand_type=None)
    # Only a value in an expression is a number or a string by itself.
    if "json" not in spec.kinds and not (spec.name in ORDER_LOOKUPS and not field.db_column):
        raise FieldLookupError(
            f"lookup `{spec.name}` does not fit `{label}` ({type_name(field.python_type)})",
            hint=f"it takes: {', '.join(fitting('json'))}; the key `{spec.name}` is named by "
            f"`{key}__exact`",
        )
    return Resolved(key, label, hops, field, spec, owner=owner, operand_type="json")


def _spec(label: str, field: FieldMeta, column_type: _ir.ColumnType, rest: list[str]) -> Spec:
    if not rest:
        return EXACT
    name, kind = rest[0], kind_of(column_type)
    if name not in SPECS:
        if field.foreign_key is not None and field.relation:
            raise FieldLookupError(
                f"unknown lookup `{name}` for `{label}` ({type_name(field.python_type)})",
                hint=f"for a field of the row referred to: `{field.relation}__{name}`",
            )
        raise _unknown_lookup(label, field, name, fitting(kind))
    spec = spec_for(name, kind)
    if spec is None:
        raise _unfit(label, field, name, kind)
    if len(rest) > 1:
        raise FieldLookupError(
            f"nothing can follow `{name}` in `{label}__{'__'.join(rest)}`",
            hint="a lookup is the last part of a path",
        )
    return spec


def _unknown_lookup(
    label: str, field: FieldMeta, name: str, known: Iterable[str]
) -> FieldLookupError:
    return FieldLookupError(
        f"unknown lookup `{name}` for `{label}` ({type_name(field.python_type)})",
        hint=hint_for(name, known),
    )


def _unfit(label: str, field: FieldMeta, name: str, kind: str) -> FieldLookupError:
    return FieldLookupError(
        f"lookup `{name}` does not fit `{label}` ({type_name(field.python_type)})",
        hint=f"it takes: {', '.join(fitting(kind))}",
    )
