"""What update() sets: values, validated, and expressions over the row."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, FieldValueError
from oxyde.queries.base import Conditional, Expression
from oxyde.queries.columns import kind_of
from oxyde.queries.insert import encoded, insert_column
from oxyde.queries.json_update import JsonUpdate, part_of_document
from oxyde.queries.lookups import resolve
from oxyde.queries.scope import Scope, Typed
from oxyde.queries.validation import validate_field

if TYPE_CHECKING:
    from oxyde.db.meta import FieldMeta
    from oxyde.queries.annotation import Context
    from oxyde.queries.names import Names

__all__ = ["Assigned", "assigned"]

_NUMBERS = {"small_int": 0, "integer": 0, "big_int": 0, "decimal": 1, "double": 2}
_TEXTS = frozenset({"text", "varchar", "enum"})


class Assigned:
    """One item of SET."""

    __slots__ = ("expression", "field", "label", "shape", "values")

    def __init__(
        self,
        field: FieldMeta,
        label: str,
        expression: Expression | None,
        shape: Hashable,
        values: tuple[Any, ...],
    ) -> None:
        self.field = field
        self.label = label
        self.expression = expression
        self.shape = shape
        self.values = values

    def build(self, scope: Scope) -> _ir.Assignment:
        """The item of the IR."""
        if self.expression is None:
            value = scope.builder.param(self.field.column_type, self.label, lookup=False)
        else:
            typed = self.expression.build(scope, self.field.column_type)
            _check_fits(self.field, self.label, typed)
            value = typed.ir
        return {"column": insert_column(self.field), "value": value}


def assigned(context: Context, values: Mapping[str, Any]) -> tuple[Assigned, ...]:
    """What a user wrote in update(), looked up and validated.

    Raises:
        FieldError: an unknown name, a relation without a column, or an unfit expression.
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
        if field.name in items:
            raise FieldError(f"`{names.label}.{field.name}` is set twice")
        items[field.name] = _one(context, names, name, field, value)
    for column, document in documents.items():
        if column in items:
            raise FieldError(f"`{names.label}.{column}` is set twice")
        items[column] = _one(context, names, column, document.resolved.field, document)
    return tuple(items.values())


def _one(context: Context, names: Names, name: str, field: FieldMeta, value: Any) -> Assigned:
    label = f"{names.label}.{field.name}"
    if isinstance(value, Expression):
        found: list[Any] = []
        shape = value.shape(context, found)
        item = Assigned(field, label, value, (field.name, shape), tuple(found))
        scope = context.scope()
        scope.grouping = False
        scope.inline = True
        item.build(scope)
        return item
    if isinstance(value, Conditional):
        raise FieldError(f"`{label}` cannot be set to a condition: {value!r:.80}")
    if hasattr(type(value), "_db_meta"):
        value = resolve(names, name).key_of_instance(value)
    value = validate_field(names.model, field.name, value)
    if value is None and not field.nullable:
        raise FieldValueError(f"`{label}` cannot be NULL")
    return Assigned(field, label, None, field.name, (encoded(field, value),))


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
