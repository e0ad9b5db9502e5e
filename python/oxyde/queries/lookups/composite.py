"""Composite keys in conditions: ``pk=(1, 2)``, ``pk__in=[…]``, and relations to models with such
keys: ``users=user``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from oxyde.exceptions import FieldError, FieldLookupError, FieldLookupValueError
from oxyde.queries.ir.expression import Expression, InnerKeys
from oxyde.queries.ir.nodes import all_of, empty_select, exact
from oxyde.queries.ir.predicates import Junction, Node
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.leaf import NEVER, Leaf
from oxyde.queries.lookups.leaves import Flag
from oxyde.queries.lookups.lookup import Resolved, same_rows
from oxyde.queries.lookups.table import SPECS
from oxyde.queries.names import is_query

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context

__all__ = ["ResolvedKey"]

_LOOKUPS: Final = ("exact", "in", "isnull")


class ResolvedKey(Resolved):
    """A lookup of a composite key, or of a relation to a model that has one.

    Attributes:
        columns: its columns, in order.
    """

    __slots__ = ("columns",)

    def __init__(
        self, key: str, label: str, columns: Sequence[Resolved], rest: Sequence[str]
    ) -> None:
        name = rest[0] if rest else "exact"
        if name not in _LOOKUPS or len(rest) > 1:
            raise FieldLookupError(
                f"lookup `{'__'.join(rest)}` does not fit `{label}`, which is a key of "
                f"{len(columns)} columns",
                hint=f"it takes: {', '.join(_LOOKUPS)}; or name a column: "
                f"{', '.join(each.key for each in columns)}",
            )
        first = columns[0]
        super().__init__(
            key,
            label,
            first.hops,
            first.field,
            SPECS[name][0],
            relation=first.relation,
            owner=first.owner,
            operand_type=first.operand_type,
        )
        self.accepted = NEVER
        self.columns = tuple(columns)

    def leaf(self, value: Any, context: Context) -> Node:  # type: ignore[override]
        """The condition for a key, an instance, a list of them, or a query.

        Raises:
            FieldLookupValueError: it is something else.
        """
        if self.spec.name == "isnull" or (value is None and self.spec.name == "exact"):
            return Flag.of(self, True if value is None else value, context)
        if self.spec.name == "in":
            return self._in(value, context)
        if isinstance(value, Expression) or is_query(value):
            raise self._refuse_expression(value)
        items = self._items(value)
        leaves = [each.leaf(item, context) for each, item in zip(self.columns, items, strict=True)]
        return Junction("and", leaves)

    def _in(self, value: Any, context: Context) -> Node:
        if is_query(value):
            inner = value._as_keys(len(self.columns))
            self._check_rows(inner)
            return KeysInQuery(self, inner, context)
        if isinstance(value, Expression):
            raise self._refuse_expression(value)
        if isinstance(value, str | bytes | dict) or not isinstance(value, Iterable):
            raise self.refuse(value, "give a list of keys, or a query")
        rows = [self._items(each) for each in value]
        converted = [
            [column.convert(row[place]) for row in rows]
            for place, column in enumerate(self.columns)
        ]
        return KeyRows(self, (self.key, "keys"), tuple(converted))

    def _items(self, value: Any) -> Sequence[Any]:
        """The values of the columns of one key.

        Raises:
            FieldLookupValueError: it is not a key or an instance of the model.
        """
        if hasattr(type(value), "_db_meta"):
            if not same_rows(type(value), self.owner):
                raise self.refuse(value, f"give a {self.owner.__name__}")
            items = tuple([getattr(value, each.field.name) for each in self.columns])
            if None in items:
                raise self.refuse(value, f"the {type(value).__name__} has not been saved")
            return items
        if not isinstance(value, tuple | list) or len(value) != len(self.columns):
            names = ", ".join(each.field.name for each in self.columns)
            raise self.refuse(value, f"give a tuple ({names}), or a {self.owner.__name__}")
        return value

    def refuse(self, value: object, hint: str | None = None) -> FieldLookupValueError:
        """The error for a value that the lookup cannot take."""
        if isinstance(value, Expression) or is_query(value):
            shown = repr(value)[:80]
        elif hasattr(type(value), "_db_meta"):
            shown = f"a {type(value).__name__}"
        else:
            shown = f"{value!r:.80} ({type(value).__name__})"
        return FieldLookupValueError(
            f"`{self.label}` (a key of {len(self.columns)} columns) {self.spec.name} cannot take "
            f"{shown}",
            hint=hint,
        )

    def _refuse_expression(self, value: object) -> FieldLookupValueError:
        names = ", ".join(each.key for each in self.columns)
        return self.refuse(value, f"compare its columns: {names}")

    def _check_rows(self, query: InnerKeys) -> None:
        given = query.of_model
        if given is not None and not same_rows(given, self.owner):
            raise FieldLookupValueError(
                f"`{self.label}` refers to `{self.owner.__name__}` and cannot be compared with a "
                f"query of `{given.__name__}`",
                hint=f"give a query of `{self.owner.__name__}`, or select the columns of its keys",
            )

    def no_value(self) -> FieldError:
        """The error for its use as one value."""
        names = ", ".join(f"`{each.key}`" for each in self.columns)
        return FieldError(
            f"`{self.key}` is a key of {len(self.columns)} columns, which is not one value",
            hint=f"name them: {names}",
        )


class KeyRows(Leaf):
    """The key is one of a list."""

    __slots__ = ()

    def build(self, scope: Scope) -> _ir.Predicate:
        """The columns of the key equal one of the rows of the lists."""
        assert isinstance(self.resolved, ResolvedKey)
        columns = self.resolved.columns
        return {
            "in_rows": {
                "operands": [scope.column(each.hops, each.field) for each in columns],
                "lists": [
                    scope.builder.param(each.field.column_type, each.label, many=True)
                    for each in columns
                ],
            }
        }


class KeysInQuery(Leaf):
    """The key is one of those that a query selects."""

    __slots__ = ("query",)

    def __init__(self, resolved: ResolvedKey, query: InnerKeys, context: Context) -> None:
        values: list[Any] = []
        shape = (resolved.key, "keys of", query.shape(context, values))
        super().__init__(resolved, shape, tuple(values))
        self.query = query
        context.check_node(self)

    def never_null(self, scope: Scope) -> bool:
        """`EXISTS` is true or false."""
        return True

    def build(self, scope: Scope) -> _ir.Predicate:
        """`EXISTS` of a row of the query, which is a derived table, with this key."""
        assert isinstance(self.resolved, ResolvedKey)
        selected, names = self.query.select_keys(scope.origin)
        alias = scope.builder.alias("picked")
        select = empty_select()
        select["from"] = {"subquery": {"select": selected, "alias": alias}}
        select["outputs"] = [{"expr": {"literal": {"int": 1}}, "name": "one"}]
        conditions: list[_ir.Predicate] = []
        for each, name in zip(self.resolved.columns, names, strict=True):
            inner: _ir.Expr = {
                "column": {"table": alias, "name": name, "type": each.field.column_type}
            }
            conditions.append(exact(inner, scope.column(each.hops, each.field)))
        select["filter"] = all_of(conditions)
        return {"exists": select}
