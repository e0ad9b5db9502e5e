"""Expressions: F, Value, arithmetic, comparisons and Cast."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.arithmetic import result_type
from oxyde.queries.base import Conditional, Expression
from oxyde.queries.columns import default_type, kind_of, plain, tag_of
from oxyde.queries.lookup_table import SPECS, part_type
from oxyde.queries.predicates import Node
from oxyde.queries.scope import Scope, Typed, column

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context
    from oxyde.queries.ordering import OrderBy

__all__ = ["Cast", "Computed", "Condition", "F", "Value", "as_expression"]


class Computed(Expression):
    """An expression with operators: `+ - * / // % **`, comparisons, and the text lookups.

    ``==`` and its like make conditions for filter(), as in ``filter(F("spent") > F("earned"))``.
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Combined:
        return Combined("add", self, as_expression(other))

    def __radd__(self, other: Any) -> Combined:
        return Combined("add", as_expression(other), self)

    def __sub__(self, other: Any) -> Combined:
        return Combined("subtract", self, as_expression(other))

    def __rsub__(self, other: Any) -> Combined:
        return Combined("subtract", as_expression(other), self)

    def __mul__(self, other: Any) -> Combined:
        return Combined("multiply", self, as_expression(other))

    def __rmul__(self, other: Any) -> Combined:
        return Combined("multiply", as_expression(other), self)

    def __truediv__(self, other: Any) -> Combined:
        return Combined("divide", self, as_expression(other))

    def __rtruediv__(self, other: Any) -> Combined:
        return Combined("divide", as_expression(other), self)

    def __floordiv__(self, other: Any) -> Combined:
        return Combined("floor_divide", self, as_expression(other))

    def __rfloordiv__(self, other: Any) -> Combined:
        return Combined("floor_divide", as_expression(other), self)

    def __mod__(self, other: Any) -> Combined:
        return Combined("modulo", self, as_expression(other))

    def __rmod__(self, other: Any) -> Combined:
        return Combined("modulo", as_expression(other), self)

    def __pow__(self, other: Any) -> Combined:
        return Combined("power", self, as_expression(other))

    def __rpow__(self, other: Any) -> Combined:
        return Combined("power", as_expression(other), self)

    def __neg__(self) -> Combined:
        return Combined("subtract", Value(0), self)

    def bitand(self, other: Any) -> Combined:
        """Bitwise and (``&`` puts conditions together)."""
        return Combined("bit_and", self, as_expression(other))

    def bitor(self, other: Any) -> Combined:
        """Bitwise or (``|`` puts conditions together)."""
        return Combined("bit_or", self, as_expression(other))

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return Condition(self, "exact", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return Condition(self, "exact", other, negated=True)

    def __gt__(self, other: Any) -> Condition:
        return Condition(self, "gt", other)

    def __ge__(self, other: Any) -> Condition:
        return Condition(self, "gte", other)

    def __lt__(self, other: Any) -> Condition:
        return Condition(self, "lt", other)

    def __le__(self, other: Any) -> Condition:
        return Condition(self, "lte", other)

    __hash__ = object.__hash__

    def asc(self, *, nulls_first: bool = False, nulls_last: bool = False) -> OrderBy:
        """Smallest first, for order_by()."""
        from oxyde.queries.ordering import OrderBy

        return OrderBy(self, descending=False, nulls_first=nulls_first, nulls_last=nulls_last)

    def desc(self, *, nulls_first: bool = False, nulls_last: bool = False) -> OrderBy:
        """Largest first, for order_by()."""
        from oxyde.queries.ordering import OrderBy

        return OrderBy(self, descending=True, nulls_first=nulls_first, nulls_last=nulls_last)


class F(Computed):
    """The value of a field in the row itself: ``update(views=F("views") + 1)``.

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

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The column, the annotation, or a part of a JSON column."""
        origin = scope.origin
        if self.name in origin.annotations:
            annotation = origin.annotations[self.name]
            if annotation.grouped and not origin.grouping:
                raise FieldError(
                    f"`{self.name}` is an aggregate, which has no value for a single row of "
                    f"`{origin.names.label}`",
                    hint="use group_by() or values() before annotate(), and having() to filter",
                )
            return origin.annotation(self.name)
        return path_value(origin, self.name, want)

    def __repr__(self) -> str:
        return f"F({self.name!r})"


def path_value(scope: Scope, name: str, want: _ir.ColumnType | None = None) -> Typed:
    """The value at the end of a path of fields.

    Raises:
        FieldError: a name that is none, or a path to many rows.
    """
    from oxyde.queries.lookups import part_of, resolve

    resolved = resolve(scope.names, name, scope.annotations)
    if resolved.spec.name != "exact":
        if resolved.spec.takes in ("number", "date", "time") and resolved.part is None:
            operand = scope.column(resolved.hops, resolved.field)
            part = resolved.spec.name
            return Typed(part_of(part, operand), part_type(part))
        raise FieldError(
            f"`{name}` is a lookup, not a value of `{scope.names.label}`",
            hint=f"leave out `__{resolved.spec.name}`",
        )
    operand = scope.column(resolved.hops, resolved.field)
    if resolved.path:
        column_type = resolved.operand_type or want or "json"
        path = [{"index": i} if isinstance(i, int) else {"key": i} for i in resolved.path]
        ir = {"json_path": {"operand": operand, "path": path, "type": column_type}}
        return Typed(ir, column_type)
    return Typed(operand, resolved.field.column_type, resolved.field)


def check_path(context: Context, name: str) -> None:
    """See to it that a path of fields has one value for each row; once per path.

    Raises:
        FieldError: a name that is none, or a path to many rows.
    """
    known = context.names.value_paths
    if name not in known:
        path_value(context.scope(), name)
        known.add(name)


class Value(Computed):
    """A value among expressions: ``annotate(kind=Value("user"))``.

    Args:
        value: what it is. Its type is taken from what stands beside it, or else its own.
    """

    __slots__ = ("tag", "value")

    def __init__(self, value: Any) -> None:
        self.tag = tag_of(value)
        self.value = plain(value)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The kind of value."""
        if self.value is not None:
            values.append(self.value)
        return ("value", self.tag)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A param, or NULL."""
        if self.value is None:
            return Typed({"literal": "null"}, want)
        column_type = _fitting(self.tag, want)
        return Typed(scope.builder.param(column_type, "a value", lookup=False), column_type)

    def __repr__(self) -> str:
        return f"Value({self.value!r})"


_COMPATIBLE = {
    "big_int": frozenset({"small_int", "integer", "big_int", "decimal", "double"}),
    "double": frozenset({"double"}),
    "decimal": frozenset({"decimal"}),
    "text": frozenset({"text", "varchar", "enum", "uuid", "inet", "json"}),
    "json": frozenset({"json", "array", "vector"}),
}


def _fitting(tag: str, want: _ir.ColumnType | None) -> _ir.ColumnType:
    if want is not None:
        kind = kind_of(want)
        if kind == tag or kind in _COMPATIBLE.get(tag, ()):
            if kind in ("small_int", "integer"):
                return "big_int"
            if kind == "varchar":
                return "text"
            if kind == "decimal":
                return default_type("decimal")
            return want
    return default_type(tag)


def as_expression(value: Any) -> Expression:
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
        if isinstance(self.left, Value) and not isinstance(self.right, Value):
            # The param on the left takes its type from the right side, which is built for a look
            # first, so that params keep their order.
            index, labels = scope.builder.index, len(scope.builder.labels)
            beside = self.right.build(scope).type
            scope.builder.index = index
            del scope.builder.labels[labels:]
            left = self.left.build(scope, beside)
            right = self.right.build(scope)
        else:
            left = self.left.build(scope, want if isinstance(self.left, Value) else None)
            right = self.right.build(scope, left.type)
        try:
            operator, result = result_type(self.operator, left, right)
        except FieldError as error:
            raise scope.unfit(self, error.args[0], error.hint) from None
        ir: _ir.Expr = {
            "binary": {"op": operator, "left": left.ir, "right": right.ir, "type": result}
        }
        return Typed(ir, result)

    def operands(self) -> tuple[Expression, ...]:
        """Both sides."""
        return (self.left, self.right)

    def __repr__(self) -> str:
        return f"({self.left!r} {self.operator} {self.right!r})"


class Condition(Computed, Conditional):
    """An expression compared with a value or another expression: ``F("a") > F("b")``."""

    __slots__ = ("left", "lookup", "negated", "right")

    def __init__(self, left: Expression, lookup: str, right: Any, *, negated: bool = False) -> None:
        self.left = left
        self.lookup = lookup
        self.right = right
        self.negated = negated

    def resolve(self, context: Context) -> Node:
        """The comparison with its names looked up: that of a field is the same as by keyword."""
        from oxyde.queries.comparison import Comparison
        from oxyde.queries.predicates import Negation

        node: Node
        if isinstance(self.left, F):
            key = self.left.name
            if self.lookup != "exact":
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
        return Typed({"predicate": node.build(scope)}, "bool")

    def operands(self) -> tuple[Expression, ...]:
        """The sides that are expressions."""
        return tuple([each for each in (self.left, self.right) if isinstance(each, Expression)])

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        text = f"({self.left!r} {SPECS[self.lookup].name} {self.right!r})"
        return f"~{text}" if self.negated else text


def context_of(scope: Scope) -> Context:
    """The names that a scope knows."""
    from oxyde.queries.annotation import Context

    # Whether values of objects may stand there was seen when the shape was made.
    return Context(scope.names, scope.annotations, grouping=scope.grouping, objects=True)


class Cast(Computed):
    """`CAST`: ``Cast("price", int)``.

    Args:
        expression: a field's name or an expression.
        output: a Python type (int, str, Decimal …) or a column type.
    """

    __slots__ = ("operand", "type")

    def __init__(self, expression: str | Expression, output: Any) -> None:
        from oxyde.queries.outputs import output_type

        self.operand = F(expression) if isinstance(expression, str) else expression
        self.type = output_type(output)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The operand and the type."""
        return ("cast", repr(self.type), self.operand.shape(context, values))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The cast."""
        operand = self.operand.build(scope)
        return Typed({"cast": {"operand": operand.ir, "type": self.type}}, self.type)

    def operands(self) -> tuple[Expression, ...]:
        """The operand."""
        return (self.operand,)

    def __repr__(self) -> str:
        return f"Cast({self.operand!r}, …)"


def own_column(scope: Scope, name: str) -> Typed:
    """A column of the scope's first table."""
    field = scope.names.field(name)
    return Typed(column(scope.alias, field), field.column_type, field)
