"""The rows on the other side of one instance's relation: ``await post.tags_set.add(tag)``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Generic, overload

from typing_extensions import TypeVar

from oxyde._given import iterable_given
from oxyde.db.registry import resolve, resolve_home
from oxyde.db.transaction import atomic
from oxyde.exceptions import FieldError, ManagerError
from oxyde.hydration.related_list import RelatedList, RelatedPart, same_rows
from oxyde.queries.compile.state import new_query, unscoped_query
from oxyde.queries.expressions.recorder import record_paths
from oxyde.queries.names import Names, Through, check_query, is_query, key_of, names_of
from oxyde.queries.writes.create import create
from oxyde.signals import Action, RelationEvent, post_relation, pre_relation

if TYPE_CHECKING:
    from oxyde._meta import FieldMeta
    from oxyde.db.executor import Executor
    from oxyde.queries.expressions.typed_conditions import Clause
    from oxyde.queries.query import Query

__all__ = ["RelatedManager", "related"]

T = TypeVar("T", default=Any)
M = TypeVar("M")
Q = TypeVar("Q", bound="Query[Any, Any]")


class RelatedManager(Generic[T]):
    """The rows that belong to an instance over a to-many relation.

    `add`, `remove` and `set` take instances and keys; each runs one statement, or a few in a
    transaction, for any number of them.
    """

    def __init__(self, instance: Any, name: str) -> None:
        names = names_of(type(instance))
        hop = names.hop(name)
        if not hop.many:
            raise FieldError(
                f"`{names.label}.{name}` has one row, not many", hint=f"assign {name} and save()"
            )
        self._instance = instance
        self._hop = hop
        self._label = f"{names.label}.{name}"
        self._target = names_of(hop.target.model)

    def __repr__(self) -> str:
        return f"<{self._label} of {self._instance!r:.60}>"

    @overload
    def query(self) -> Query[T, T]: ...
    @overload
    def query(self, rows: Q) -> Q: ...
    def query(self, rows: Query[Any, Any] | None = None) -> Query[Any, Any]:
        """The related rows as a query.

        Args:
            rows: a query of their model: those of its rows that are related. It also says what type
                checkers know: ``related(author, lambda a: a.posts).query(Post.objects)``.

        Raises:
            FieldError: it is a query of another model, or sliced.
        """
        query = new_query(self._hop.target.model) if rows is None else self._among(rows)
        hop = self._hop
        if hop.through is None:
            return query.filter(**{hop.remote.name: self._key()})
        between = new_query(hop.through.meta.model)
        mine = between.filter(**{hop.through.source.name: self._key()})
        return query.filter(**{f"{hop.remote.name}__in": mine.values(hop.through.target.name)})

    def _among(self, rows: Query[Any, Any]) -> Query[Any, Any]:
        check_query("query()", rows)
        if rows._model is not self._target.model:
            raise FieldError(
                f"`{self._label}` has rows of `{self._target.label}`, and the query is of "
                f"`{rows._names.label}`",
                hint=f"{self._target.label}.objects",
            )
        return rows

    if not TYPE_CHECKING:
        # Methods of the model's own queries: `author.posts_set.published()`.
        def __getattr__(self, name: str) -> Any:
            own = getattr(self._hop.target.model, "__oxyde_query__", None)
            if own is None or name.startswith("_") or not hasattr(own, name):
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            return getattr(self.query(), name)

    def filter(self, *conditions: Clause[T], **lookups: object) -> Query[T, T]:
        """The related rows for which all of these hold; see `Query.filter`."""
        return self.query().filter(*conditions, **lookups)

    async def all(self, *, using: str | None = None, client: Executor | None = None) -> list[T]:
        """The related rows."""
        return await self.query().all(client=self._executor(using, client))

    async def count(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """The number of related rows."""
        return await self.query().count(client=self._executor(using, client))

    async def add(
        self,
        *items: object,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> int:
        """Add rows to the relation; rows that belong to it already are unchanged.

        Args:
            items: instances, or keys.
            through: further columns of the rows in the through table.

        Returns:
            The number of added rows.
        """
        self._check_writable("add")
        executor = self._executor(using, client)
        keys = self._keys(items, executor)
        if not keys:
            return 0
        async with atomic(client=executor) as block, self._announced("add", keys, block):
            added = await self._add(keys, through, block)
            rows = await self._rows(keys, items, block)
        self._follow_added(rows, executor)
        self._refer(items, self._key(), executor)
        return added

    async def remove(
        self, *items: object, using: str | None = None, client: Executor | None = None
    ) -> int:
        """Remove rows from the relation; return the number of removed rows.

        Raises:
            FieldError: their foreign key is not nullable.
        """
        self._check_writable("remove")
        executor = self._executor(using, client)
        keys = self._keys(items, executor)
        if not keys:
            return 0
        async with self._announced("remove", keys, executor):
            removed = await self._remove(keys, executor)
        gone, name = set(keys), self._far_field().name
        left = [row for row in self._held() or () if getattr(row, name) in gone]
        self._refer([*items, *left], None, executor)
        self._follow(lambda held: [row for row in held if getattr(row, name) not in gone], executor)
        return removed

    async def set(
        self,
        items: Iterable[Any],
        *,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> None:
        """Replace the related rows by exactly these.

        Args: as for `add`.
        """
        self._check_writable("set")
        executor = self._executor(using, client)
        items = [items] if is_query(items) else list(iterable_given("set()", items))
        wanted = self._keys(items, executor)
        async with atomic(client=executor) as block, self._announced("set", wanted, block):
            present = await self._present(block)
            gone = [key for key in present if key not in set(wanted)]
            if gone:
                await self._remove(gone, block)
            new = [key for key in wanted if key not in present]
            if new:
                await self._add(new, through, block)
            rows = await self._rows(wanted, items, block, whole=True)
        name = self._far_field().name
        left = [row for row in self._held() or () if getattr(row, name) in gone]
        self._refer(left, None, executor)
        self._refer(items, self._key(), executor)
        self._follow(None if rows is None else lambda _: list(rows.values()), executor, whole=True)

    async def clear(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Remove all rows from the relation; return their number.

        Raises:
            FieldError: their foreign key is not nullable.
        """
        self._check_writable("clear")
        executor = self._executor(using, client)
        async with self._announced("clear", (), executor):
            removed = await self._remove(None, executor)
        self._refer(list(self._held() or ()), None, executor)
        self._follow(lambda _: [], executor, whole=True)
        return removed

    async def create(
        self,
        *,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> T:
        """Create a related row, with its model's hooks."""
        hop = self._hop
        self._check_writable("create")
        executor = self._executor(using, client)
        if hop.through is None:
            made: T = await create(
                hop.target.model, None, {**values, hop.remote.name: self._key()}, executor
            )
        else:
            async with atomic(client=executor) as block:
                made = await create(hop.target.model, None, values, block)
                key = getattr(made, hop.remote.name)
                async with self._announced("create", [key], block):
                    await self._add([key], through, block)
        rows = {getattr(made, self._far_field().name): made}
        self._follow_added(rows, executor)
        return made

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

    # -- internals ---------------------------------------------------------------------------------

    def _executor(self, using: str | None, client: Executor | None) -> Executor:
        if using is None and client is None:
            state = self._instance._oxyde_state
            if state is not None and state.database is not None:
                return resolve_home(state.database, f"the {type(self._instance).__name__}")
        return resolve(using, client)

    def _check_writable(self, verb: str) -> None:
        through = self._hop.through
        if through is not None:
            through.meta.check_writable(verb)
        if through is None or verb == "create":
            self._hop.target.check_writable(verb)

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

    async def _rows(
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
        for item in items:
            if isinstance(item, hop.target.model) and (
                key is not None or getattr(item, column) == own
            ):
                item._oxyde_follow(column, key, executor)

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
                await self.query().values_list(self._own_key().name, flat=True).all(client=executor)
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

    async def _add(self, keys: list[Any], extra: dict[str, Any] | None, executor: Executor) -> int:
        hop = self._hop
        if hop.through is None:
            if extra:
                raise FieldError(f"`{self._label}` has no table between for through=")
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

    async def _remove(self, keys: list[Any] | None, executor: Executor) -> int:
        hop = self._hop
        if hop.through is None:
            if not hop.remote.nullable:
                raise FieldError(
                    f"`{self._target.label}.{hop.remote.name}` cannot be NULL, so a row cannot "
                    f"leave `{self._label}`",
                    hint="delete the row, or add it to another",
                )
            mine: Any = self.query()
            if keys is not None:
                mine = mine.filter(**{f"{self._own_key().name}__in": keys})
            changed: int = await mine.update(client=executor, **{hop.remote.name: None})
            return changed
        names, through = self._between()
        if keys is None:
            return await self._links().delete(client=executor)
        mine = {through.source.name: self._key(), f"{through.target.name}__in": keys}
        return await new_query(names.model).filter(**mine).delete(client=executor)


@overload
def related(instance: M, relation: Callable[[M], list[T]]) -> RelatedManager[T]: ...
@overload
def related(instance: object, relation: str) -> RelatedManager[Any]: ...
def related(instance: object, relation: Any) -> RelatedManager[Any]:
    """The rows of an instance's to-many relation: ``related(post, "tags")``, or, with the type of
    the rows, ``related(post, lambda p: p.tags)``.

    Raises:
        FieldError: the model has no such relation, or it is not a to-many relation.
    """
    (name,) = record_paths(names_of(type(instance)), [relation])
    return RelatedManager(instance, name)
