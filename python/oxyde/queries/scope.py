"""One statement under construction: its params, and the tables in scope of each SELECT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from oxyde import _ir
from oxyde.exceptions import FieldError

if TYPE_CHECKING:
    from oxyde.db.meta import FieldMeta, ModelMeta
    from oxyde.queries.annotation import Annotation
    from oxyde.queries.names import Hop, Names

__all__ = ["Builder", "Scope", "Typed", "column", "exact", "param", "table_of"]

# PostgreSQL cuts identifiers at 63 bytes, which could make two aliases one.
_LONGEST_ALIAS = 50


class Typed(NamedTuple):
    """An expression of the IR with its type; `field` where it is a column's own value."""

    ir: _ir.Expr
    type: _ir.ColumnType | None
    field: FieldMeta | None = None


def column(alias: str, field: FieldMeta) -> _ir.Expr:
    """A column of a table in scope."""
    return {"column": {"table": alias, "name": field.db_column, "type": field.column_type}}


def param(index: int, column_type: _ir.ColumnType, *, many: bool = False) -> _ir.Expr:
    """A position in the list of values."""
    return {"param": {"index": index, "type": column_type, "list": many}}


def exact(left: _ir.Expr, right: _ir.Expr) -> _ir.Predicate:
    """`left = right`."""
    return {"lookup": {"name": "exact", "operand": left, "arguments": [right]}}


def table_of(meta: ModelMeta, alias: str) -> _ir.Table:
    """A model's table under an alias."""
    return {"schema": meta.schema, "name": meta.table_name, "alias": alias}


def _before(annotations: dict[str, Annotation], name: str) -> dict[str, Annotation]:
    before: dict[str, Annotation] = {}
    for known, annotation in annotations.items():
        if known == name:
            break
        before[known] = annotation
    return before


class Builder:
    """What the whole statement shares: the params so far, and the aliases that are taken.

    Params are numbered in the order in which expressions are built, which is the order in which
    the shape lists their values.
    """

    __slots__ = ("_used", "aliases", "checking", "flavour", "homes", "index", "labels", "zoned")

    def __init__(self, flavour: str | None = None, *, checking: bool = False) -> None:
        self.flavour = flavour
        self.index = 0
        self.labels: list[tuple[str, bool]] = []
        self._used: set[int] = set()
        self.aliases: set[str] = set()
        # The databases that queries inside of it name, and the models of those.
        self.homes: dict[str, str] = {}
        # Whether it names a time zone, which a server may not know.
        self.zoned = False
        # Whether names and types are looked at only, outside of a whole statement.
        self.checking = checking

    def param(
        self, column_type: _ir.ColumnType, label: str, *, many: bool = False, lookup: bool = True
    ) -> _ir.Expr:
        """The next value, sent as `column_type`; `label` names it in errors."""
        index = self.index
        self.label(index, label, lookup)
        self.index += 1
        return param(index, column_type, many=many)

    def can(self, feature: str) -> bool:
        """Whether the database that the statement is for has a feature; False when none is said."""
        if self.flavour is None:
            return False
        from oxyde import _core

        return _core.features(self.flavour)[feature]

    def take(self, other: Builder) -> None:
        """Be as another builder, that made the statement instead."""
        self.index = other.index
        self.labels = other.labels
        self._used = other._used
        self.homes = other.homes
        self.zoned = other.zoned

    def label(self, index: int, label: str, lookup: bool) -> None:
        """Name the param at a position."""
        while len(self.labels) <= index:
            self.labels.append(("", False))
        self.labels[index] = (label, lookup)
        self._used.add(index)

    def drop_unused(self, statement: _ir.Statement) -> tuple[int, ...] | None:
        """Renumber the params when the shape has values that the statement does not use (those of
        an annotation that a count leaves out); the positions of the others, or None for all."""
        if len(self._used) == self.index:
            return None
        kept = tuple(sorted(self._used))
        places = {index: place for place, index in enumerate(kept)}
        self.labels = [self.labels[index] for index in kept]
        _renumber(statement, places, set())
        return kept

    def alias(self, wanted: str) -> str:
        """An alias that nothing else in the statement has."""
        if len(wanted.encode()) > _LONGEST_ALIAS:
            wanted = "t"
        alias, number = wanted, 1
        while alias in self.aliases:
            number += 1
            alias = f"{wanted}_{number}"
        self.aliases.add(alias)
        return alias


def _renumber(node: Any, places: dict[int, int], seen: set[int]) -> None:
    """Change the index of each param once; an annotation may stand in several places."""
    if id(node) in seen:
        return
    if isinstance(node, dict):
        seen.add(id(node))
        if len(node) == 1 and "param" in node:
            node["param"]["index"] = places[node["param"]["index"]]
            return
        for value in node.values():
            _renumber(value, places, seen)
    elif isinstance(node, list):
        seen.add(id(node))
        for value in node:
            _renumber(value, places, seen)


