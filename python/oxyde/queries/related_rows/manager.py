"""The rows on the other side of one instance's relation: ``await post.tags_set.add(tag)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from typing_extensions import TypeVar

from oxyde._given import iterable_given
from oxyde.db.transaction import atomic
from oxyde.exceptions import FieldError
from oxyde.queries.expressions.recorder import record_paths
from oxyde.queries.names import check_query, is_query, names_of
from oxyde.queries.related_rows.creating import Creating

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["RelatedManager", "related"]

T = TypeVar("T", default=Any)
M = TypeVar("M")
Q = TypeVar("Q", bound="Query[Any, Any]")


class RelatedManager(Creating[T]):
    """The rows that belong to an instance over a to-many relation. It has the methods of `Query`,
    which apply to these rows; what it creates belongs to the instance.

    `add`, `remove` and `set` take instances and keys; each runs one statement, or a few in a
    transaction, for any number of them.
    """

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
        if rows is None:
            return self._copy()
        check_query("query()", rows)
        if rows._model is not self._model:
            raise FieldError(
                f"`{self._label}` has rows of `{self._names.label}`, and the query is of "
                f"`{rows._names.label}`",
                hint=f"{self._names.label}.objects",
            )
        return self._related(rows)

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
        executor = self._place(using, client)
        keys = self._keys(items, executor)
        if not keys:
            return 0
        async with atomic(client=executor) as block, self._announced("add", keys, block):
            added = await self._link(keys, through, block)
            rows = await self._rows_of(keys, items, block)
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
        executor = self._place(using, client)
        keys = self._keys(items, executor)
        if not keys:
            return 0
        async with self._announced("remove", keys, executor):
            removed = await self._unlink(keys, executor)
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
        executor = self._place(using, client)
        items = [items] if is_query(items) else list(iterable_given("set()", items))
        wanted = self._keys(items, executor)
        async with atomic(client=executor) as block, self._announced("set", wanted, block):
            present = await self._present(block)
            gone = [key for key in present if key not in set(wanted)]
            if gone:
                await self._unlink(gone, block)
            new = [key for key in wanted if key not in present]
            if new:
                await self._link(new, through, block)
            rows = await self._rows_of(wanted, items, block, whole=True)
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
        executor = self._place(using, client)
        async with self._announced("clear", (), executor):
            removed = await self._unlink(None, executor)
        self._refer(list(self._held() or ()), None, executor)
        self._follow(lambda _: [], executor, whole=True)
        return removed

    @overload
    async def update(
        self,
        *assignments: Callable[[T], Mapping[Any, Any]],
        returning: Literal[False] = False,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> int: ...
    @overload
    async def update(
        self,
        *assignments: Callable[[T], Mapping[Any, Any]],
        returning: Literal[True],
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> list[T]: ...
    async def update(
        self,
        *assignments: Callable[[T], Mapping[Any, Any]],
        returning: bool = False,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> int | list[T]:
        """Update the related rows in one statement; see `Query.update`."""
        query: Any = self._copy()
        made: int | list[T] = await query.update(
            *assignments, returning=returning, client=self._place(using, client), **values
        )
        hop = self._hop
        moved = {hop.remote.name, hop.remote.relation}.intersection(values)
        if hop.through is None and (assignments or moved):
            # Rows may have left the relation.
            self._follow(None, self._place(using, client))
        return made

    async def delete(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Delete the related rows in one statement, not only their links; no hooks run.

        Returns:
            The number of rows.
        """
        executor = self._place(using, client)
        deleted = await self._copy().delete(client=executor)
        self._follow(lambda _: [], executor, whole=True)
        return deleted


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
