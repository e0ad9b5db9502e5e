"""prefetch: related rows, with one further query per level."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from oxyde._core import attach, grouped
from oxyde._given import iterable_given
from oxyde.db.registry import check_same_database, resolve, resolve_home
from oxyde.db.slices import MANY, in_slices, sliced
from oxyde.exceptions import FieldError
from oxyde.hydration.related_list import RelatedList, RelatedPart
from oxyde.queries.compile.of_each_owner import numbered, owner_by_owner
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.state import new_query
from oxyde.queries.expressions.operators import F
from oxyde.queries.lookups.paths import split_path
from oxyde.queries.names import Hop, Names, check_query, names_of, part_of_path
from oxyde.queries.relations.through import Source, through_query, with_source
from oxyde.queries.writes.insert import encoded

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.query import Query

__all__ = ["Prefetch", "as_prefetch", "check_databases", "prefetch_into", "prefetch_related"]


class Prefetch:
    """A relation to load by a custom query: ``Prefetch("posts", Post.objects.filter(…))``. A slice
    is one of each parent's rows: ``Prefetch("posts", Post.objects.order_by("-created")[:3])``.

    Args:
        path: the relation, possibly nested (``"posts__tags"``); the query is for the last one.
        queryset: filters, order, slice, joins and prefetches of the related rows.
        to_attr: the attribute for the rows, instead of the relation's own.
    """

    __slots__ = ("path", "queryset", "segments", "to_attr")

    def __init__(
        self,
        path: str,
        queryset: QueryState[Any, Any] | None = None,
        *,
        to_attr: str | None = None,
    ) -> None:
        if not isinstance(path, str):
            raise FieldError(f"Prefetch() takes a relation by its name, not {path!r:.80}")
        if queryset is not None:
            check_query("Prefetch()", queryset)
            query = queryset._copy()
            if query._row is not RowKind.MODEL or query._groups() or query._compounds:
                raise FieldError("Prefetch() takes a query of models")
            sliced = query._limit is not None or query._offset is not None
            if sliced and (query._distinct is not False or query._lock is not None):
                raise FieldError(
                    "Prefetch() takes a slice of rows that are neither distinct nor locked",
                    hint="filter the related rows instead",
                )
        self.path = path
        self.segments = path.split("__")
        self.queryset = queryset
        self.to_attr = to_attr

    def __repr__(self) -> str:
        return f"Prefetch({self.path!r})"


def as_prefetch(names: Names, item: str | Prefetch) -> Prefetch:
    """Resolve an argument of prefetch().

    Raises:
        FieldError: an unknown name, or a query for another model.
    """
    made = Prefetch(item) if isinstance(item, str) else item
    if not isinstance(made, Prefetch):
        raise FieldError(f"prefetch() takes relations and Prefetch(…), not {item!r:.80}")
    owner = here = names
    made.segments = split_path(names, made.path)
    for segment in made.segments:
        owner = here
        here = names_of(here.hop(segment, part_of_path(made.path, names.label)).target.model)
    if made.queryset is not None and made.queryset._model is not here.model:
        raise FieldError(
            f"Prefetch({made.path!r}) takes a query of `{here.label}`, "
            f"not of `{made.queryset._names.label}`"
        )
    if made.queryset is not None and not owner.hop(made.segments[-1]).many:
        query = made.queryset
        if query._limit is not None or query._offset is not None:
            raise FieldError(
                f"Prefetch({made.path!r}) takes no slice: a `{owner.label}` has one "
                f"`{made.segments[-1]}`",
                hint="leave out the slice",
            )
    if made.to_attr is not None:
        _check_attribute(owner, made.to_attr)
    return made


def check_databases(names: Names, prefetches: Iterable[Prefetch], executor: Executor) -> None:
    """Check that all levels run on the root query's database.

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
    if not str(name).isidentifier():
        raise FieldError(f"to_attr={name!r} is not a valid attribute name")
    if name in owner.fields or name in owner.meta.relations or hasattr(owner.model, name):
        raise FieldError(
            f"to_attr={name!r} is a field or attribute of `{owner.label}`",
            hint="choose another name",
        )


class _Level:
    """One relation to load, and the nested relations of its rows."""

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
        *before, last = prefetch.segments
        for segment in before:
            here = here.setdefault((segment, None), _Level(segment)).below
        key = (last, prefetch.to_attr)
        level = here.setdefault(key, _Level(last))
        level.to_attr = prefetch.to_attr
        if prefetch.queryset is not None:
            level.queryset = prefetch.queryset
    return top


