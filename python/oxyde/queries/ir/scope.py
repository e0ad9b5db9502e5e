"""One statement under construction: its params, and the tables in scope of each SELECT."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import TypeVarTuple, Unpack

from oxyde.exceptions import FieldError
from oxyde.queries.ir.fan_out import FanOut
from oxyde.queries.ir.narrowing import ALL_ROWS, Narrowing
from oxyde.queries.ir.nodes import Typed, all_of, column, empty_select, exact, param, table_of
from oxyde.queries.names import Hop, Names, names_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Features
    from oxyde._meta import FieldMeta, ModelMeta
    from oxyde.queries.compile.refusal import Guard
    from oxyde.queries.expressions.context import Annotation
    from oxyde.queries.ir.expression import Expression
    from oxyde.queries.ir.related_groups import RelatedGroups

__all__ = ["Builder", "Scope"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_NO_ROWS: Mapping[tuple[Hop, ...], Scope] = {}
_UNCHANGED = nullcontext()

# PostgreSQL truncates identifiers to 63 bytes, which could make two aliases equal.
_LONGEST_ALIAS = 50
# More positions than a statement has values.
_FIXED = 1 << 32


def _others(
    rows: Mapping[tuple[Hop, ...], Scope], path: tuple[Hop, ...]
) -> dict[tuple[Hop, ...], Scope]:
    """The rows without the one at the end of a path and those reached through it."""
    return {known: row for known, row in rows.items() if known[: len(path)] != path}


def _before(annotations: dict[str, Annotation], name: str) -> dict[str, Annotation]:
    before: dict[str, Annotation] = {}
    for known, annotation in annotations.items():
        if known == name:
            break
        before[known] = annotation
    return before


class Builder:
    """State of the whole statement: the params so far and the aliases in use.

    A param's index is the position of its value among those that the shape lists. Clauses are built
    in that order and take the next positions. What is built later, in another order or more than
    once has its positions from `reserve`, and is built by `placed`.

    Attributes:
        index: the next position.
    """

    __slots__ = (
        "_labels",
        "aliases",
        "checking",
        "computed",
        "features",
        "fixed",
        "guards",
        "has_parts",
        "homes",
        "index",
        "looked",
        "nothing",
        "widths",
        "zoned",
    )

    def __init__(self, features: Features | None = None, *, checking: bool = False) -> None:
        # What the server can do that the statement is for; None when there is none.
        self.features = features
        self.index = 0
        # The labels of the params in use, by position.
        self._labels: dict[int, tuple[str, bool]] = {}
        self.aliases: set[str] = set()
        # The databases that subqueries name, with the models of those subqueries.
        self.homes: dict[str, str] = {}
        # Whether it has a query of the user inside.
        self.has_parts = False
        # Whether it names a time zone, which a server may not know.
        self.zoned = False
        # Whether it is known to find no row, so that it is not run.
        self.nothing = False
        # The bounds of fields that the statement checks itself.
        self.guards: list[Guard] = []
        # The functions and operators of the statement, for errors about their results.
        self.computed: dict[str, None] = {}
        # Cache of `Scope.look`: expressions with their types and whether they are plain values.
        self.looked: dict[int, tuple[Any, _ir.ColumnType | None, bool]] = {}
        # Expressions with their numbers of values, counted once.
        self.widths: dict[int, tuple[Expression, int]] = {}
        # Values that are not of the query: those in scopes of models, by position from `_FIXED` on.
        self.fixed: list[Any] = []
        # Whether only names and types are checked, outside a complete statement.
        self.checking = checking

    def param(
        self, column_type: _ir.ColumnType, label: str, *, many: bool = False, lookup: bool = True
    ) -> _ir.Expr:
        """The next value, sent as `column_type`; `label` names it in errors."""
        index = self.index
        self._labels[index] = (label, lookup)
        self.index = index + 1
        return param(index, column_type, many=many)

    def reserve(self, count: int) -> int:
        """Reserve the next `count` positions; return the first of them."""
        start = self.index
        self.index += count
        return start

    def fix(self, values: Sequence[Any]) -> int:
        """Take positions for values that every query of the shape has; return the first."""
        start = _FIXED + len(self.fixed)
        self.fixed += values
        return start

    def placed(self, start: int, build: Callable[[Unpack[Ts]], T], *args: Unpack[Ts]) -> T:
        """Build a part at the reserved positions that begin at `start`."""
        index, self.index = self.index, start
        try:
            return build(*args)
        finally:
            self.index = index

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Build a part only to learn its type; it takes no positions."""
        kept = self.index, self._labels
        self._labels = {}
        try:
            yield
        finally:
            self.index, self._labels = kept

    def forget(self, start: int, count: int) -> None:
        """Drop `count` params from `start` on: what they are in does not go into the SQL."""
        for index in range(start, start + count):
            self._labels.pop(index, None)

    def label(self, index: int, label: str, lookup: bool) -> None:
        """Name the param at a position."""
        self._labels[index] = (label, lookup)

    @property
    def labels(self) -> list[tuple[str, bool]]:
        """The names of the params in use, in their order."""
        return list(map(self._labels.__getitem__, sorted(self._labels)))

    def drop_unused(self, statement: _ir.Statement) -> tuple[int, ...] | None:
        """Renumber the params if the statement does not use all values of the shape (count() omits
        annotations, for example), or has values of its own, which then are the last ones and which
        `fixed` becomes; return the positions of the used values of the shape, or None for all."""
        if not self.fixed and len(self._labels) == self.index:
            return None
        used = tuple(sorted(self._labels))
        places = {index: place for place, index in enumerate(used)}
        _renumber(statement, places)
        kept = tuple([index for index in used if index < _FIXED])
        self.fixed = [self.fixed[index - _FIXED] for index in used[len(kept) :]]
        return None if len(kept) == self.index else kept

    def alias(self, wanted: str) -> str:
        """An alias that is unique in the statement."""
        if len(wanted.encode()) > _LONGEST_ALIAS:
            wanted = "t"
        alias, number = wanted, 1
        while alias in self.aliases:
            number += 1
            alias = f"{wanted}_{number}"
        self.aliases.add(alias)
        return alias


