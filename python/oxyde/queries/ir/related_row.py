"""Conditions over to-many relations: which of them share a related row, and the SQL for that.

All conditions of one filter() on a to-many relation apply to one related row, or, if there is none,
to a row of NULLs. The row is bound as deep in the condition as possible, so that most conditions
become an `EXISTS` over those that share the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from oxyde.queries.ir.nodes import all_of, column, empty_select, exact, table_of
from oxyde.queries.ir.row_sets import aliases_in, as_set
from oxyde.queries.ir.scope import Scope
from oxyde.queries.names import held_before

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta
    from oxyde.queries.ir.predicates import Node
    from oxyde.queries.names import Hop

__all__ = ["by_itself", "endpoint", "some_row"]

# A path that ends with a to-many hop, for which a row is bound.
_Path: TypeAlias = "tuple[Hop, ...]"
# A condition and the position of its first value.
_Part: TypeAlias = "tuple[Node, int]"

_ONE: _ir.Output = {"expr": {"literal": {"int": 1}}, "name": "one"}


def by_itself(node: Node, scope: Scope) -> _ir.Predicate:
    """Build a condition that shares no related row with those around it."""
    if scope.rows is not scope.pinned:
        with scope.only_pinned():
            return by_itself(node, scope)
    builder = scope.builder
    start = builder.index
    end = start + len(node.values)
    if node.operator != "and" and not node.rows(scope):
        # Most conditions need no row, and take the next positions.
        built = node.build(scope)
        builder.index = end
        return built
    builder.index = end
    if node.rows(scope):
        return _all([(node, start)], scope)
    return all_of([_placed(*part, scope) for part in _conjuncts([(node, start)])])


def _placed(node: Node, start: int, scope: Scope) -> _ir.Predicate:
    """Build a condition at the position of its first value."""
    return scope.builder.placed(start, node.build, scope)


def some_row(node: Node, path: _Path, scope: Scope) -> _ir.Predicate:
    """Whether the condition, including negations in it, holds for one row at the end of a path."""
    start = scope.builder.reserve(len(node.values))

    def within(first: int) -> _ir.Predicate:
        for end in range(first, len(path) + 1):
            here = path[:end]
            if path[end - 1].many and (end == len(path) or here not in scope.pinned):
                return _exists(here, scope, partial(within, end + 1), pin=True)
        return _all([(node, start)], scope)

    with scope.only_pinned():
        return within(1)


def endpoint(scope: Scope, hops: _Path, field: FieldMeta) -> _ir.Expr:
    """A column at the end of a path; a key is read from the foreign key column of the previous
    table."""
    hops, field = held_before(hops, field)
    return scope.column(hops, field)


def _all(parts: list[_Part], scope: Scope) -> _ir.Predicate:
    """All of the parts, with rows for the paths that have none yet."""
    return all_of([_together(members, free, scope) for members, free in _groups(parts, scope)])


def _groups(parts: list[_Part], scope: Scope) -> list[tuple[list[_Part], list[_Path]]]:
    """Group the parts by the rows that they share; each group with the paths that need a row."""
    groups: list[tuple[list[_Part], list[_Path]] | None] = []
    places: dict[_Path, int] = {}
    for part in _conjuncts(parts):
        free = _free(part[0], scope)
        if not free:
            groups.append(([part], free))
            continue
        place = len(groups)
        members, paths = [part], free
        for known in sorted({places[path] for path in free if path in places}):
            group = groups[known]
            assert group is not None
            if place == len(groups):
                place = known
                group[0].append(part)
                members, paths = group
            else:
                members += group[0]
                paths += group[1]
                groups[known] = None
        if place == len(groups):
            groups.append((members, paths))
        else:
            paths += [path for path in free if path not in paths]
        places.update(dict.fromkeys(paths, place))
    return [group for group in groups if group is not None]


def _conjuncts(parts: Sequence[_Part]) -> Iterator[_Part]:
    for node, start in parts:
        if node.operator == "and":
            yield from _conjuncts(_children(node, start))
        else:
            yield node, start


def _children(node: Node, start: int) -> list[_Part]:
    parts: list[_Part] = []
    for child in node.children:
        parts.append((child, start))
        start += len(child.values)
    return parts


def _free(node: Node, scope: Scope) -> list[_Path]:
    """The paths of a condition that have no row yet, each once."""
    rows = node.rows(scope)
    return list(dict.fromkeys([path for path in rows if path not in scope.rows])) if rows else []


def _together(members: list[_Part], free: list[_Path], scope: Scope) -> _ir.Predicate:
    if not free:
        return _placed(*members[0], scope)
    if len(members) == 1 and members[0][0].operator == "or":
        return _any(_children(*members[0]), scope)
    # A path must come after its prefixes.
    return _for_row(min(free, key=len), members, scope)


def _any(parts: list[_Part], scope: Scope) -> _ir.Predicate:
    """At least one of the parts; those on one relation share an EXISTS."""
    built: list[_ir.Predicate | list[_Part]] = []
    alike: dict[_Path, list[_Part]] = {}
    for part in parts:
        free = _free(part[0], scope)
        path = min(free, key=len) if free else None
        if path is None or part[0].on_null(path) is not False or part[0].asks_for(path):
            built.append(_all([part], scope))
        elif path in alike:
            alike[path].append(part)
        else:
            alike[path] = [part]
            built.append(alike[path])
    paths = iter(alike.items())
    found: list[_ir.Predicate] = []
    for each in built:
        if isinstance(each, list):
            path, members = next(paths)
            found.append(_exists(path, scope, partial(_each, members, scope)))
        else:
            found.append(each)
    return found[0] if len(found) == 1 else {"or": found}


def _each(parts: list[_Part], scope: Scope) -> _ir.Predicate:
    if len(parts) == 1:
        return _all(parts, scope)
    return _any(parts, scope)


def _for_row(path: _Path, members: list[_Part], scope: Scope) -> _ir.Predicate:
    """Whether all members hold for one row at the end of the path, or for NULLs if there is no
    row."""

    def inner() -> _ir.Predicate:
        return _all(members, scope)

    lone = members[0][0] if len(members) == 1 else None
    asks = lone is not None and lone.asks_for(path)
    without = True
    for node, _ in members:
        holds = node.on_null(path)
        if holds is False:
            return _exists(path, scope, None if asks else inner)
        without = without and holds is True
    if not without:
        return _exists(path, scope, inner, outer=True)
    absent: _ir.Predicate = {"not": _exists(path, scope, None)}
    return absent if asks else {"or": [_exists(path, scope, inner), absent]}


def _exists(
    path: _Path,
    scope: Scope,
    inner: Callable[[], _ir.Predicate] | None,
    *,
    outer: bool = False,
    pin: bool = False,
) -> _ir.Predicate:
    """Whether there is a row at the end of a path whose last hop is to-many.

    Args:
        path: the path.
        scope: where the path begins.
        inner: builds the condition on the row.
        outer: whether a row of NULLs replaces a missing row.
        pin: whether negated conditions inside apply to this row instead of a row of their own.
    """
    last = path[-1]
    near = endpoint(scope, path[:-1], last.local)
    row = scope.inner(last)
    steps = [(table_of(last.target, row.alias), column(row.alias, last.remote), near)]
    ours = scope.in_scope(last, last.target, row.alias)
    if last.through is not None:
        through = last.through
        alias = scope.builder.alias(f"{last.name}_through")
        held = column(alias, through.target)
        row.held = (last.remote, held)
        steps = [
            (table_of(through.meta, alias), column(alias, through.source), near),
            (steps[0][0], steps[0][1], held),
        ]
        between = scope.in_scope(last, through.meta, alias)
        if outer and ours:
            # Its row must be known before it is joined.
            ours = [_leads_into_scope(scope, last, held)]
        ours = [*between, *ours]
    if outer:
        row.present.clear()
    conditions: list[_ir.Predicate] = [] if outer else [*ours]
    if inner is not None:
        with scope.bound(path, row, pin=pin):
            holds = inner()
        if "and" in holds:
            conditions += holds["and"]
        else:
            conditions.append(holds)
    if last.through is not None:
        used = aliases_in([conditions, row.joins])
        if used is not None and row.alias not in used:
            # The table between holds all that is asked for.
            del steps[1]
    select = empty_select()
    kind: Literal["inner", "left"] = "left" if outer else "inner"
    table, key, _ = steps[0]
    if outer:
        one = empty_select()
        one["outputs"] = [_ONE]
        select["from"] = {"subquery": {"select": one, "alias": scope.builder.alias("always")}}
    else:
        select["from"] = {"table": table}
        del steps[0]
    select["joins"] = [
        {"kind": kind, "source": {"table": far}, "on": exact(end, begin)}
        for far, end, begin in steps
    ]
    if outer and ours:
        # The first join decides whether there is a row.
        first = select["joins"][0]
        first["on"] = all_of([first["on"], *ours])
    select["joins"] += row.joins
    if conditions and not outer and as_set(scope, select, conditions, indexed=last.indexed):
        select["outputs"] = [{"expr": key, "name": "key"}]
        select["filter"] = all_of(conditions)
        return {"in_select": {"operand": near, "select": select}}
    select["outputs"] = [_ONE]
    if not outer:
        conditions = [exact(key, near), *conditions]
    select["filter"] = all_of(conditions)
    return {"exists": select}


def _leads_into_scope(scope: Scope, hop: Hop, held: _ir.Expr) -> _ir.Predicate:
    """Whether the row that a row of the table between refers to is in the scope of its model."""
    row = scope.inner(hop)
    select = empty_select()
    select["from"] = {"table": table_of(hop.target, row.alias)}
    select["outputs"] = [{"expr": column(row.alias, hop.remote), "name": "key"}]
    select["filter"] = all_of(scope.in_scope(hop, hop.target, row.alias))
    return {"in_select": {"operand": held, "select": select}}