def check_levels(names: Names, prefetches: Iterable[Prefetch]) -> None:
    """Check that no relation is loaded in two ways under one name.

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
    rows: list[Any],
    prefetches: Iterable[Prefetch],
    executor: Executor,
    *,
    like: QueryState[Any, Any] | None = None,
) -> None:
    """Load relations of existing instances, on the same database.

    Args:
        like: the query of the instances, for its strictness and its handling of invalid rows.
    """
    await _load(rows, _levels(prefetches), executor, like)


async def _load(
    rows: list[Any],
    levels: dict[tuple[str, str | None], _Level],
    executor: Executor,
    like: QueryState[Any, Any] | None,
) -> None:
    if not rows or not levels:
        return
    names = names_of(type(rows[0]))
    for level in levels.values():
        found = await _load_level(names, rows, level, executor, like)
        await _load(found, level.below, executor, like)


async def _load_level(
    names: Names,
    rows: list[Any],
    level: _Level,
    executor: Executor,
    like: QueryState[Any, Any] | None,
) -> list[Any]:
    hop = names.hop(level.name)
    keys = await in_slices(_keys(rows, hop.local.name), len(rows))
    keys.pop(None, None)
    groups: dict[Any, list[Any]] = {}
    found: list[Any] = []
    if keys:
        query = _start(hop, level.queryset)
        if like is not None and hop in like._opened:
            query = _opened(query, hop, like, own=level.queryset is None)
        if like is not None and like._strict:
            query = query._copy()
            query._strict = True
        if like is not None and query._invalid == "raise" and like._invalid != "raise":
            query = query._copy()
            query._invalid, query._on_skipped = like._invalid, like._on_skipped
        groups, found = await _related(hop, list(keys), query, executor)
    kind = None
    if hop.many and level.to_attr is None:
        kind = RelatedList if level.queryset is None else RelatedPart
    attribute = level.to_attr or level.name
    work = attach(rows, hop.local.name, attribute, groups, hop.many, kind)
    await sliced(work, len(rows))
    return found


def _keys(rows: list[Any], name: str) -> Generator[None, None, dict[Any, None]]:
    keys: dict[Any, None] = {}
    value = attrgetter(name)
    for at in range(0, len(rows), MANY):
        keys.update(dict.fromkeys(map(value, rows[at : at + MANY])))
        yield
    return keys


async def _related(
    hop: Hop, keys: list[Any], query: Query[Any, Any], executor: Executor
) -> tuple[dict[Any, list[Any]], list[Any]]:
    """The related rows by their owner's key, and each row once."""
    if query._limit is not None or query._offset is not None:
        query = _of_each(hop, keys, query, executor)
    elif hop.through is not None:
        query = through_query(query, hop, keys)
    else:
        query = query.filter(**{f"{hop.remote.name}__in": keys})
    if hop.through is not None:
        return await query._related_on(executor)
    column = hop.remote.name
    rows = await query._rows_on(executor)
    kind = RelatedList if hop.many else None
    return await sliced(grouped(rows, column, kind), len(rows)), rows


def _of_each(
    hop: Hop, keys: list[Any], query: Query[Any, Any], executor: Executor
) -> Query[Any, Any]:
    """The rows that a slice takes of each owner."""
    owner = F(hop.remote.name) if hop.through is None else Source(hop)
    if hop.indexed and executor.features.lateral:
        if hop.through is not None:
            query = with_source(query, hop)
        return owner_by_owner(query, hop, owner, [encoded(hop.local, key) for key in keys])
    limit, offset = query._limit, query._offset
    query = query._copy()
    query._limit = query._offset = None
    if hop.through is None:
        query = query.filter(**{f"{hop.remote.name}__in": keys})
    else:
        query = through_query(query, hop, keys)
    return numbered(query, owner, limit, offset)


def _opened(
    query: Query[Any, Any], hop: Hop, like: QueryState[Any, Any], *, own: bool
) -> Query[Any, Any]:
    """The query without the scope of a relation that `like` opens; with `own`, also without that of
    its rows."""
    made = query._copy()
    made._opened = query._opened | like._opened
    if own:
        made._where = tuple([node for node in query._where if node is not query._names.scope])
    return made


def _start(hop: Hop, queryset: QueryState[Any, Any] | None) -> Query[Any, Any]:
    if queryset is None:
        return new_query(hop.target.model)
    query = queryset._copy()
    if query._only is not None and hop.through is None and hop.remote.name not in query._only:
        wanted = {*query._only, hop.remote.name}
        query._only = tuple([name for name in query._names.fields if name in wanted])
    return query


async def prefetch_related(
    instances: Iterable[Any],
    *paths: str | Prefetch,
    using: str | None = None,
    client: Executor | None = None,
) -> None:
    """Load relations of existing instances.

    Args:
        instances: of one model.
        paths: as for `Query.prefetch`.
        using: the database's name.
        client: a database or transaction, instead of a name. With neither, the database of the
            first instance is used.

    Raises:
        FieldError: an unknown name, or instances of several models.
        OxydeError: a Prefetch names another database.
    """
    rows = list(iterable_given("prefetch_related()", instances))
    if not rows:
        return
    model = type(rows[0])
    if not hasattr(model, "_db_meta"):
        raise FieldError(f"prefetch_related() takes instances of models, not {rows[0]!r:.80}")
    if any(type(row) is not model for row in rows):
        raise FieldError("prefetch_related() takes instances of one model")
    names = names_of(model)
    prefetches = [as_prefetch(names, path) for path in paths]
    home: str | None = None
    if using is None and client is None:
        state = rows[0]._oxyde_state
        home = None if state is None else state.database
    check_levels(names, prefetches)
    if home is None:
        executor = resolve(using, client)
    else:
        executor = resolve_home(home, f"the first {names.label}", write=False)
    check_databases(names, prefetches, executor)
    await prefetch_into(rows, prefetches, executor)
    loaded = {each.path.split("__")[0] for each in prefetches if each.to_attr is None}
    for row in rows:
        # Earlier assignments are discarded.
        if row._oxyde_state is not None:
            row._oxyde_state.changed.difference_update(loaded)