def _renumber(statement: object, places: dict[int, int]) -> None:
    """Change the index of each param once; an annotation may occur in several places."""
    seen: set[int] = set()
    left = [statement]
    while left:
        node = left.pop()
        if not isinstance(node, dict | list) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            left.extend(node)
        elif len(node) == 1 and "param" in node:
            node["param"]["index"] = places[node["param"]["index"]]
        else:
            left.extend(node.values())


class _Restored:
    """A block in which a scope is changed; at its end, it is as it was before the change."""

    __slots__ = ("_before", "_scope")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._before = scope.rows, scope.pinned, scope.grouping, scope.grouping_rows

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        scope = self._scope
        scope.rows, scope.pinned, scope.grouping, scope.grouping_rows = self._before


class Scope:
    """The tables of one SELECT (or of an UPDATE or DELETE).

    Attributes:
        parent: the scope of the enclosing statement.
        origin: for a scope that a to-many path opened, the scope that the path starts from.
        grouping: whether aggregates over its rows are allowed.
        grouping_rows: whether there is a GROUP BY, so that a row represents a group.
        filtering: whether a WHERE condition is being built, which cannot use window functions.
        sure: the aliases of tables that always have a row, because no key on the way is NULL; they
            can be locked.
        present: the aliases of tables that are joined by inner joins only.
        inline: whether no table can be joined here: a condition on a to-one path looks up its row,
            and the value at the end of one becomes a scalar subquery.
        passes: the groups that aggregates over relations are computed in, by path; None to compute
            them for each row.
        narrowing: what the conditions say about the rows.
        held: a column whose value another joined table has as well, and that value.
        fans: the to-many joins of aggregates over groups.
        opened: the relations whose rows count even outside of the scope of their model.
        rows: while a condition is built, the rows that it applies to: scopes by to-many path.
        pinned: those of them that negated conditions apply to as well.
    """

    # What few scopes set is a class attribute, so that most scopes are made in few steps.
    parent: Scope | None = None
    inline = False
    filtering = False
    grouping = False
    grouping_rows = False
    narrowing: Narrowing = ALL_ROWS
    passes: dict[tuple[str, ...], RelatedGroups] | None = None
    fans: FanOut | None = None
    opened: frozenset[Hop] = frozenset()
    _base: Scope | None = None

    def __init__(
        self,
        builder: Builder,
        names: Names,
        *,
        parent: Scope | None = None,
        alias: str | None = None,
        at: str | None = None,
        inline: bool = False,
    ) -> None:
        self.builder = builder
        self.names = names
        self.parent = parent
        self.origin = self
        if at is None:
            at = builder.alias(names.meta.table_name if alias is None else alias)
        self.alias = at
        self.joins: list[_ir.Join] = []
        self.inline = inline
        self.held: tuple[FieldMeta, _ir.Expr] | None = None
        self.rows = self.pinned = _NO_ROWS
        self.sure = [self.alias]
        self.present = {self.alias}
        self.annotations: dict[str, Annotation] = {}
        # The positions of annotations' params, and the built annotations, per row and per group.
        self.starts: dict[str, int] = {}
        self._built: dict[tuple[str, bool], Typed] = {}
        # Aliases of tables that are not joined by a path.
        self.extra: dict[str, str] = {}
        # Names of the outputs, which ORDER BY may use.
        self.outputs: set[str] = set()
        self._aliases: dict[tuple[str, ...], str] = {(): self.alias}

    def beside(self) -> Scope:
        """The same rows with others pinned beside them: the rows of an aggregate.

        Paths still begin at the model of this scope: ``Q(posts__stars=F("wanted"))``.
        """
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.origin = made
        made.rows = made.pinned
        made.passes = None
        made.grouping = made.grouping_rows = False
        made._base = self
        return made

    def pin(self, path: tuple[Hop, ...], row: Scope) -> None:
        """From now on, apply conditions to a row at the end of a path."""
        self.rows = self.pinned = {**self.pinned, path: row}

    def tables(self) -> Iterable[str]:
        """The aliases of its table and of those joined by paths to one row."""
        return self._aliases.values()

    def own_aggregate(self, ir: _ir.AggregateExpr) -> None:
        """Register an aggregate over the rows of groups, which joins of other aggregates must not
        multiply."""
        self.fanned().own.append(ir)

    def fanned(self) -> FanOut:
        """The fan-out of the SELECT, created on first use."""
        if self.fans is None:
            self.fans = FanOut()
        return self.fans

    def join(self, hops: Sequence[Hop]) -> str:
        """Join a path of to-one hops, once; return the alias of its last table."""
        path: tuple[str, ...] = ()
        alias = self.alias
        for hop in hops:
            path = (*path, hop.name)
            known = self._aliases.get(path)
            if known is None:
                if hop.many:
                    raise FieldError(
                        f"`{hop.source.model.__name__}.{hop.name}` has many rows for each "
                        f"`{hop.source.model.__name__}`, so its columns have no single value",
                        hint="use an aggregate, prefetch(), or filter() on it",
                    )
                known = self.builder.alias("__".join(path))
                self._aliases[path] = known
                if hop.certain and alias in self.sure:
                    self.sure.append(known)
                present = alias in self.present and (hop.certain or path in self.narrowing.needed)
                if present:
                    self.present.add(known)
                self.joins.append(
                    {
                        "kind": "inner" if present else "left",
                        "source": {"table": table_of(hop.target, known)},
                        "on": all_of(
                            [
                                exact(column(known, hop.remote), column(alias, hop.local)),
                                *self.in_scope(hop, hop.target, known),
                            ]
                        ),
                    }
                )
            alias = known
        return alias

    def column(self, hops: Sequence[Hop], field: FieldMeta) -> _ir.Expr:
        """A column at the end of a path."""
        if not hops:
            if self.held is not None and self.held[0] is field:
                return self.held[1]
            return column(self.alias, field)
        if self.rows:
            path = tuple(hops)
            for end in range(len(path), 0, -1):
                row = self.rows.get(path[:end])
                if row is not None:
                    return row.column(path[end:], field)
        if self.inline:
            return self._inline(hops, field)
        return column(self.join(hops), field)

    def never_null(self, typed: Typed) -> bool:
        """Whether an expression is a column that is not NULL, of a row that is always there."""
        if typed.field is None or typed.field.nullable or "column" not in typed.ir:
            return False
        alias = typed.ir["column"]["table"]
        return any(alias in row.present for row in (self, *self.rows.values()))

    def _inline(self, hops: Sequence[Hop], field: FieldMeta) -> _ir.Expr:
        first, rest = hops[0], hops[1:]
        if first.many:
            self.join(hops)
        inner = self.inner(first)
        output = inner.column(rest, field)
        select = empty_select()
        select["from"] = {"table": table_of(first.target, inner.alias)}
        select["joins"] = inner.joins
        select["outputs"] = [{"expr": output, "name": field.db_column}]
        link = exact(column(inner.alias, first.remote), column(self.alias, first.local))
        select["filter"] = all_of([link, *self.in_scope(first, first.target, inner.alias)])
        return {"subquery": {"select": select, "type": field.column_type}}

    def inner(self, hop: Hop) -> Scope:
        """A scope inside this one whose first table is the far side of a hop."""
        inner = Scope(self.builder, names_of(hop.target.model), parent=self, alias=hop.name)
        inner.origin = self.origin
        inner.opened = self.opened
        return inner

    def in_scope(self, hop: Hop, meta: ModelMeta, alias: str) -> list[_ir.Predicate]:
        """The conditions that a row which a hop leads to is in the scope of its model.

        Args:
            meta: the far side, or the table between.
            alias: the alias of its table.
        """
        if meta.scope is None or hop in self.opened:
            return []
        names = names_of(meta.model)
        assert names.scope is not None
        row = Scope(self.builder, names, at=alias)
        start = self.builder.fix(names.scope.values)
        return [self.builder.placed(start, names.scope.build, row)]

    def bound(self, path: tuple[Hop, ...], row: Scope, *, pin: bool = False) -> _Restored:
        """Apply conditions to a row at the end of a path."""
        restored = _Restored(self)
        self.rows = {**_others(self.rows, path), path: row}
        if pin:
            self.pinned = {**_others(self.pinned, path), path: row}
        return restored

    def only_pinned(self) -> _Restored:
        """Build a condition that shares no row with those around it."""
        restored = _Restored(self)
        self.rows = self.pinned
        return restored

    def own_row(self) -> _Restored:
        """Build something on the scope's own row only."""
        restored = _Restored(self)
        self.rows = self.pinned = _NO_ROWS
        return restored

    def each_row(self) -> AbstractContextManager[None]:
        """Build something per row although rows are grouped: a WHERE condition, or an aggregate's
        argument."""
        if not self.grouping:
            return _UNCHANGED
        restored = _Restored(self)
        self.grouping = self.grouping_rows = False
        return restored

    def look(self, expression: Expression) -> tuple[_ir.ColumnType | None, bool]:
        """The type of an expression that is built later, and whether it is a plain value. Cached:
        otherwise each level of nesting would double the work.
        """
        builder = self.builder
        known = builder.looked.get(id(expression))
        if known is None:
            with builder.trial():
                typed = expression.build(self)
            known = builder.looked[id(expression)] = (expression, typed.type, "param" in typed.ir)
        return known[1:]

    def unfit(self, expression: object, message: str, hint: str | None = None) -> FieldError:
        """The error for an expression whose parts do not fit together."""
        return FieldError(f"{expression!r:.80} of `{self.names.label}`: {message}", hint=hint)

    def window_in_filter(self) -> FieldError:
        """The error for a condition on a window function, which is computed after WHERE and
        HAVING."""
        return FieldError(
            f"a window function over the rows of `{self.names.label}` cannot be used in filter(): "
            "it is computed after filtering",
            hint='put it into a CTE: ranked = CTE("ranked", query.values("id", place=…)); '
            'objects.join_cte(ranked, id="id").filter(ranked.column("place") == 1)',
        )

    def announce(self, annotations: Iterable[Annotation]) -> None:
        """Register annotations; their values take the next positions."""
        for annotation in annotations:
            self.annotations[annotation.name] = annotation
            self.starts[annotation.name] = self.builder.reserve(len(annotation.values))

    def annotation(self, name: str) -> Typed:
        """An annotation by its name, built on first use."""
        if self._base is not None:
            with self._base.each_row():
                return self._base.annotation(name)
        annotation = self.annotations[name]
        windows = annotation.windows
        if self.filtering and windows:
            raise self.window_in_filter()
        if self.grouping_rows and not annotation.grouped and not windows:
            # Per row, not per group: `tags=Count("tags")` inside Sum("tags").
            with self.each_row():
                return self.annotation(name)
        built = self._built.get((name, self.grouping_rows))
        if built is None:
            # An annotation sees only earlier ones: `pages=Sum("pages")` sums the field.
            known = self.annotations
            self.annotations = _before(known, name)
            with self.own_row():
                built = self.builder.placed(self.starts[name], annotation.expression.build, self)
            self.annotations = known
            self._built[name, self.grouping_rows] = built
        return built
