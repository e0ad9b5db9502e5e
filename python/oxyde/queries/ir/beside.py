"""The rows of to-many paths, joined to the rows that the paths start from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from oxyde.queries.ir.nodes import all_of, column, empty_select, exact, table_of
from oxyde.queries.ir.related_row import endpoint
from oxyde.queries.ir.row_sets import aliases_in
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.names import Hop

__all__ = ["RelatedRows", "is_there", "related_rows", "rows_beside", "without_unread"]


class RelatedRows(NamedTuple):
    """The rows of a to-many path by themselves.

    Attributes:
        view: the scope of the rows that the path starts from, with those of the path.
        select: the SELECT of the rows, without outputs.
        link: the condition that ties them to a row that the path starts from: its key among them,
            and its value there.
        through: the alias of the first relation's rows, if it is many to many and they are all
            in the scope of their model.
        inside: the conditions that the rows of the first table are in the scope of their model.
    """

    view: Scope
    select: _ir.Select
    link: _ir.Predicate
    through: str | None
    inside: list[_ir.Predicate]


def related_rows(scope: Scope, path: tuple[Hop, ...]) -> RelatedRows:
    """The rows of a to-many path, in a SELECT of their own."""
    view = scope.beside()
    select = empty_select()
    first, *rest = _steps(path)
    inner, tables, inside = _joined(view, first)
    inner.joins = select["joins"]
    select["from"] = tables[0]["source"]
    select["joins"] += tables[1:]
    _reach(view, rest, inner.joins, "inner")
    alone = first[-1].through is None or first[-1].scoped
    through = None if alone else inner.alias
    return RelatedRows(view, select, tables[0]["on"], through, inside)


def rows_beside(scope: Scope, path: tuple[Hop, ...]) -> tuple[Scope, _ir.Join]:
    """Join the rows of a to-many path to a scope; return the joined scope and the join that
    multiplies rows."""
    view = scope.beside()
    first, *rest = _steps(path)
    inner, tables, inside = _joined(view, first)
    tables[0]["on"] = all_of([tables[0]["on"], *inside])
    for table in tables:
        table["kind"] = "left"
    inner.present.clear()
    inner.joins = scope.joins
    scope.joins += tables
    _reach(view, rest, inner.joins, "left")
    return view, tables[0]


def _steps(path: tuple[Hop, ...]) -> list[tuple[Hop, ...]]:
    """The prefixes of the path that end on a to-many hop."""
    return [path[: end + 1] for end, hop in enumerate(path) if hop.many]


def is_there(row: Scope, hop: Hop) -> _ir.Predicate:
    """The condition that the outer join of a hop found a row."""
    key = column(row.alias, hop.remote)
    arguments: list[_ir.Expr] = [{"literal": {"bool": False}}]
    return {"lookup": {"name": "isnull", "operand": key, "arguments": arguments}}


def _reach(
    view: Scope,
    paths: Sequence[tuple[Hop, ...]],
    joins: list[_ir.Join],
    kind: Literal["inner", "left"],
) -> None:
    """Join the rows of further paths."""
    for path in paths:
        row, tables, inside = _joined(view, path)
        tables[0]["on"] = all_of([tables[0]["on"], *inside])
        row.joins = joins
        for table in tables:
            table["kind"] = kind
        if kind == "left":
            row.present.clear()
        joins += tables


def _joined(
    view: Scope, path: tuple[Hop, ...]
) -> tuple[Scope, list[_ir.Join], list[_ir.Predicate]]:
    """The scope of the rows at the end of a path, pinned in `view`, the tables to join, and what
    says that the rows of the first one are in the scope of their model."""
    last = path[-1]
    near = endpoint(view, path[:-1], last.local)
    inner = view.inner(last)
    view.pin(path, inner)
    target = table_of(last.target, inner.alias)
    inside = view.in_scope(last, last.target, inner.alias)
    if last.through is None:
        return inner, [_join(target, exact(column(inner.alias, last.remote), near))], inside
    through = last.through
    alias = view.builder.alias(f"{last.name}_through")
    held = column(alias, through.target)
    if not last.scoped:
        # Else a row of the table between may have none.
        inner.held = (last.remote, held)
        if not through.target.nullable:
            inner.present.add(alias)
    link = exact(column(inner.alias, last.remote), held)
    tables = [
        _join(table_of(through.meta, alias), exact(column(alias, through.source), near)),
        _join(target, all_of([link, *inside])),
    ]
    return inner, tables, view.in_scope(last, through.meta, alias)


def without_unread(select: _ir.Select, alias: str) -> None:
    """Leave a joined table out, if no column of it is read but by its own join."""
    others = [each for each in select["joins"] if _alias(each) != alias]
    parts = [others, select["outputs"], select["filter"]]
    used = aliases_in(parts)
    if used is not None and alias not in used:
        select["joins"] = others


def _alias(join: _ir.Join) -> str:
    source = join["source"]
    return source["table"]["alias"] if "table" in source else source["subquery"]["alias"]


def _join(table: _ir.Table, on: _ir.Predicate) -> _ir.Join:
    return {"kind": "inner", "source": {"table": table}, "on": on}
