"""A lookup key on a model, worked out: what it looks at, and which values it takes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldLookupValueError
from oxyde.queries.base import Expression
from oxyde.queries.columns import Misfit, accepted_types, default_type, fit, type_name
from oxyde.queries.leaf_values import LEAVES, NEVER
from oxyde.queries.lookup_table import PARTS, Spec, part_type
from oxyde.queries.names import Hop, Names
from oxyde.queries.predicates import Leaf
from oxyde.queries.rendering import FORMS
from oxyde.queries.scope import Scope

if TYPE_CHECKING:
    from oxyde.db.meta import FieldMeta
    from oxyde.queries.annotation import Context

__all__ = ["Resolved", "part_of"]

_ARGUMENT_TYPES: dict[str, _ir.ColumnType] = {
    "number": "big_int",
    "date": "date",
    "time": "time",
    "key": "text",
    "keys": "text",
}


class Resolved:
    """A lookup key on a model, worked out once and kept.

    Attributes:
        hops: the relations on the way to `field`.
        many: whether one of them is to-many.
        owner: the model that `field` belongs to.
        relation: the last relation when the path ends on one: it takes instances as values.
        part: a date part that is compared (`created__year__gte`).
        path: keys and indexes into a JSON document or array.
        operand_type: the type of what is compared; None for a part of a JSON document, which is
            read as the type of the value.
        accepted: Python types whose values need no further look.
    """

    __slots__ = (
        "accepted",
        "argument_type",
        "field",
        "hops",
        "key",
        "label",
        "many",
        "operand_type",
        "owner",
        "part",
        "path",
        "relation",
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
        path: tuple[str | int, ...] = (),
        owner: type[Any],
        operand_type: _ir.ColumnType | None,
    ) -> None:
        self.key = key
        self.label = label
        self.hops = hops
        self.many = any(hop.many for hop in hops)
        self.field = field
        self.owner = owner
        self.spec = spec
        self.relation = relation
        self.part = part
        self.path = path
        self.operand_type = operand_type
        self.argument_type: _ir.ColumnType | None = operand_type
        if spec.takes in _ARGUMENT_TYPES:
            self.argument_type = _ARGUMENT_TYPES[spec.takes]
        elif spec.takes == "text":
            self.argument_type = "text"
        self.accepted = NEVER
        if self.argument_type is not None and (
            (spec.takes == "value" and field.encode is None) or spec.takes == "text"
        ):
            self.accepted = accepted_types(self.argument_type)

    def leaf(self, value: Any, context: Context) -> Leaf:
        """The lookup with its value.

        Raises:
            FieldLookupValueError: the lookup cannot take it.
        """
        if type(value) in self.accepted:
            return Leaf(self, self.key, (value,))
        if isinstance(value, Expression):
            return self._expression(value, context)
        if isinstance(getattr(value, "_names", None), Names):
            from oxyde.queries.subquery import QueryExpression

            foreign = self.field.foreign_key
            key = None
            if foreign is not None and value._names.model is foreign.model:
                key = foreign.target_field
            return self._expression(QueryExpression(value, key), context)
        return LEAVES[self.spec.takes](self, value)

    def refuse(self, value: Any, hint: str | None = None) -> FieldLookupValueError:
        """The error for a value that the lookup cannot take."""
        return FieldLookupValueError(
            f"`{self.label}` ({type_name(self.field.python_type)}) {self.spec.name} cannot take "
            f"{_shown(value)}",
            hint=hint,
        )

    def convert(self, value: Any) -> Any:
        """One value as it is bound."""
        value = self.key_of_instance(value)
        if value is None:
            raise self.refuse(value, "NULL equals nothing: use `__isnull=True`, or `=None`")
        if isinstance(value, Expression):
            raise self.refuse(value, "only a plain value can stand here")
        if self.field.encode is not None and not self.path and self.part is None:
            value = _encoded(self.field.encode, value)
        assert self.argument_type is not None
        try:
            return fit(self.argument_type, value)
        except Misfit as misfit:
            raise self.refuse(value, misfit.hint) from None

    def key_of_instance(self, value: Any) -> Any:
        """A model instance becomes its key, where the path ends on a relation or a key."""
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
            raise self.refuse(value, f"the {type(value).__name__} was never saved: it has no key")
        return key

    def _expression(self, value: Expression, context: Context) -> Leaf:
        if self.spec.takes not in ("value", "text", "number"):
            from oxyde.queries.subquery import QueryExpression

            if not (self.spec.takes == "list" and isinstance(value, QueryExpression)):
                raise self.refuse(value, "this lookup takes plain values only")
        values: list[Any] = []
        shape = (self.key, "expression", value.shape(context, values))
        detail: Any = value
        if self.operand_type is None:
            # A part of a document is read as the type of what it is compared with.
            detail = (value, context.check(value).type or "json")
        leaf = self.make(shape, tuple(values), "expression", detail)
        context.check_node(leaf)
        return leaf

    def make(
        self, shape: Hashable, values: tuple[Any, ...], form: str = "plain", detail: Any = None
    ) -> Leaf:
        """A leaf of this lookup."""
        return Leaf(self, shape, values, form, detail)

    def render(self, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """The lookup of the IR."""
        if self.spec.name == "search" and leaf.form == "plain" and not self.path:
            from oxyde.queries.search import search_lookup

            argument = scope.builder.param("text", self.label)
            return search_lookup(self, operand, argument, scope)
        if self.path:
            operand = self._step(leaf, operand)
        elif self.part is not None:
            operand = part_of(self.part, operand)
        return FORMS[leaf.form](self, leaf, operand, scope)

    def _step(self, leaf: Leaf, operand: _ir.Expr) -> _ir.Expr:
        column_type = self.operand_type
        if column_type is None:
            column_type = _json_type(leaf)
        return {
            "json_path": {
                "operand": operand,
                "path": [
                    {"index": item} if isinstance(item, int) else {"key": item}
                    for item in self.path
                ],
                "type": column_type,
            }
        }

    def predicate(self, operand: _ir.Expr, arguments: list[_ir.Expr]) -> _ir.Predicate:
        """The lookup over its operand."""
        return {"lookup": {"name": self.spec.name, "operand": operand, "arguments": arguments}}


def _shown(value: Any) -> str:
    if hasattr(type(value), "_db_meta"):
        # Its fields are nobody's business here.
        return f"a {type(value).__name__}"
    return f"{value!r:.80} ({type(value).__name__})"


def part_of(part: str, operand: _ir.Expr) -> _ir.Expr:
    """A part of a date as a value."""
    return {"function": {"name": PARTS[part], "arguments": [operand], "type": part_type(part)}}


def _json_type(leaf: Leaf) -> _ir.ColumnType:
    if leaf.resolved.spec.takes == "text":
        return "text"
    if leaf.form in ("plain", "list", "pair") and isinstance(leaf.detail, str):
        return default_type(leaf.detail)
    if leaf.form == "expression":
        return leaf.detail[1]  # type: ignore[no-any-return]
    return "json"


def _encoded(encode: Callable[[Any], Any], value: Any) -> Any:
    """The plain value of a field's value; a value that is plain already stays."""
    try:
        return encode(value)
    except (AttributeError, TypeError, ValueError, KeyError):
        return value