class Scope:
    """The tables of one SELECT (or of an UPDATE or DELETE).

    Attributes:
        parent: the scope of the statement around this one.
        origin: for a scope that a to-many path opened, the scope that the path starts from.
        grouping: whether aggregates over its rows may stand in it.
        grouping_rows: whether there is a GROUP BY, so that a row stands for many.
        filtering: whether a condition on its rows is being built: windows come after those.
        locking: whether the rows are locked. Only rows that are surely there can be.
        sure: the aliases of tables whose rows are surely there.
        inline: whether no table can be joined here: a to-one path becomes a scalar subquery.
    """

    __slots__ = (
        "_aliases",
        "_built",
        "alias",
        "annotations",
        "builder",
        "extra",
        "filtering",
        "grouping",
        "grouping_rows",
        "inline",
        "joins",
        "locking",
        "names",
        "origin",
        "outputs",
        "parent",
        "starts",
        "sure",
    )

    def __init__(
        self,
        builder: Builder,
        names: Names,
        *,
        parent: Scope | None = None,
        alias: str | None = None,
        inline: bool = False,
    ) -> None:
        self.builder = builder
        self.names = names
        self.parent = parent
        self.origin = self
        self.alias = builder.alias(names.meta.table_name if alias is None else alias)
        self.joins: list[_ir.Join] = []
        self.inline = inline
        self.filtering = False
        self.locking = False
        self.sure = [self.alias]
        self.grouping = False
        self.grouping_rows = False
        self.annotations: dict[str, Annotation] = {}
        # Annotations: where their params begin; and what came out, for a row or for a group.
        self.starts: dict[str, int] = {}
        self._built: dict[tuple[str, bool], Typed] = {}
        # Aliases of tables that are joined otherwise than by a path.
        self.extra: dict[str, str] = {}
        # Names of the outputs, which an ORDER BY may refer to.
        self.outputs: set[str] = set()
        self._aliases: dict[tuple[str, ...], str] = {(): self.alias}

    def join(self, hops: Sequence[Hop]) -> str:
        """The alias of the table at the end of a path of to-one hops, joined once."""
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
                surely = self.locking and alias in self.sure and not hop.local.nullable
                if surely:
                    self.sure.append(known)
                self.joins.append(
                    {
                        "kind": "inner" if surely else "left",
                        "source": {"table": table_of(hop.target, known)},
                        "on": exact(column(known, hop.remote), column(alias, hop.local)),
                    }
                )
            alias = known
        return alias

    def column(self, hops: Sequence[Hop], field: FieldMeta) -> _ir.Expr:
        """A column at the end of a path."""
        if not hops:
            return column(self.alias, field)
        if self.inline:
            return self._inline(hops, field)
        return column(self.join(hops), field)

    def _inline(self, hops: Sequence[Hop], field: FieldMeta) -> _ir.Expr:
        from oxyde.queries.build_ir import empty_select

        first, rest = hops[0], hops[1:]
        if first.many:
            self.join(hops)
        inner = self.inner(first)
        output = inner.column(rest, field)
        select = empty_select()
        select["from"] = {"table": table_of(first.target, inner.alias)}
        select["joins"] = inner.joins
        select["outputs"] = [{"expr": output, "name": field.db_column}]
        select["filter"] = exact(column(inner.alias, first.remote), column(self.alias, first.local))
        return {"subquery": {"select": select, "type": field.column_type}}

    def inner(self, hop: Hop) -> Scope:
        """A scope inside this one whose first table is the far side of a hop."""
        from oxyde.queries.names import names_of

        inner = Scope(self.builder, names_of(hop.target.model), parent=self, alias=hop.name)
        inner.origin = self.origin
        return inner

    def unfit(self, expression: object, message: str, hint: str | None = None) -> FieldError:
        """The error for an expression whose parts do not go together."""
        return FieldError(f"{expression!r:.80} of `{self.names.label}`: {message}", hint=hint)

    def window_in_filter(self) -> FieldError:
        """The error for a condition on a window function: WHERE and HAVING come before it."""
        return FieldError(
            f"a window function over the rows of `{self.names.label}` cannot be filtered by: "
            "it sees the rows that are left",
            hint='put it into a CTE: ranked = CTE("ranked", query.values("id", place=…)); '
            'objects.join_cte(ranked, id="id").filter(ranked.column("place") == 1)',
        )

    def announce(self, annotations: Iterable[Annotation], start: int) -> int:
        """Let annotations be named here; where their params, which begin at `start`, end."""
        for annotation in annotations:
            self.annotations[annotation.name] = annotation
            self.starts[annotation.name] = start
            start += len(annotation.values)
        return start

    def annotation(self, name: str) -> Typed:
        """An annotation by its name, built when first asked for."""
        if self.filtering and self.annotations[name].expression.windows():
            raise self.window_in_filter()
        built = self._built.get((name, self.grouping_rows))
        if built is None:
            builder = self.builder
            index, builder.index = builder.index, self.starts[name]
            # An annotation sees those before it only: `pages=Sum("pages")` is about the field.
            known = self.annotations
            self.annotations = _before(known, name)
            built = known[name].expression.build(self)
            self.annotations = known
            builder.index = index
            self._built[name, self.grouping_rows] = built
        return built

    @contextmanager
    def each_row(self) -> Iterator[None]:
        """While what is built is about single rows, though they are grouped: a condition of WHERE,
        the argument of an aggregate."""
        before = self.grouping, self.grouping_rows
        self.grouping = self.grouping_rows = False
        try:
            yield
        finally:
            self.grouping, self.grouping_rows = before
