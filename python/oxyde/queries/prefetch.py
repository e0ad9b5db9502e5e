"""prefetch: related rows, with one further query per level."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde.db.registry import check_same_database, resolve
from oxyde.exceptions import FieldError
from oxyde.queries.names import Hop, Names, names_of, part_of_path
from oxyde.queries.through import through_query

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query
    from oxyde.queries.state import QueryState

__all__ = ["Prefetch", "as_prefetch", "check_databases", "prefetch_into", "prefetch_related"]


class Prefetch:
    """A relation to load, by a query of its own: ``Prefetch("posts", Post.objects.filter(…))``.

    Args:
        path: the relation, also over others (``"posts__tags"``); the query is for the last.
        queryset: filters, order, joins and prefetches of the related rows.
        to_attr: the attribute that the rows are put under, instead of the relation's own.
    """

    __slots__ = ("path", "queryset", "to_attr")

    def __init__(
        self,
        path: str,
        queryset: QueryState[Any, Any] | None = None,
        *,
        to_attr: str | None = None,
    ) -> None:
        if queryset is not None:
            query = queryset._copy()
            if query._row != "model" or query._groups() or query._compounds:
                raise FieldError("Prefetch() takes a query of models")
            if query._limit is not None or query._offset is not None:
                raise FieldError(
                    "Prefetch() takes no sliced query: it is one query for all parents",
                    hint="filter the related rows, or number them with Window(RowNumber(), …)",
                )
        self.path = path
        self.queryset = queryset
        self.to_attr = to_attr

    def __repr__(self) -> str:
        return f"Prefetch({self.path!r})"


def as_prefetch(names: Names, item: str | Prefetch) -> Prefetch:
    """What a user gave to prefetch(), looked up.

    Raises:
        FieldError: an unknown name, or a query for another model.
    """
    made = Prefetch(item) if isinstance(item, str) else item
    if not isinstance(made, Prefetch):
        raise FieldError(f"prefetch() takes relations and Prefetch(…), not {item!r:.80}")
    owner = here = names
    for segment in made.path.split("__"):
        owner = here
        here = names_of(here.hop(segment, part_of_path(made.path, names.label)).target.model)
    if made.queryset is not None and made.queryset._model is not here.model:
        raise FieldError(
            f"Prefetch({made.path!r}) takes a query of `{here.label}`, "
            f"not of `{made.queryset._names.label}`"
        )
    if made.to_attr is not None:
        _check_attribute(owner, made.to_attr)
    return made


def check_databases(names: Names, prefetches: Iterable[Prefetch], executor: Executor) -> None:
    """See to it that all of it runs on the database of its root.

    Raises:
        OxydeError: a query is for another one.
    """
    for prefetch in prefetches:
        query = prefetch.queryset
        if query is None:
            continue
        home = query._home()
        if home is not None:
            inner = f"Prefetch({prefetch.path!r}) of `{query._names.label}`"
            outer = f"the query of `{names.label}` around it"
            check_same_database(inner, home, outer, executor.name)
        check_databases(query._names, query._prefetches, executor)


def _check_attribute(owner: Names, name: str) -> None:
    if not name.isidentifier():
        raise FieldError(f"to_attr={name!r} is no name of an attribute")
    if name in owner.fields or name in owner.meta.relations or hasattr(owner.model, name):
        raise FieldError(
            f"to_attr={name!r} is a field or attribute of `{owner.label}`",
            hint="give the rows a name of their own",
        )


class _Level:
    """One relation to load, and what is loaded of its rows in turn."""

    __slots__ = ("below", "name", "queryset", "to_attr")

    def __init__(self, name: str) -> None:
        self.name = name
        self.queryset: QueryState[Any, Any] | None = None
        self.to_attr: str | None = None
        self.below: dict[tuple[str, str | None], _Level] = {}


def _levels(prefetches: Iterable[Prefetch]) -> dict[tuple[str, str | None], _Level]:
    top: dict[tuple[str, str | None], _Level] = {}
    for prefetch in prefetches:
        here = top
        *before, last = prefetch.path.split("__")
        for segment in before:
            here = here.setdefault((segment, None), _Level(segment)).below
        key = (last, prefetch.to_attr)
        level = here.setdefault(key, _Level(last))
        level.to_attr = prefetch.to_attr
        if prefetch.queryset is not None:
            level.queryset = prefetch.queryset
    return top


def check_levels(names: Names, prefetches: Iterable[Prefetch]) -> None:
    """See to it that no relation is loaded in two ways under one name.

    Raises:
        FieldError: it is.
    """
    seen: dict[tuple[str, str | None], QueryState[Any, Any]] = {}
    for prefetch in prefetches:
        if prefetch.queryset is None:
            continue
        known = seen.setdefault((prefetch.path, prefetch.to_attr), prefetch.queryset)
        if known is not prefetch.queryset:
            raise FieldError(
                f"two queries to prefetch `{prefetch.path}` of `{names.label}`",
                hint="give one of them a to_attr",
            )


async def prefetch_into(
    rows: list[Any], prefetches: Iterable[Prefetch], executor: Executor, *, strict: bool = False
) -> None:
    """Load relations of instances that are there already, on the same database.

    Args:
        strict: whether relations of theirs that are not loaded are an error, as in `strict()`.
    """
    await _load(rows, _levels(prefetches), executor, strict)


async def _load(
    rows: list[Any],
    levels: dict[tuple[str, str | None], _Level],
    executor: Executor,
    strict: bool,
) -> None:
    if not rows or not levels:
        return
    names = names_of(type(rows[0]))
    for level in levels.values():
        found = await _load_level(names, rows, level, executor, strict)
        await _load(found, level.below, executor, strict)


async def _load_level(
    names: Names, rows: list[Any], level: _Level, executor: Executor, strict: bool
) -> list[Any]:
    from oxyde._core import attach

    hop = names.hop(level.name)
    keys = dict.fromkeys([getattr(row, hop.local.name) for row in rows])
    keys.pop(None, None)
    groups: dict[Any, list[Any]] = {}
    found: list[Any] = []
    if keys:
        query = _start(hop, level.queryset)
        if strict:
            query = query.strict()
        groups, found = await _related(hop, list(keys), query, executor)
    attach(rows, hop.local.name, level.to_attr or level.name, groups, hop.many)
    return found


async def _related(
    hop: Hop, keys: list[Any], query: Query[Any, Any], executor: Executor
) -> tuple[dict[Any, list[Any]], list[Any]]:
    """The related rows by the key of their owner, and each row once."""
    from oxyde._core import grouped

    if hop.through is not None:
        return await through_query(query, hop, keys)._related_on(executor)
    column = hop.remote.name
    rows = await query.filter(**{f"{column}__in": keys})._rows_on(executor)
    return grouped(rows, column), rows


def _start(hop: Hop, queryset: QueryState[Any, Any] | None) -> Query[Any, Any]:
    from oxyde.queries.query import Query

    if queryset is None:
        return Query(hop.target.model)
    query = queryset._copy()
    if query._only is not None and hop.through is None and hop.remote.name not in query._only:
        query = query.only(*query._only, hop.remote.name)
    return query


async def prefetch_related(
    instances: Iterable[Any],
    *paths: str | Prefetch,
    using: str | None = None,
    client: Executor | None = None,
) -> None:
    """Load relations of instances that are there already.

    Args:
        instances: of one model.
        paths: as for `Query.prefetch`.
        using: the database's name.
        client: a database or transaction, instead of a name; when neither is given, the database
            that the first instance was loaded from.

    Raises:
        FieldError: an unknown name, or instances of several models.
        OxydeError: a Prefetch names another database.
    """
    rows = list(instances)
    if not rows:
        return
    model = type(rows[0])
    if any(type(row) is not model for row in rows):
        raise FieldError("prefetch_related() takes instances of one model")
    names = names_of(model)
    prefetches = [as_prefetch(names, path) for path in paths]
    if using is None and client is None:
        state = rows[0]._oxyde_state
        using = None if state is None else state.database
    check_levels(names, prefetches)
    executor = resolve(using, client)
    check_databases(names, prefetches, executor)
    await prefetch_into(rows, prefetches, executor)
