"""The keywords and names that queries of a model take, with the types of their values."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from oxyde._meta import FieldMeta, ModelMeta
from oxyde.queries.lookups.json_values import ORDER_LOOKUPS
from oxyde.queries.lookups.table import fitting, spec_for
from oxyde.queries.types.column_types import kind_of
from oxyde.stubs.annotations import Names

__all__ = ["FREE", "Keywords"]

# Kinds whose values, and paths into them, have rules of their own.
FREE = frozenset({"json", "array", "range", "vector"})
_TAKEN = {"big_int": "int", "text": "str"}
_COMPARED = ("exact", "gt", "gte", "lt", "lte", "between", "in", "isnull")


class Keywords:
    """What the stub of one model says.

    Args:
        depth: how many relations a path may cross.
    """

    def __init__(self, model: type[Any], names: Names, depth: int) -> None:
        self.meta: ModelMeta = model._db_meta
        self.names = names
        self.depth = depth

    def values(self) -> dict[str, str]:
        """The fields and relations, and what they may be set to."""
        found = {name: self._value(field) for name, field in self.meta.field_metadata.items()}
        for name, relation in self.meta.relations.items():
            if relation.kind in ("fk", "one_to_one"):
                column = self.meta.field_metadata[relation.column or f"{name}_id"]
                none = " | None" if column.nullable else ""
                found[name] = f"{self.names.text(relation.model)}{none} | Computed"
        return found

    def needed(self) -> set[str]:
        """The fields that a new row must get; keys of relations go by either of two names."""
        return {
            name
            for name, field in self.meta.field_metadata.items()
            if field.relation is None
            and not (field.has_default or field.generated or field.nullable)
        }

    def lookups(self) -> dict[str, str]:
        """The keywords of filter(), and what they take."""
        return {"pk": "Any", "pk__in": "Any", **dict(self._lookups(self.meta, "", self.depth))}

    def paths(self) -> list[str]:
        """The paths to values: fields, their parts, and those of relations."""
        return ["pk", *self._paths(self.meta, "", self.depth)]

    def relations(self, *, many: bool) -> list[str]:
        """The paths to relations; those with one row, or all."""
        return list(self._relations(self.meta, "", self.depth, many=many))

    def by_type(self) -> dict[str, list[str]]:
        """The fields by the types of their values."""
        found: dict[str, list[str]] = {}
        for name, field in self.meta.field_metadata.items():
            if kind_of(field.column_type) not in FREE:
                found.setdefault(self._plain(field), []).append(name)
        return found

    def _plain(self, field: FieldMeta) -> str:
        none = " | None" if field.nullable and not field.primary_key else ""
        return f"{self.names.text(field.python_type)}{none}"

    def _value(self, field: FieldMeta) -> str:
        if kind_of(field.column_type) in FREE:
            return "Any"
        none = " | None" if _may_be_none(field) else ""
        return f"{self._taken(field)}{none} | Computed"

    def _taken(self, field: FieldMeta) -> str:
        """The type of a value, and what converts to it without doubt."""
        text = self.names.text(field.python_type)
        python = field.python_type
        if python is UUID or (isinstance(python, type) and issubclass(python, Enum)):
            return f"{text} | str"
        return f"{text} | int" if python is Decimal else text

    def _lookups(self, meta: ModelMeta, before: str, depth: int) -> Iterator[tuple[str, str]]:
        for name, field in meta.field_metadata.items():
            yield from self._of_field(f"{before}{name}", field, nested=bool(before))
        for name, relation in meta.relations.items():
            path = f"{before}{name}"
            for lookup in ("", "__exact", "__in"):
                yield f"{path}{lookup}", "Any"
            yield f"{path}__isnull", "bool"
            if depth > 0:
                yield from self._lookups(relation.model._db_meta, f"{path}__", depth - 1)

    def _of_field(self, path: str, field: FieldMeta, *, nested: bool) -> Iterator[tuple[str, str]]:
        kind = kind_of(field.column_type)
        free = kind in FREE
        none = " | None" if nested or _may_be_none(field) else ""
        yield path, "Any" if free else f"{self._taken(field)}{none} | Computed"
        for lookup in fitting(kind):
            spec = spec_for(lookup, kind)
            assert spec is not None
            if free:
                yield f"{path}__{lookup}", "Any"
                continue
            own = self._taken(field)
            if lookup in ORDER_LOOKUPS and field.python_type is int:
                own = f"float | {self.names.imported('decimal', 'Decimal')}"
            if spec.argument in ("date", "time"):
                own = self.names.imported("datetime", str(spec.argument))
            elif spec.argument is not None:
                own = _TAKEN.get(str(spec.argument), "Any")
            yield f"{path}__{lookup}", _argument(lookup, own, none)
            if spec.part is not None:
                for compared in _COMPARED:
                    yield f"{path}__{lookup}__{compared}", _argument(compared, own, none)

    def _paths(self, meta: ModelMeta, before: str, depth: int) -> Iterator[str]:
        for name, field in meta.field_metadata.items():
            yield f"{before}{name}"
            kind = kind_of(field.column_type)
            for lookup in fitting(kind):
                spec = spec_for(lookup, kind)
                if spec is not None and spec.part is not None and kind not in FREE:
                    yield f"{before}{name}__{lookup}"
        for name, relation in meta.relations.items():
            yield f"{before}{name}"
            if depth > 0:
                yield from self._paths(relation.model._db_meta, f"{before}{name}__", depth - 1)

    def _relations(self, meta: ModelMeta, before: str, depth: int, *, many: bool) -> Iterator[str]:
        for name, relation in meta.relations.items():
            if not many and relation.kind in ("reverse", "many_to_many"):
                continue
            yield f"{before}{name}"
            if depth > 0:
                target = relation.model._db_meta
                yield from self._relations(target, f"{before}{name}__", depth - 1, many=many)


def _may_be_none(field: FieldMeta) -> bool:
    """Keys may, too: to a type checker those of rows are `int | None`."""
    return field.nullable or field.primary_key or field.foreign_key is not None


def _argument(lookup: str, own: str, none: str) -> str:
    if lookup == "isnull":
        return "bool"
    if lookup == "in":
        return f"Iterable[{own} | Computed | None] | Computed"
    if lookup in ("between", "range"):
        return f"tuple[{own} | Computed, {own} | Computed] | list[{own}]"
    return f"{own}{none if lookup == 'exact' else ''} | Computed"
