"""A resolved lookup key: its column, and the values that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldLookupValueError, FieldValueError
from oxyde.hints import type_name
from oxyde.queries.ir.expression import Expression, InnerQuery
from oxyde.queries.lookups.json_path import Path, ir_path
from oxyde.queries.lookups.table import PARTS, SPECS, Spec, part_type, spec_for
from oxyde.queries.names import Hop, held_before, is_query
from oxyde.queries.types.column_types import kind_of
from oxyde.queries.types.values import Misfit, fit

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta, ModelMeta
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.ir.scope import Scope
    from oxyde.queries.lookups.leaf import Leaf

__all__ = ["Resolved", "part_of", "same_rows"]


class Resolved:
    """A resolved lookup key of a model; cached.

    Attributes:
        hops: the relations on the way to `field`.
        rows: the to-many paths on the way, each with the hops before it.
        apart: the same where no table can be joined: the first to-one hop needs a row, too.
        owner: the model that `field` belongs to.
        relation: the last relation if the path ends with one: it takes instances as values.
        part: a part of a date or range that is compared (`created__year__gte`).
        path: keys and indexes into a JSON document or array.
        operand_type: the type that is compared; None for part of a JSON document, which is read as
            the type of the value.
        accepted: Python types whose values need no check.
    """

    __slots__ = (
        "accepted",
        "apart",
        "argument_type",
        "field",
        "hops",
        "key",
        "label",
        "operand_type",
        "owner",
        "part",
        "path",
        "relation",
        "rows",
        "spec",
    )

    def __init__(
        self,
        key: str,
        label: str,
        hops: tuple[Hop, ...],
        field: FieldMeta,
        spec: Spec,
        *,
        relation: Hop | None = None,
        part: str | None = None,
        path: Path = (),
        owner: type[Any],
        operand_type: _ir.ColumnType | None,
    ) -> None:
        self.key = key
        self.label = label
        self.hops = hops
        self.rows = tuple([hops[: end + 1] for end, hop in enumerate(hops) if hop.many])
        self.apart = _apart(hops, field, self.rows)
        self.field = field
        self.owner = owner
        self.spec = spec
        self.relation = relation
        self.part = part
        self.path = path
        self.operand_type: _ir.ColumnType | None = operand_type
        self.argument_type: _ir.ColumnType | None = spec.argument_type(operand_type)
        self.accepted = spec.leaf.accepted(self)

    def rows_in(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """The paths of which a condition is about one row."""
        return self.apart if scope.inline else self.rows

    def leaf(self, value: Any, context: Context) -> Leaf:
        """The lookup with its value.

        Raises:
            FieldLookupValueError: the lookup cannot take it.
        """
        if type(value) in self.accepted:
            return self.spec.leaf(self, self.key, (value,))
        if isinstance(value, Expression):
            return self._expression(value, context)
        if is_query(value):
            foreign = self.field.foreign_key
            key = None
            if foreign is not None and value._names.model is foreign.model:
                key = foreign.target_field
            return self._expression(value._as_expression(key), context)
        return self.spec.leaf.of(self, value, context)

    def by(self, lookup: str) -> Resolved:
        """The same path with another lookup, which its values support."""
        kind = "json" if self.operand_type is None else kind_of(self.operand_type)
        return Resolved(
            f"{self.key}:{lookup}",
            self.label,
            self.hops,
            self.field,
            spec_for(lookup, kind) or SPECS[lookup][0],
            relation=self.relation,
            part=self.part,
            path=self.path,
            owner=self.owner,
            operand_type=self.operand_type,
        )

    def refuse(self, value: object, hint: str | None = None) -> FieldLookupValueError:
        """The error for a value that the lookup cannot take."""
        return FieldLookupValueError(
            f"`{self.label}` ({type_name(self.field.python_type)}) {self.spec.name} cannot take "
            f"{_shown(value)}",
            hint=hint,
        )

    def convert(self, value: object) -> object:
        """Convert one value to its bound form."""
        value = self.key_of_instance(value)
        if value is None:
            raise self.refuse(value, "NULL equals nothing: use `__isnull=True`, or `=None`")
        if isinstance(value, Expression):
            raise self.refuse(value, "only a plain value is allowed here")
        if self.field.encode is not None and not self.path and self.part is None:
            if self.field.decode is not None:
                value = self._of_registered(self.field.decode.python_type, value)
            else:
                value = _encoded(self.field.encode, value)
        assert self.argument_type is not None
        try:
            return fit(self.argument_type, value)
        except Misfit as misfit:
            raise self.refuse(value, misfit.hint) from None

    def _of_registered(self, python_type: type[Any], value: object) -> object:
        """The stored value of one of a registered type.

        Items of a stored list or document are passed in stored form.
        """
        if not isinstance(value, python_type):
            if kind_of(self.field.column_type) not in ("json", "array"):
                raise self.refuse(value, f"give a {python_type.__name__}")
            return value
        assert self.field.encode is not None
        try:
            return self.field.encode(value)
        except FieldValueError as error:
            raise self.refuse(value, error.args[0]) from error

    def key_of_instance(self, value: object) -> object:
        """Replace a model instance by its key, if the path ends with a relation or a key."""
        meta = getattr(type(value), "_db_meta", None)
        if meta is None:
            return value
        name = self.field.name
        foreign = self.field.foreign_key
        if foreign is not None and isinstance(value, foreign.model):
            name = foreign.target_field
        elif not isinstance(value, self.owner) or not (
            self.field.primary_key or (self.relation is not None and foreign is None)
        ):
            wanted = (
                foreign.model.__name__ if foreign is not None else type_name(self.field.python_type)
            )
            raise self.refuse(value, f"give a {wanted}")
        key = getattr(value, name)
        if key is None:
            raise self.refuse(
                value, f"the {type(value).__name__} has not been saved: it has no key"
            )
        return key

    def target(self) -> type[Any] | None:
        """The model of the rows that it is compared with, if it is a relation or a foreign key."""
        if self.relation is not None:
            return self.relation.target.model
        foreign = self.field.foreign_key
        return None if foreign is None else foreign.model

    def refers_by(self, field: FieldMeta | None) -> FieldMeta | None:
        """The column of the related row to compare with another column, if it differs from the one
        that plain keys are compared with. A foreign key to the related model determines it, and so
        does a key of that model.
        """
        if self.relation is None or field is None:
            return None
        meta: ModelMeta = self.relation.target
        by = field
        if field.foreign_key is not None and field.foreign_key.model is meta.model:
            by = meta.field_metadata[field.foreign_key.target_field]
        elif not field.primary_key or meta.field_metadata.get(field.name) is not field:
            return None
        usual = self.field
        if not self.hops or self.hops[-1] is not self.relation:
            usual = self.relation.remote
        return None if by is usual else by

    def _check_model(self, query: InnerQuery) -> None:
        """Refuse rows of another model than the relation's.

        Raises:
            FieldLookupValueError: the models differ.
        """
        wanted, given = self.target(), query.of_model
        if wanted is None or given is None or same_rows(wanted, given):
            return
        raise FieldLookupValueError(
            f"`{self.label}` refers to `{wanted.__name__}` and cannot be compared with a query of "
            f"`{given.__name__}`",
            hint=f"give a query of `{wanted.__name__}`, or say which column of `{given.__name__}` "
            'has its keys: .values("…")',
        )

    def _expression(self, value: Expression, context: Context) -> Leaf:
        if isinstance(value, InnerQuery):
            self._check_model(value)
        return self.spec.leaf.of_expression(self, value, context)

    def operand(self, column: _ir.Expr, read_as: _ir.ColumnType) -> _ir.Expr:
        """The compared expression: the column, or the part of it that the path names.

        Args:
            column: the column, or an annotation's expression.
            read_as: the type that part of a JSON document is read as.
        """
        if self.path:
            return {
                "json_path": {
                    "operand": column,
                    "path": ir_path(self.path),
                    "type": self.operand_type or read_as,
                }
            }
        if self.part is None:
            return column
        return part_of(self.part, column, self.field.column_type)

    def predicate(self, operand: _ir.Expr, arguments: list[_ir.Expr]) -> _ir.Predicate:
        """The lookup over its operand."""
        return {"lookup": {"name": self.spec.name, "operand": operand, "arguments": arguments}}


def same_rows(one: type[Any], other: type[Any]) -> bool:
    """Whether two models map the same table."""
    if issubclass(one, other) or issubclass(other, one):
        return True
    first, second = one._db_meta, other._db_meta
    return (first.schema, first.table_name) == (second.schema, second.table_name)


def _apart(
    hops: tuple[Hop, ...], field: FieldMeta, rows: tuple[tuple[Hop, ...], ...]
) -> tuple[tuple[Hop, ...], ...]:
    near = hops
    if rows:
        near, field = rows[0][:-1], rows[0][-1].local
    near, _ = held_before(near, field)
    return (near[:1], *rows) if near else rows


def _shown(value: object) -> str:
    if hasattr(type(value), "_db_meta"):
        # Field values may be private.
        return f"a {type(value).__name__}"
    return f"{value!r:.80} ({type(value).__name__})"


def part_of(part: str, operand: _ir.Expr, column_type: _ir.ColumnType) -> _ir.Expr:
    """A part of a date or range as a value.

    Args:
        part: its name.
        operand: the date or range.
        column_type: the type of the operand.
    """
    result = part_type(part, column_type)
    return {"function": {"name": PARTS[part], "arguments": [operand], "type": result}}


def _encoded(encode: Callable[[Any], Any], value: object) -> object:
    """Encode a field's value; a value that is already encoded stays."""
    try:
        return encode(value)
    except (AttributeError, TypeError, ValueError, KeyError):
        return value
