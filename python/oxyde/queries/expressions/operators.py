"""Expressions with operators: F, Value, arithmetic and comparisons."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from oxyde._meta import FieldMeta
from oxyde.exceptions import FieldError, FieldLookupError, FieldLookupValueError
from oxyde.hydration.registered import FieldDecoder, registered_as
from oxyde.queries.expressions.context import Context, context_of
from oxyde.queries.expressions.order_by import OrderBy
from oxyde.queries.expressions.parts import parts_of
from oxyde.queries.ir.depth import brief
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.predicates import Junction, Negation, Node
from oxyde.queries.ir.related_row import by_itself
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.json_values import wanted_beside
from oxyde.queries.lookups.parse import resolve_value
from oxyde.queries.lookups.path_value import path_value
from oxyde.queries.lookups.paths import head
from oxyde.queries.lookups.table import JSON_LOOKUPS, spec_for
from oxyde.queries.lookups.whole import WITH_FRACTION, whole_bound
from oxyde.queries.types.arithmetic import SIGNS, result_type
from oxyde.queries.types.column_types import INTEGERS, kind_of
from oxyde.queries.types.values import Tag, fitting, plain, plain_tag, tag_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.names import Hop

__all__ = ["Comparison", "Computed", "Condition", "Constant", "F", "Value", "as_expression"]


class Computed(Expression):
    """An expression with operators: `+ - * / // % **` and comparisons.

    Comparisons make conditions for filter(): ``filter(F("spent") > F("earned"))``.
    """

    __slots__ = ()

    def __add__(self, other: object) -> Combined:
        return Combined("add", self, as_expression(other))

    def __radd__(self, other: object) -> Combined:
        return Combined("add", as_expression(other), self)

    def __sub__(self, other: object) -> Combined:
        return Combined("subtract", self, as_expression(other))

    def __rsub__(self, other: object) -> Combined:
        return Combined("subtract", as_expression(other), self)

    def __mul__(self, other: object) -> Combined:
        return Combined("multiply", self, as_expression(other))

    def __rmul__(self, other: object) -> Combined:
        return Combined("multiply", as_expression(other), self)

    def __truediv__(self, other: object) -> Combined:
        return Combined("divide", self, as_expression(other))

    def __rtruediv__(self, other: object) -> Combined:
        return Combined("divide", as_expression(other), self)

    def __floordiv__(self, other: object) -> Combined:
        return Combined("floor_divide", self, as_expression(other))

    def __rfloordiv__(self, other: object) -> Combined:
        return Combined("floor_divide", as_expression(other), self)

    def __mod__(self, other: object) -> Combined:
        return Combined("modulo", self, as_expression(other))

    def __rmod__(self, other: object) -> Combined:
        return Combined("modulo", as_expression(other), self)

    def __pow__(self, other: object) -> Combined:
        return Combined("power", self, as_expression(other))

    def __rpow__(self, other: object) -> Combined:
        return Combined("power", as_expression(other), self)

    def __neg__(self) -> Combined:
        return Combined("subtract", Value(0), self)

    def bitand(self, other: object) -> Combined:
        """Bitwise AND (``&`` combines conditions)."""
        return Combined("bit_and", self, as_expression(other))

    def bitor(self, other: object) -> Combined:
        """Bitwise OR (``|`` combines conditions)."""
        return Combined("bit_or", self, as_expression(other))

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return Condition(self, "exact", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return Condition(self, "exact", other, negated=True)

    def __gt__(self, other: object) -> Condition:
        return Condition(self, "gt", other)

    def __ge__(self, other: object) -> Condition:
        return Condition(self, "gte", other)

    def __lt__(self, other: object) -> Condition:
        return Condition(self, "lt", other)

    def __le__(self, other: object) -> Condition:
        return Condition(self, "lte", other)

    __hash__ = object.__hash__

    def asc(self, *, nulls_first: bool = False, nulls_last: bool = False) -> OrderBy:
        """Smallest first, for order_by()."""
        return OrderBy(self, descending=False, nulls_first=nulls_first, nulls_last=nulls_last)

    def desc(self, *, nulls_first: bool = False, nulls_last: bool = False) -> OrderBy:
        """Largest first, for order_by()."""
        return OrderBy(self, descending=True, nulls_first=nulls_first, nulls_last=nulls_last)


class F(Computed):
    """A field of the row: ``update(views=F("views") + 1)``.

    Args:
        name: a field, also over relations (``F("author__age")``), or an annotation.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        given: object = name
        if not isinstance(given, str) or not given:
            raise FieldError(f"F() takes the name of a field, not {name!r}")
        self.name = name

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Its name."""
        return ("F", self.name)

    @property
    def width(self) -> int:
        """It has no value."""
        return 0

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The column, the annotation, or a part of a JSON column."""
        origin = scope.origin
        return path_value(origin, self.name, want)

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """Those on its path."""
        if self.name in scope.annotations:
            return ()
        return resolve_value(scope.names, self.name, scope.annotations).rows

    def is_json_part(self, scope: Context | Scope) -> bool:
        """By what its path means."""
        first, _, rest = self.name.partition("__")
        if not rest:
            return False
        annotation = scope.annotations.get(first)
        if annotation is not None:
            resolved = annotation.resolve(scope.names, self.name, value=True)
        else:
            resolved = resolve_value(scope.names, self.name, scope.annotations)
        return bool(resolved.path) and resolved.operand_type is None

    def to_many_paths(self, scope: Context | Scope) -> list[tuple[Hop, ...]]:
        """Its own, if it has one."""
        if head(self.name, scope.annotations) in scope.annotations:
            return []
        hops = resolve_value(scope.names, self.name, scope.annotations).hops
        many = [index for index, hop in enumerate(hops) if hop.many]
        return [hops[: many[-1] + 1]] if many else []

    def groups_rows(self, context: Context) -> bool:
        """Whether it names an annotation that does."""
        annotation = context.annotations.get(head(self.name, context.annotations))
        return annotation is not None and annotation.grouped

    def aggregates_groups(self, context: Context) -> bool:
        """Whether it names an annotation that does."""
        return self.groups_rows(context)

    def has_window(self, scope: Context | Scope) -> bool:
        """Whether it names an annotation that contains one."""
        annotation = scope.annotations.get(self.name.partition("__")[0])
        return annotation is not None and annotation.expression.has_window(scope)

    def __repr__(self) -> str:
        return f"F({self.name!r})"


