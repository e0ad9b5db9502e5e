"""Lookups: what a key like `author__name__icontains` means on a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, FieldLookupError
from oxyde.queries.columns import hint_for, kind_of, type_name
from oxyde.queries.lookup_table import PARTS, SPECS, Spec, part_type
from oxyde.queries.names import Hop, Names, names_of, part_of_path
from oxyde.queries.resolved import Resolved, part_of

if TYPE_CHECKING:
    from oxyde.db.meta import FieldMeta

__all__ = ["Resolved", "part_of", "resolve", "resolve_field"]

_COMPARISONS = frozenset({"exact", "gt", "gte", "lt", "lte", "between", "range", "in"})


def resolve(names: Names, key: str, others: Iterable[str] = ()) -> Resolved:
    """What a lookup key means on a model.

    Args:
        names: the model.
        key: the key.
        others: names that could begin it as well, for the error about one that none has.

    Raises:
        FieldError: a name in it that the model does not have.
        FieldLookupError: a lookup that does not exist, or that the field does not take.
    """
    known = names.lookups.get(key)
    if known is None:
        known = names.lookups[key] = _resolve(names, key, others)
    return known


def _resolve(names: Names, key: str, others: Iterable[str]) -> Resolved:
    segments = key.split("__")
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
        if segment in here.meta.field_metadata or segment == "pk":
            field = here.field(segment)
            path = _trim(tuple(hops), field)
            return resolve_field(names, key, f"{label}.{segment}", *path, segments[position + 1 :])
        if hops and segment in SPECS:
            return _on_relation(names, key, label, tuple(hops), segments[position:])
        where = part_of_path(key, names.label)
        raise here.unknown(segment, where, () if hops else others)
    return _on_relation(names, key, label, tuple(hops), [])


def _trim(hops: tuple[Hop, ...], field: FieldMeta) -> tuple[tuple[Hop, ...], FieldMeta]:
    """`author__id` is `author_id`: no join is needed for it."""
    while hops and not hops[-1].many and hops[-1].remote is field:
        field, hops = hops[-1].local, hops[:-1]
    return hops, field


def _on_relation(
    names: Names, key: str, label: str, hops: tuple[Hop, ...], rest: list[str]
) -> Resolved:
    last = hops[-1]
    if last.name in last.source.relations and last.source.relations[last.name].column is not None:
        path, field = hops[:-1], last.local
    else:
        field = _key_field(last)
        path = hops
    return resolve_field(names, key, label, path, field, rest, relation=last)


def _key_field(hop: Hop) -> FieldMeta:
    target = names_of(hop.target.model)
    if len(target.primary_key) != 1:
        raise FieldError(
            f"`{hop.source.model.__name__}.{hop.name}`: `{target.label}` has a key of several "
            "columns",
            hint=f"name one of them: `{hop.name}__{target.primary_key[0]}`",
        )
    return target.meta.field_metadata[target.primary_key[0]]


def resolve_field(
    names: Names,
    key: str,
    label: str,
    hops: tuple[Hop, ...],
    field: FieldMeta,
    rest: list[str],
    *,
    relation: Hop | None = None,
) -> Resolved:
    """What a lookup means on a field, which `hops` lead to.

    Args:
        names: the model that the key is about.
        key: the whole key.
        label: the field in messages.
        hops: the relations on the way.
        field: the field.
        rest: what follows it in the key.
        relation: the last relation, when the key names it and not a field.

    Raises:
        FieldLookupError: a lookup that does not exist, or that the field does not take.
    """
    kind = kind_of(field.column_type)
    owner = hops[-1].target.model if hops else names.model
    if kind == "json":
        return _into_json(key, label, hops, field, rest, owner)
    if kind == "array" and rest and rest[0].isdigit():
        item: _ir.ColumnType = field.column_type["array"]["item"]  # type: ignore[index]
        spec = _spec(label, field, item, rest[1:])
        return Resolved(
            key, label, hops, field, spec, path=(int(rest[0]),), owner=owner, operand_type=item
        )
    if len(rest) > 1 and rest[0] in PARTS:
        _spec(label, field, field.column_type, rest[:1])
        result: _ir.ColumnType = part_type(rest[0])
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
    key: str, label: str, hops: tuple[Hop, ...], field: FieldMeta, rest: list[str], owner: type[Any]
) -> Resolved:
    spec, path = SPECS["exact"], rest
    if rest and rest[-1] in SPECS:
        spec, path = SPECS[rest[-1]], rest[:-1]
    if not path:
        if "json" not in spec.kinds:
            raise _unfit(label, field, spec.name, "json")
        if spec.name == "contains":
            spec = Spec("contains", "json", spec.kinds)
        return Resolved(key, label, hops, field, spec, owner=owner, operand_type="json")
    if spec.name == "contains":
        spec = Spec("contains", "json", spec.kinds)
    items = tuple(int(item) if item.isdigit() else item for item in path)
    label = f"{label}.{'.'.join(path)}"
    return Resolved(key, label, hops, field, spec, path=items, owner=owner, operand_type=None)


def _spec(label: str, field: FieldMeta, column_type: _ir.ColumnType, rest: list[str]) -> Spec:
    if not rest:
        return SPECS["exact"]
    name = rest[0]
    spec = SPECS.get(name)
    if spec is None:
        if field.foreign_key is not None and field.relation:
            raise FieldLookupError(
                f"unknown lookup `{name}` for `{label}` ({type_name(field.python_type)})",
                hint=f"for a field of the row referred to: `{field.relation}__{name}`",
            )
        kind = kind_of(column_type)
        fitting = [each.name for each in SPECS.values() if kind in each.kinds]
        raise _unknown_lookup(label, field, name, fitting)
    kind = kind_of(column_type)
    if kind not in spec.kinds:
        raise _unfit(label, field, name, kind)
    if len(rest) > 1:
        raise FieldLookupError(
            f"nothing can follow `{name}` in `{label}__{'__'.join(rest)}`",
            hint="a lookup is the last part of a path",
        )
    if kind == "array" and name == "contains":
        return Spec("contains", "json", spec.kinds)
    return spec


def _unknown_lookup(
    label: str, field: FieldMeta, name: str, known: Iterable[str]
) -> FieldLookupError:
    return FieldLookupError(
        f"unknown lookup `{name}` for `{label}` ({type_name(field.python_type)})",
        hint=hint_for(name, known),
    )


def _unfit(label: str, field: FieldMeta, name: str, kind: str) -> FieldLookupError:
    fitting = [each.name for each in SPECS.values() if kind in each.kinds]
    return FieldLookupError(
        f"lookup `{name}` does not fit `{label}` ({type_name(field.python_type)})",
        hint=f"it takes: {', '.join(sorted(fitting))}",
    )
