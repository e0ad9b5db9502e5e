"""The assignments of update(): validated values, and expressions over the row."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError, FieldValueError
from oxyde.hydration.fields import validate_field
from oxyde.queries.ir.depth import bounded
from oxyde.queries.ir.expression import Conditional, Expression, InnerQuery
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.lookup import same_rows
from oxyde.queries.lookups.parse import resolve
from oxyde.queries.names import is_query
from oxyde.queries.types.column_types import kind_of
from oxyde.queries.writes.automatic import Automatic
from oxyde.queries.writes.bounds import Bound, bounds_of, guarded, limits_of
from oxyde.queries.writes.insert import encoded, insert_column
from oxyde.queries.writes.json_update import JsonUpdate, part_of_document

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.names import Names

__all__ = ["Assigned", "assigned", "with_automatic"]

_NUMBERS = {"small_int": 0, "integer": 0, "big_int": 0, "decimal": 1, "double": 2}
_TEXTS = frozenset({"text", "varchar", "enum"})


class Assigned:
    """One item of SET."""

    __slots__ = ("bounds", "expression", "field", "label", "shape", "values")

    def __init__(
        self,
        field: FieldMeta,
        label: str,
        expression: Expression | None,
        shape: Hashable,
        values: tuple[Any, ...],
        bounds: tuple[Bound, ...] = (),
    ) -> None:
        self.field = field
        self.label = label
        self.expression = expression
        self.shape = shape
        self.values = values
        self.bounds = bounds

    def build(self, scope: Scope) -> _ir.Assignment:
        """The item of the IR."""
        if self.expression is None:
            value = scope.builder.param(self.field.column_type, self.label, lookup=False)
        else:
            typed = self.expression.build(scope, self.field.column_type)
            _check_fits(self.field, self.label, typed)
            value = typed.ir
            if self.bounds:
                value = guarded(scope, self.field, self.bounds, typed, keyed=True)
        return {"column": insert_column(self.field), "value": value}


def assigned(context: Context, values: Mapping[str, Any]) -> tuple[Assigned, ...]:
    """Resolve and validate the arguments of update().

    Raises:
        FieldError: an unknown name, a relation without a column, or an expression of the wrong
            type.
        pydantic.ValidationError: a value is not valid.
    """
    names = context.names
    items: dict[str, Assigned] = {}
    documents: dict[str, JsonUpdate] = {}
    for name, value in values.items():
        if "__" in name and name not in names.meta.field_metadata:
            part = part_of_document(names, name, value)
            column = part.resolved.field.name
            before = documents.get(column)
            documents[column] = part if before is None else before.and_(part)
            continue
        field = names.field(name)
        names.meta.check_not_computed([field.name], "an update")
        if field.name in items:
            raise FieldError(f"`{names.label}.{field.name}` is set twice")
        items[field.name] = _one(context, names, name, field, value)
    names.meta.check_not_computed(documents, "an update")
    for column, document in documents.items():
        if column in items:
            raise FieldError(f"`{names.label}.{column}` is set twice")
        items[column] = _one(context, names, column, document.resolved.field, document)
    return tuple(items.values())


def with_automatic(
    names: Names, items: tuple[Assigned, ...], written: Iterable[str] = ()
) -> tuple[Assigned, ...]:
    """The items, and what the UPDATE sets without being told: `auto_now` fields and the version.

    Args:
        written: fields that are set by other means.
    """
    meta = names.meta
    if not meta.automatic:
        return items
    given = {item.field.name for item in items}.union(written)
    fields = [meta.field_metadata[name] for name in meta.automatic if name not in given]
    return (
        *items,
        *[
            Assigned(field, f"{names.label}.{field.name}", Automatic(field), (field.name,), ())
            for field in fields
        ],
    )


def _one(context: Context, names: Names, name: str, field: FieldMeta, value: object) -> Assigned:
    label = f"{names.label}.{field.name}"
    if isinstance(value, Expression):
        return _computed(context, field, label, value)
    if isinstance(value, Conditional):
        raise FieldError(f"`{label}` cannot be set to a condition: {value!r:.80}")
    if is_query(value):
        raise FieldError(
            f"`{label}` cannot be set to a query: {value!r:.80}",
            hint="pass Subquery(….values(…)[:1])",
        )
    if hasattr(type(value), "_db_meta"):
        value = resolve(names, name).key_of_instance(value)
    value = validate_field(names.model, field.name, value)
    if value is None and not field.nullable:
        raise FieldValueError(f"`{label}` cannot be NULL")
    return Assigned(field, label, None, field.name, (encoded(field, value),))


@bounded
def _computed(context: Context, field: FieldMeta, label: str, value: Expression) -> Assigned:
    _check_refers(field, label, value)
    found: list[Any] = []
    shape = value.shape(context, found)
    bounds = bounds_of(context.names.model).get(field.name, ())
    found += limits_of(field, bounds)
    item = Assigned(field, label, value, (field.name, shape), tuple(found), bounds)
    scope = context.scope()
    scope.grouping = False
    scope.inline = True
    item.build(scope)
    return item


def _check_refers(field: FieldMeta, label: str, value: Expression) -> None:
    """Refuse a query whose primary keys are not what the foreign key refers to."""
    foreign = field.foreign_key
    given = value.of_model if isinstance(value, InnerQuery) else None
    if foreign is None or given is None:
        return
    keys = given._db_meta.primary_key
    if same_rows(foreign.model, given) and tuple(keys) == (foreign.target_field,):
        return
    raise FieldError(
        f"`{label}` refers to `{foreign.model.__name__}.{foreign.target_field}` and cannot be set "
        f"to the keys of a query of `{given.__name__}`",
        hint=f'select the column that holds them: .values("{foreign.target_field}")',
    )


def _check_fits(field: FieldMeta, label: str, typed: Typed) -> None:
    if typed.type is None:
        return
    column, value = kind_of(field.column_type), kind_of(typed.type)
    if column == value or (column in _TEXTS and value in _TEXTS):
        return
    if column in _NUMBERS and value in _NUMBERS and _NUMBERS[column] >= _NUMBERS[value]:
        return
    if column == "array" and value == "json":
        return
    raise FieldError(
        f"`{label}` ({column}) cannot be set to an expression of type {value}",
        hint="convert it with Cast(…)",
    )
