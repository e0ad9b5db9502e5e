"""Lookups of the user's own: `register_lookup("soundex", str, "SOUNDEX({0}) = SOUNDEX({1})")`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.conditions import Truth
from oxyde.queries.expressions.context import Context
from oxyde.queries.expressions.operators import Computed, Constant, F
from oxyde.queries.expressions.own_sql import OwnSql, check_own_sql, for_dialect, raw_parts
from oxyde.queries.expressions.parts import parts_of
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.leaf import Argument, Leaf
from oxyde.queries.lookups.lookup import Resolved
from oxyde.queries.lookups.table import SPECS, Spec
from oxyde.queries.types.column_types import kind_of
from oxyde.queries.types.declared import output_type
from oxyde.queries.types.declared_types import KIND_FAMILIES, KINDS

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.names import Hop

__all__ = ["register_lookup"]

# A function of the column and the value to a condition.
Rule: TypeAlias = Callable[[Computed, Any], "Conditional | Expression"]


class OwnLookup(NamedTuple):
    """What a registered lookup is.

    Attributes:
        name: its name.
        condition: its SQL, or the function that makes its condition.
        as_given: whether the function gets values as they are.
    """

    name: str
    condition: str | Mapping[str, str] | Rule
    as_given: bool


class Given(Constant, Computed):
    """The value of a lookup, bound as the type that the lookup takes."""

    __slots__ = ()

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Its type."""
        return ("given", repr(self.type), super().shape(context, values))

    __hash__ = object.__hash__


class OwnArgument(Argument):
    """The argument of a registered lookup."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """The lookup's condition, with the value in its type."""
        own = _own(resolved)
        if own.as_given:
            return _condition(resolved, own, value, context)
        given = Given(resolved.convert(value), resolved.label, resolved.argument_type)
        return _condition(resolved, own, given, context)

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """The same with an expression."""
        return _condition(resolved, _own(resolved), value, context)


def _own(resolved: Resolved) -> OwnLookup:
    assert isinstance(resolved.spec.own, OwnLookup)
    return resolved.spec.own


def _condition(resolved: Resolved, own: OwnLookup, value: Any, context: Context) -> Leaf:
    column = F(resolved.key[: -len(own.name) - 2])
    if not callable(own.condition):
        node: Node = _SqlCondition(context, own, column, value)
        context.check_node(node)
    else:
        made = own.condition(column, value)
        if isinstance(made, Conditional):
            node = made.resolve(context)
        elif isinstance(made, Expression):
            node = Truth(made, context)
        else:
            raise FieldError(
                f"the function of the lookup `{own.name}` must return a condition, not "
                f"{made!r:.80}",
                hint="compare the column with the value, or combine conditions with & and |",
            )
    # A condition like those of other lookups, but not over one column.
    return cast("Leaf", node)


class _SqlCondition(Node):
    """The SQL of a registered lookup over a column and a value."""

    __slots__ = ("column", "grouped", "own", "value")

    def __init__(self, context: Context, own: OwnLookup, column: F, value: Expression) -> None:
        self.own = own
        self.column = column
        self.value = value
        values: list[Any] = []
        sides = (column.shape(context, values), value.shape(context, values))
        self.shape = ("own lookup", own.name, *sides)
        self.values = tuple(values)
        self.grouped = column.groups_rows(context) or value.groups_rows(context)

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """Those of the column; the value may refer to them, too."""
        return self.column.rows(scope)

    def build(self, scope: Scope) -> _ir.Predicate:
        """The template, with the column and the value in its slots."""
        column, value = parts_of((self.column, self.value), scope)
        left = column.build(scope)
        sides = [left.ir, value.build(scope, left.type).ir]
        assert not callable(self.own.condition)
        sql = for_dialect(scope, self.own.condition, f"the lookup `{self.own.name}`")
        return {"expr": {"raw": {"parts": raw_parts(sql, sides), "type": "bool"}}}


def register_lookup(
    name: str,
    types: object,
    condition: OwnSql | Rule,
    *,
    value: object = None,
) -> None:
    """Define a lookup for fields of some types, as in ``filter(name__soundex="Meyer")``.

    Register it once, before the first query, where the models are defined::

        register_lookup("soundex", str, {
            "mysql": "SOUNDEX({0}) = SOUNDEX({1})", "mariadb": "SOUNDEX({0}) = SOUNDEX({1})"
        })
        register_lookup("near", float, lambda column, value: Abs(column - value) < 0.5)

    Args:
        name: an identifier without `__`, which is not a lookup of these types.
        types: a type of fields, or a tuple of types: str, int, float, Decimal, datetime …
        condition: SQL with ``{0}`` for the column and ``{1}`` for the value, the same for all
            databases or a dict of SQL by database (`postgres`, `sqlite`, `mysql`, `mariadb`); or a
            function of the column and the value, both expressions, that returns a condition.
        value: the type of the value, if it is not that of the field. With `object` a function gets
            the value as it was given.

    Raises:
        FieldError: the name is taken or is not a name, the SQL is not a template, or there are no
            such types.
    """
    given: object = name
    if not isinstance(given, str) or not name.isidentifier() or "__" in name or name[0] == "_":
        raise FieldError(f"a lookup is named by an identifier without `__`, not {name!r:.80}")
    kinds: set[str] = set()
    for each in types if isinstance(types, tuple) else (types,):
        family = KIND_FAMILIES[kind_of(output_type(each))]
        if family == "json":
            raise FieldError(
                f"register_lookup({name!r}, …): documents and lists have paths, after which there "
                "is no room for a lookup",
                hint="use a Func in the condition: filter(MyFunc(F('data')) == …)",
            )
        kinds |= KINDS[family]
    taken = [spec for spec in SPECS.get(name, ()) if spec.own is None or spec.kinds & kinds]
    if taken:
        raise FieldError(f"the lookup `{name}` is already defined", hint="choose another name")
    as_given = value is object
    if callable(condition):
        rule: str | Mapping[str, str] | Rule = condition
    else:
        check_own_sql(condition, 2, f"the SQL of the lookup `{name}`")
        if as_given:
            raise FieldError(f"the lookup `{name}` in SQL takes values of one type, not of any")
        rule = condition if isinstance(condition, str) else dict(condition)
    argument = None if value is None or as_given else output_type(value)
    own = OwnLookup(name, rule, as_given)
    spec = Spec(name, frozenset(kinds), OwnArgument, argument, None, own)
    SPECS[name] = (*SPECS.get(name, ()), spec)