OrderBy._named = F


class Value(Computed):
    """A value in an expression: ``annotate(kind=Value("user"))``.

    Args:
        value: its type comes from the expression beside it, or else from the value itself.
    """

    __slots__ = ("kind", "tag", "value")

    def __init__(self, value: object) -> None:
        # The class of an enum member or a registered type: values are read back as it.
        self.kind: type[Any] | None = None
        known = plain_tag(value)
        if known is not None:
            self.tag: Tag = known
            self.value = value
            return
        self.tag = tag_of(value)
        self.value = plain(value)
        if isinstance(value, Enum) or registered_as(type(value)) is not None:
            self.kind = type(value)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The kind of value."""
        if self.value is not None:
            values.append(self.value)
        return ("value", self.tag) if self.kind is None else ("value", self.tag, self.kind)

    @property
    def width(self) -> int:
        """One, or none for NULL."""
        return 0 if self.value is None else 1

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A param, or NULL."""
        if self.value is None:
            return Typed({"literal": "null"}, want)
        column_type = fitting(self.tag, want)
        ir = scope.builder.param(column_type, "a value", lookup=False)
        if self.kind is None:
            return Typed(ir, column_type)
        field = FieldMeta("value", "", self.kind, column_type)
        registered = registered_as(self.kind)
        if registered is not None:
            field.decode = FieldDecoder(registered, scope.names.model, field.name)
        return Typed(ir, column_type, field)

    def __repr__(self) -> str:
        return f"Value({self.value!r})"


class Constant(Expression):
    """A value whose type and error label come from the enclosing expression.

    Args:
        value: the value, bound as it is.
        label: its name in errors.
        type: its type; when None, that of the expression beside it.
        many: whether it is a list of such values.
    """

    __slots__ = ("label", "many", "type", "value")

    def __init__(
        self,
        value: object,
        label: str,
        type: _ir.ColumnType | None = None,
        *,
        many: bool = False,
    ) -> None:
        self.value = value
        self.label = label
        self.type: _ir.ColumnType | None = type
        self.many = many

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Whether it is a list."""
        values.append(self.value)
        return "list" if self.many else "constant"

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A param."""
        column_type: _ir.ColumnType = self.type or want or "text"
        ir = scope.builder.param(column_type, self.label, many=self.many, lookup=self.many)
        return Typed(ir, column_type)


def as_expression(value: object) -> Expression:
    """An expression as it is, a plain value as a Value.

    Raises:
        FieldError: no database type holds such a value.
    """
    if isinstance(value, Expression):
        return value
    return Value(value)


class Combined(Computed):
    """Two expressions and an operator."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, operator: _ir.BinaryOp, left: Expression, right: Expression) -> None:
        self.operator: _ir.BinaryOp = operator
        self.left = left
        self.right = right

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The operator and both sides."""
        left = self.left.shape(context, values)
        return (self.operator, left, self.right.shape(context, values))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The operation, with its result's type."""
        one, other = parts_of(self.parts(), scope)
        if isinstance(self.left, Value) and not isinstance(self.right, Value):
            right = other.build(scope)
            left = one.build(scope, right.type)
        else:
            left = one.build(scope, want if isinstance(self.left, Value) else None)
            right = other.build(scope, left.type)
        try:
            operator, result = result_type(self.operator, left, right)
        except FieldError as error:
            raise scope.unfit(self, error.args[0], error.hint) from None
        scope.builder.computed[f"`{SIGNS[self.operator]}`"] = None
        ir: _ir.Expr = {
            "binary": {"op": operator, "left": left.ir, "right": right.ir, "type": result}
        }
        return Typed(ir, result)

    def parts(self) -> tuple[Expression, ...]:
        """Both sides."""
        return (self.left, self.right)

    @brief
    def __repr__(self) -> str:
        return f"({self.left!r} {self.operator} {self.right!r})"


