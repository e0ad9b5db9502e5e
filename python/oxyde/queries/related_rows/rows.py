"""The base of `RelatedManager`: the rows of an instance's relation as a query, their keys, and the
list that the instance holds of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from oxyde.db.registry import home_of, resolve, resolve_home
from oxyde.exceptions import FieldError, ManagerError
from oxyde.hydration.related_list import RelatedList, RelatedPart, same_rows
from oxyde.queries.compile.state import new_query, unscoped_query
from oxyde.queries.names import Names, Through, is_query, key_of, names_of
from oxyde.queries.query import Query
from oxyde.signals import Action, RelationEvent, post_relation, pre_relation

if TYPE_CHECKING:
    from oxyde._meta import FieldMeta
    from oxyde.db.executor import Executor
    from oxyde.queries.ir.predicates import Node

__all__ = ["RelatedRows"]

T = TypeVar("T", default=Any)
Q = TypeVar("Q", bound=Query[Any, Any])


class RelatedRows(Query[T, T]):
    """The rows that belong to an instance over a to-many relation, as a query.

    Args:
        instance: the instance.
        name: the relation.

    Raises:
        FieldError: the model has no such relation, or it is not a to-many relation.
    """

    def __init__(self, instance: Any, name: str) -> None:
        names = names_of(type(instance))
        hop = names.hop(name)
        if not hop.many:
            raise FieldError(
                f"`{names.label}.{name}` has one row, not many", hint=f"assign {name} and save()"
            )
        # Without Query.__init__, which sets the conditions that `_where` computes.
        self._model = hop.target.model
        self._names = names_of(hop.target.model)
        self._instance = instance
        self._hop = hop
        self._label = f"{names.label}.{name}"
        self._target = self._names

    def __repr__(self) -> str:
        return f"<{self._label} of {self._instance!r:.60}>"

    if not TYPE_CHECKING:

        @property
        def _where(self) -> tuple[Node, ...]:
            """The condition that a row belongs to the instance. Raises for one without a key, when
            the rows are used."""
            return self._related(new_query(self._hop.target.model))._where

        def __getattr__(self, name: str) -> Any:
            """Methods of the model's own queries: `author.posts_set.published()`."""
            own = getattr(self._model, "__oxyde_query__", None)
            if own is None or name.startswith("_") or not hasattr(own, name):
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            return getattr(self._copy(), name)

    def _related(self, rows: Q) -> Q:
        """The rows of a query that belong to the instance."""
        hop = self._hop
        if hop.through is None:
            return rows.filter(**{hop.remote.name: self._key()})
        between = new_query(hop.through.meta.model)
        mine = between.filter(**{hop.through.source.name: self._key()})
        keys = mine.values(hop.through.target.name)
        return rows.filter(**{f"{hop.remote.name}__in": keys})

    def _copy(self) -> Query[T, T]:
        made: Query[T, T] = new_query(self._hop.target.model)
        made._where = self._where
        state = self._instance._oxyde_state
        if state is not None and state.database is not None:
            made._using = home_of(state.database)
        return made

    def _chained(self) -> Any:
        return self._copy()

    def _place(self, using: str | None, client: Executor | None, *, write: bool = True) -> Executor:
        """By default the database of the instance."""
        if using is None and client is None:
            state = self._instance._oxyde_state
            if state is not None and state.database is not None:
                what = f"the {type(self._instance).__name__}"
                return resolve_home(state.database, what, write=write)
        return resolve(using, client, write=write)

    def _check_writable(self, verb: str) -> None:
        through = self._hop.through
        if through is not None:
            through.meta.check_writable(verb)
        if through is None or verb == "create":
            self._hop.target.check_writable(verb)

    def _check_no_through(self, through: dict[str, Any] | None) -> None:
        if through:
            raise FieldError(f"`{self._label}` has no table between for through=")

    def _key(self) -> object:
        key = getattr(self._instance, self._hop.local.name)
        if key is None:
            raise ManagerError(
                f"`{self._label}`: the {type(self._instance).__name__} has not been saved yet",
                model=type(self._instance),
                hint="save it first",
            )
        return key

    def _keys(self, items: Iterable[Any], executor: Executor) -> list[Any]:
        """The keys of rows on the other side, without duplicates."""
        field = self._far_field()
        keys: list[Any] = []
        for item in items:
            key = item
            if isinstance(item, self._hop.target.model):
                key = getattr(item, field.name)
                item._oxyde_check_home(self._label, executor)
                if key is None:
                    raise ManagerError(
                        f"`{self._label}`: a {self._target.label} that has not been saved yet",
                        model=self._target.model,
                        hint="save it first",
                    )
            elif is_query(item):
                raise ManagerError(
                    f"`{self._label}` takes {self._target.label} or keys, not {item!r:.80}",
                    model=self._target.model,
                    hint="await the query, and pass its rows",
                )
            elif item is None or hasattr(type(item), "_db_meta"):
                raise ManagerError(
                    f"`{self._label}` takes {self._target.label} or keys, "
                    f"not {type(item).__name__}",
                    model=self._target.model,
                )
            keys.append(key)
        return list(dict.fromkeys(keys))

    def _far_field(self) -> FieldMeta:
        """The field that identifies the related rows."""
        return self._hop.remote if self._hop.through is not None else self._own_key()

    def _own_key(self) -> FieldMeta:
        return key_of(self._target, f"`{self._label}`")

    def _between(self) -> tuple[Names, Through]:
        through = self._hop.through
        assert through is not None
        return names_of(through.meta.model), through

    async def _rows_of(
        self, keys: list[Any], items: Iterable[Any], executor: Executor, *, whole: bool = False
    ) -> dict[Any, Any] | None:
        """The rows of these keys, for the instance's loaded list; None if it has no list to update.
        Rows that were not passed are read.

        Args:
            whole: whether these are all related rows, so that a list can be built even if none was
                loaded.
        """
        held = self._held()
        follows = held is not None and not isinstance(held, RelatedPart)
        if not follows and not whole:
            return None
        name = self._far_field().name
        given = [item for item in items if isinstance(item, self._hop.target.model)]
        known = {getattr(row, name): row for row in [*given, *(held or ())]}
        missing = [key for key in keys if key not in known]
        if missing and not follows:
            return None
        if missing:
            query = new_query(self._hop.target.model)
            found = await query.filter(**{f"{name}__in": missing}).all(client=executor)
            known.update({getattr(row, name): row for row in found})
        return {key: known[key] for key in keys if key in known}

    def _held(self) -> RelatedList | None:
        """The list that the instance was loaded or created with; None if unknown."""
        state, name = self._instance._oxyde_state, self._hop.name
        if state is None:
            return None
        held = vars(self._instance).get(name)
        if name in state.changed:
            held = state.originals.get(name)
        return held if isinstance(held, RelatedList) else None

    def _refer(self, items: Iterable[Any], key: object, executor: Executor) -> None:
        """Set the written foreign key on instances: `key`, or None for rows that were removed."""
        hop = self._hop
        if hop.through is not None:
            return
        own, column = self._key(), hop.remote.name
        version = hop.target.version
        for item in items:
            if isinstance(item, hop.target.model) and (
                key is not None or getattr(item, column) == own
            ):
                item._oxyde_follow(column, key, executor)
                if version is not None and version in vars(item):
                    # The statement counted it, too.
                    item._oxyde_follow(version, getattr(item, version) + 1, executor)

    def _follow_added(self, rows: dict[Any, Any] | None, executor: Executor) -> None:
        name = self._far_field().name

        def add(held: list[Any]) -> list[Any]:
            present = {getattr(row, name) for row in held}
            return held + [row for key, row in (rows or {}).items() if key not in present]

        self._follow(None if rows is None else add, executor)

    def _follow(
        self,
        change: Callable[[list[Any]], list[Any]] | None,
        executor: Executor,
        *,
        whole: bool = False,
    ) -> None:
        """Apply a change in the database to the instance's list.

        Args:
            change: computes the new rows from the old ones; None if the result is not known.
            whole: whether the result does not depend on the old rows.
        """
        state, name = self._instance._oxyde_state, self._hop.name
        if state is None:
            return
        self._instance._oxyde_before_related(name, executor)
        held, values = self._held(), vars(self._instance)
        assigned = name in state.changed
        if change is None or (isinstance(held, RelatedPart) and not whole):
            # The next access reports that the list is not loaded.
            if assigned:
                state.originals[name] = None
            elif held is not None:
                del values[name]
            return
        if held is not None and not isinstance(held, RelatedPart):
            held.follow(change)
        elif whole:
            held = RelatedList(change([]))
            if assigned:
                state.originals[name] = held
            else:
                values[name] = held
        else:
            return
        if assigned and isinstance(values[name], list) and same_rows(values[name], held.stored):
            values[name] = RelatedList(values[name])
            state.changed.discard(name)
            state.originals.pop(name, None)

    async def _present(self, executor: Executor) -> list[Any]:
        hop = self._hop
        if hop.through is None:
            return (
                await self._copy().values_list(self._own_key().name, flat=True).all(client=executor)
            )
        _, through = self._between()
        return await self._links().values_list(through.target.name, flat=True).all(client=executor)

    def _links(self) -> Query[Any, Any]:
        """The rows of the table between, but for those that lead out of the scope of the other
        model: they stay as they are, unless their keys are named."""
        hop = self._hop
        names, through = self._between()
        links = new_query(names.model).filter(**{through.source.name: self._key()})
        if hop.target.scope is None:
            return links
        inside = new_query(hop.target.model).values(hop.remote.name)
        return links.filter(**{f"{through.target.name}__in": inside})

    async def _link_new(
        self, keys: list[Any], extra: dict[str, Any] | None, executor: Executor
    ) -> None:
        """Link rows that were just created."""
        async with self._announced("create", keys, executor):
            await self._link(keys, extra, executor)

    @asynccontextmanager
    async def _announced(
        self, action: Action, keys: Iterable[Any], executor: Executor
    ) -> AsyncIterator[None]:
        """Send the signals around a change of the table between."""
        heard = pre_relation.receivers or post_relation.receivers
        if self._hop.through is None or not heard:
            # A change of the other model's foreign key is an update of its rows.
            yield
            return
        event = RelationEvent(
            model=type(self._instance),
            executor=executor,
            instance=self._instance,
            relation=self._hop.name,
            action=action,
            keys=tuple(keys),
        )
        await pre_relation.send(event)
        yield
        await post_relation.send(event)

    async def _link(self, keys: list[Any], extra: dict[str, Any] | None, executor: Executor) -> int:
        hop = self._hop
        if hop.through is None:
            self._check_no_through(extra)
            rows: Any = unscoped_query(hop.target.model)
            mine = rows.filter(**{f"{self._own_key().name}__in": keys})
            changed: int = await mine.update(client=executor, **{hop.remote.name: self._key()})
            return changed
        names, through = self._between()
        query = new_query(names.model)
        own = self._key()
        source, target = through.source.name, through.target.name
        known = await (
            query.filter(**{source: own, f"{target}__in": keys})
            .values_list(target, flat=True)
            .all(client=executor)
        )
        present = set(known)
        new = [{**(extra or {}), source: own, target: key} for key in keys if key not in present]
        if new:
            # A concurrent insert of the same pair is not an error; a conflict on any other key is.
            unique = self._is_unique(names, frozenset({source, target}))
            key = [source, target] if unique else None
            await query.bulk_create(
                new, ignore_conflicts=unique, unique_fields=key, client=executor
            )
        return len(new)

    @staticmethod
    def _is_unique(names: Names, pair: frozenset[str]) -> bool:
        """Whether pairs are unique in the database, so that a concurrent insert of one is
        harmless."""
        groups = [names.primary_key, *names.meta.unique_together]
        return any(set(group) == pair for group in groups)

    async def _unlink(self, keys: list[Any] | None, executor: Executor) -> int:
        hop = self._hop
        if hop.through is None:
            if not hop.remote.nullable:
                raise FieldError(
                    f"`{self._target.label}.{hop.remote.name}` cannot be NULL, so a row cannot "
                    f"leave `{self._label}`",
                    hint="delete the row, or add it to another",
                )
            mine: Any = self._copy()
            if keys is not None:
                mine = mine.filter(**{f"{self._own_key().name}__in": keys})
            changed: int = await mine.update(client=executor, **{hop.remote.name: None})
            return changed
        names, through = self._between()
        if keys is None:
            return await self._links().delete(client=executor)
        mine = {through.source.name: self._key(), f"{through.target.name}__in": keys}
        return await new_query(names.model).filter(**mine).delete(client=executor)
