"""The rows on the other side of one instance's relation: ``await post.tags_set.add(tag)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from oxyde.db.registry import home_of, resolve
from oxyde.db.transaction import atomic
from oxyde.exceptions import FieldError, ManagerError
from oxyde.queries.names import Names, Through, names_of

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["RelatedManager", "related"]

T = TypeVar("T", default=Any)


class RelatedManager(Generic[T]):
    """The rows that belong to an instance over a to-many relation.

    `add`, `remove` and `set` take instances and keys; each is one statement for any number of
    them, or a transaction of a few.
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

    def query(self) -> Query[T, T]:
        """The related rows as a query."""
        from oxyde.queries.query import Query

        query: Query[T, T] = Query(self._hop.target.model)
        hop = self._hop
        if hop.through is None:
            return query.filter(**{hop.remote.name: self._key()})
        between: Query[Any, Any] = Query(hop.through.meta.model)
        mine = between.filter(**{hop.through.source.name: self._key()})
        return query.filter(**{f"{hop.remote.name}__in": mine.values(hop.through.target.name)})

    def filter(self, *conditions: Any, **lookups: Any) -> Query[T, T]:
        """The related rows for which all of this holds; as `Query.filter`."""
        return self.query().filter(*conditions, **lookups)

    async def all(self, *, using: str | None = None, client: Executor | None = None) -> list[T]:
        """The related rows."""
        return await self.query().all(client=self._executor(using, client))

    async def count(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """The number of related rows."""
        return await self.query().count(client=self._executor(using, client))

    async def add(
        self,
        *items: Any,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> int:
        """Let rows belong to the instance; those that do already stay as they are.

        Args:
            items: instances, or keys.
            through: further columns of the rows in the table between.

        Returns:
            How many were added.
        """
        executor = self._executor(using, client)
        keys = self._keys(items, executor)
        if not keys:
            return 0
        async with atomic(client=executor) as block:
            return await self._add(keys, through, block)

    async def remove(
        self, *items: Any, using: str | None = None, client: Executor | None = None
    ) -> int:
        """Let rows no longer belong to the instance; how many did.

        Raises:
            FieldError: their foreign key takes no NULL.
        """
        executor = self._executor(using, client)
        keys = self._keys(items, executor)
        if not keys:
            return 0
        return await self._remove(keys, executor)

    async def set(
        self,
        items: Iterable[Any],
        *,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> None:
        """Let exactly these rows belong to the instance.

        Args: as for `add`.
        """
        executor = self._executor(using, client)
        wanted = self._keys(items, executor)
        async with atomic(client=executor) as block:
            present = await self._present(block)
            gone = [key for key in present if key not in set(wanted)]
            if gone:
                await self._remove(gone, block)
            new = [key for key in wanted if key not in present]
            if new:
                await self._add(new, through, block)

    async def clear(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Let no row belong to the instance; how many did.

        Raises:
            FieldError: their foreign key takes no NULL.
        """
        return await self._remove(None, self._executor(using, client))

    async def create(
        self,
        *,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **values: Any,
    ) -> T:
        """Insert a row that belongs to the instance, with its model's hooks."""
        from oxyde.queries.create import create

        hop = self._hop
        executor = self._executor(using, client)
        if hop.through is None:
            made: T = await create(
                hop.target.model, None, {**values, hop.remote.name: self._key()}, executor
            )
            return made
        async with atomic(client=executor) as block:
            made = await create(hop.target.model, None, values, block)
            await self._add([getattr(made, hop.remote.name)], through, block)
        return made

    # -- how ---------------------------------------------------------------------------------

    def _executor(self, using: str | None, client: Executor | None) -> Executor:
        if using is None and client is None:
            state = self._instance._oxyde_state
            if state is not None and state.database is not None:
                using = home_of(state.database)
        return resolve(using, client)

    def _key(self) -> Any:
        key = getattr(self._instance, self._hop.local.name)
        if key is None:
            raise ManagerError(
                f"`{self._label}`: the {type(self._instance).__name__} is not saved yet",
                model=type(self._instance),
                hint="save it first",
            )
        return key

    def _keys(self, items: Iterable[Any], executor: Executor) -> list[Any]:
        """The keys of rows on the other side, each once."""
        field = self._hop.remote if self._hop.through is not None else self._own_key()
        keys: list[Any] = []
        for item in items:
            key = item
            if isinstance(item, self._hop.target.model):
                key = getattr(item, field.name)
                item._oxyde_check_home(self._label, executor)
                if key is None:
                    raise ManagerError(
                        f"`{self._label}`: a {self._target.label} that is not saved yet",
                        model=self._target.model,
                        hint="save it first",
                    )
            elif item is None or hasattr(type(item), "_db_meta"):
                raise ManagerError(
                    f"`{self._label}` takes {self._target.label} or keys, "
                    f"not {type(item).__name__}",
                    model=self._target.model,
                )
            keys.append(key)
        return list(dict.fromkeys(keys))

    def _own_key(self) -> Any:
        from oxyde.queries.names import key_of

        return key_of(self._target, f"`{self._label}`")

    def _between(self) -> tuple[Names, Through]:
        through = self._hop.through
        assert through is not None
        return names_of(through.meta.model), through

    async def _present(self, executor: Executor) -> list[Any]:
        hop = self._hop
        from oxyde.queries.query import Query

        if hop.through is None:
            return (
                await self.query().values_list(self._own_key().name, flat=True).all(client=executor)
            )
        names, through = self._between()
        query: Query[Any, Any] = Query(names.model)
        mine = query.filter(**{through.source.name: self._key()})
        return await mine.values_list(through.target.name, flat=True).all(client=executor)

    async def _add(self, keys: list[Any], extra: dict[str, Any] | None, executor: Executor) -> int:
        from oxyde.queries.query import Query

        hop = self._hop
        if hop.through is None:
            if extra:
                raise FieldError(f"`{self._label}` has no table between for through=")
            rows: Any = Query(hop.target.model)
            mine = rows.filter(**{f"{self._own_key().name}__in": keys})
            changed: int = await mine.update(client=executor, **{hop.remote.name: self._key()})
            return changed
        names, through = self._between()
        query: Query[Any, Any] = Query(names.model)
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
            unique = self._is_unique(names, frozenset({source, target}))
            await query.bulk_create(new, ignore_conflicts=unique, client=executor)
        return len(new)

    @staticmethod
    def _is_unique(names: Names, pair: frozenset[str]) -> bool:
        """Whether the database itself keeps pairs apart, so that another's insert is no error."""
        groups = [names.primary_key, *names.meta.unique_together]
        return any(set(group) == pair for group in groups)

    async def _remove(self, keys: list[Any] | None, executor: Executor) -> int:
        from oxyde.queries.query import Query

        hop = self._hop
        if hop.through is None:
            if not hop.remote.nullable:
                raise FieldError(
                    f"`{self._target.label}.{hop.remote.name}` takes no NULL, so a row cannot "
                    f"leave `{self._label}`",
                    hint="delete the row, or add it to another",
                )
            mine: Any = self.query()
            if keys is not None:
                mine = mine.filter(**{f"{self._own_key().name}__in": keys})
            changed: int = await mine.update(client=executor, **{hop.remote.name: None})
            return changed
        names, through = self._between()
        query: Query[Any, Any] = Query(names.model)
        pairs = query.filter(**{through.source.name: self._key()})
        if keys is not None:
            pairs = pairs.filter(**{f"{through.target.name}__in": keys})
        return await pairs.delete(client=executor)


def related(instance: Any, name: str) -> RelatedManager[Any]:
    """The rows of an instance's to-many relation: ``related(post, "tags")``.

    Raises:
        FieldError: the model has no such relation, or it has one row only.
    """
    return RelatedManager(instance, name)