class Condition(Computed, Conditional):
    """An expression compared with a value or another expression: ``F("a") > F("b")``."""

    __slots__ = ("left", "lookup", "negated", "right")

    def __init__(
        self, left: Expression, lookup: str, right: object, *, negated: bool = False
    ) -> None:
        self.left = left
        self.lookup = lookup
        self.right = right
        self.negated = negated

    def resolve(self, context: Context) -> Node:
        """Resolve the names; on a field it is the same as a keyword lookup."""
        node: Node
        if isinstance(self.left, F):
            key = self.left.name
            # `data__contains` is a JSON key here, so the lookup must be explicit.
            named = key.rpartition("__")[2] in JSON_LOOKUPS and self.left.is_json_part(context)
            if self.lookup != "exact" or named:
                key = f"{key}__{self.lookup}"
            node = context.lookup(key, self.right)
        else:
            node = Comparison.make(context, self.left, self.lookup, self.right)
        return Negation(node) if self.negated else node

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The shape of the condition."""
        node = self.resolve(context)
        values.extend(node.values)
        return ("condition", node.shape)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The condition as a truth value."""
        node = self.resolve(context_of(scope))
        return Typed({"predicate": by_itself(node, scope)}, "bool")

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """None: as a value it is a complete condition."""
        return ()

    def operands(self) -> tuple[Expression, ...]:
        """The sides that are expressions."""
        return tuple([each for each in (self.left, self.right) if isinstance(each, Expression)])

    __hash__ = object.__hash__

    @brief
    def __repr__(self) -> str:
        text = f"({self.left!r} {self.lookup} {self.right!r})"
        return f"~{text}" if self.negated else text


class Comparison(Node):
    """``Lower("name") == "alice"``: a lookup whose operand is an expression."""

    __slots__ = ("arguments", "grouped", "left", "lookup")

    def __init__(
        self, context: Context, left: Expression, lookup: str, arguments: Sequence[Expression]
    ) -> None:
        self.left = left
        self.lookup = lookup
        self.arguments = arguments
        values: list[Any] = []
        parts = (left, *arguments)
        self.shape = ("compare", lookup, *[each.shape(context, values) for each in parts])
        self.values = tuple(values)
        self.grouped = any(each.groups_rows(context) for each in parts)

    @classmethod
    def make(cls, context: Context, left: Expression, lookup: str, right: Any) -> Node:
        """Resolve the names. Whole numbers are compared with the whole bounds of other numbers.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: the lookup does not fit the left side's type.
        """
        arguments: Sequence[Expression]
        right = _bound(context, left, lookup, right)
        if right is _ALL:
            return Negation(cls.make(context, left, "isnull", None))
        if right is _NONE:
            return Junction("or", ())
        if lookup == "isnull" or (right is None and lookup == "exact"):
            lookup, arguments = "isnull", ()
        elif right is None:
            raise FieldLookupValueError(f"{lookup} cannot compare with None", hint="use isnull")
        elif lookup == "between":
            arguments = [as_expression(each) for each in right]
        elif lookup == "in":
            arguments = [Constant(list(right), repr(left), many=True)]
        else:
            arguments = [as_expression(right)]
        node = cls(context, left, lookup, arguments)
        context.check_node(node)
        return node

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """Those of the left side; the right side may refer to them, too."""
        return self.left.rows(scope)

    def build(self, scope: Scope) -> _ir.Predicate:
        """The lookup over the expression."""
        first, *rest = parts_of((self.left, *self.arguments), scope)
        left = first.build(scope)
        if left.type is not None:
            kind = kind_of(left.type)
            if spec_for(self.lookup, kind) is None:
                raise FieldLookupError(
                    f"lookup `{self.lookup}` does not fit {self.left!r:.80} of "
                    f"`{scope.names.label}` ({kind})"
                )
        arguments: list[_ir.Expr] = []
        for each in rest:
            wanted = wanted_beside(scope, left.type, each.expression)
            arguments.append(each.build(scope, wanted).ir)
        if self.lookup == "isnull":
            arguments.append({"literal": {"bool": True}})
        return {"lookup": {"name": self.lookup, "operand": left.ir, "arguments": arguments}}


# What a comparison always is.
_ALL, _NONE = object(), object()


def _bound(context: Context, left: Expression, lookup: str, right: Any) -> Any:
    """What a whole number is compared with in place of a number with a fraction."""
    if not isinstance(right, WITH_FRACTION):
        return right
    column_type = context.check(left).type
    if column_type is None or kind_of(column_type) not in INTEGERS:
        return right
    bound = whole_bound(lookup, column_type, right)
    return bound if not isinstance(bound, bool) else _ALL if bound else _NONE
