"""Methods of `RelatedManager` that create rows: each belongs to the instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn, overload

from typing_extensions import TypeVar

from oxyde._given import iterable_given, mapping_given
from oxyde.db.transaction import atomic
from oxyde.exceptions import ManagerError
from oxyde.queries.related_rows.rows import RelatedRows
from oxyde.queries.writes.create import create, get_or_create, update_or_create

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.compile.state import QueryState

__all__ = ["Creating"]

T = TypeVar("T", default=Any)


class Creating(RelatedRows[T]):
    """create, get_or_create, update_or_create, bulk_create and upsert."""

    async def create(  # type: ignore[override]
        self,
        *,
        instance: T | None = None,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> T:
        """Create a related row, with its model's hooks.

        Args:
            instance: an instance to insert, instead of values.
            through: further columns of the row in the through table.
            using: the database's name.
            client: a database or transaction, instead of a name.
            values: by field.

        Raises:
            ManagerError: the owner has not been saved.
            FieldError: `through` without a through table.
        """
        hop = self._hop
        self._check_writable("create")
        executor = self._place(using, client)
        if hop.through is None:
            self._check_no_through(through)
            if instance is not None:
                setattr(instance, hop.remote.name, self._key())
            else:
                values = {**values, hop.remote.name: self._key()}
            made: T = await create(hop.target.model, instance, values, executor)
        else:
            self._key()
            async with atomic(client=executor) as block:
                made = await create(hop.target.model, instance, values, block)
                await self._link_new([getattr(made, hop.remote.name)], through, block)
        self._follow_added({getattr(made, self._far_field().name): made}, executor)
        return made

    async def get_or_create(  # type: ignore[override]
        self,
        defaults: Mapping[str, Any] | None = None,
        *,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **lookups: object,
    ) -> tuple[T, bool]:
        """Return the related row for these lookups, or create one from them and `defaults`.

        Args:
            defaults: further values of a new row.
            through: further columns of a new row in the through table.
            using: the database's name.
            client: a database or transaction, instead of a name.
            lookups: by field.

        Returns:
            The instance, and whether it is new.

        Raises:
            MultipleObjectsReturned: several related rows match.
            UniqueViolationError: such a row exists, and does not belong to the instance: add() it.
        """
        self._check_writable("create")
        executor = self._place(using, client)
        if self._hop.through is None:
            self._check_no_through(through)
            lookups = {**lookups, self._hop.remote.name: self._key()}
            made, new = await get_or_create(self._copy(), defaults, lookups, executor)
        else:
            async with atomic(client=executor) as block:
                made, new = await get_or_create(self._copy(), defaults, lookups, block)
                if new:
                    await self._link_new([getattr(made, self._hop.remote.name)], through, block)
        self._follow_created(made, new, executor)
        return made, new

    async def update_or_create(  # type: ignore[override]
        self,
        defaults: Mapping[str, Any] | None = None,
        *,
        create_defaults: Mapping[str, Any] | None = None,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **lookups: object,
    ) -> tuple[T, bool]:
        """Update the related row for these lookups with `defaults`, or create one from both.

        Args:
            defaults: values to write.
            create_defaults: values for a new row, instead of `defaults`.
            through: further columns of a new row in the through table.
            using: the database's name.
            client: a database or transaction, instead of a name.
            lookups: by field.

        Returns and Raises: as for `get_or_create`.
        """
        self._check_writable("create")
        executor = self._place(using, client)
        if self._hop.through is None:
            self._check_no_through(through)
            lookups = {**lookups, self._hop.remote.name: self._key()}
            made, new = await update_or_create(
                self._copy(), defaults, create_defaults, lookups, executor
            )
        else:
            async with atomic(client=executor) as block:
                made, new = await update_or_create(
                    self._copy(), defaults, create_defaults, lookups, block
                )
                if new:
                    await self._link_new([getattr(made, self._hop.remote.name)], through, block)
        self._follow_created(made, new, executor)
        return made, new

    @overload
    async def bulk_create(
        self,
        objects: Iterable[T | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
        returning_created: Literal[False] = False,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> list[T]: ...
    @overload
    async def bulk_create(
        self,
        objects: Iterable[T | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
        returning_created: Literal[True],
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> list[tuple[T, bool]]: ...
    async def bulk_create(
        self,
        objects: Iterable[T | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
        returning_created: bool = False,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Any:
        """Insert any number of related rows, all or none; see `Query.bulk_create`.

        Args: as for `Query.bulk_create`, and `through`: further columns of the rows in the through
            table.

        Raises:
            ManagerError: the owner has not been saved; or `ignore_conflicts` over a through table,
                since the keys of the rows to link are then not known.
        """
        self._check_writable("create")
        hop, executor = self._hop, self._place(using, client)
        given = iterable_given("bulk_create()", objects)
        options: dict[str, Any] = {
            "batch_size": batch_size,
            "ignore_conflicts": ignore_conflicts,
            "update_conflicts": update_conflicts,
            "update_fields": update_fields,
            "unique_fields": unique_fields,
            "returning_created": returning_created,
        }
        model_rows: Any = self._copy()
        if hop.through is None:
            self._check_no_through(through)
            items = [self._owned(item) for item in given]
            made = await model_rows.bulk_create(items, client=executor, **options)
        else:
            self._key()
            if ignore_conflicts:
                raise ManagerError(
                    f"`{self._label}`: bulk_create(ignore_conflicts=True) does not know the keys "
                    "of the rows to link",
                    model=self._target.model,
                    hint="update_conflicts=True, or bulk_create() and add() them",
                )
            async with atomic(client=executor) as block:
                made = await model_rows.bulk_create(list(given), client=block, **options)
                rows = [row for row, _ in made] if returning_created else made
                keys = [getattr(row, hop.remote.name) for row in rows]
                await self._link_new(list(dict.fromkeys(keys)), through, block)
        rows = [row for row, _ in made] if returning_created else made
        name = self._far_field().name
        known = not ignore_conflicts and all(getattr(row, name) is not None for row in rows)
        self._follow_added({getattr(row, name): row for row in rows} if known else None, executor)
        return made

    async def upsert(  # type: ignore[override]
        self,
        *,
        unique_fields: Iterable[str] | None = None,
        update_fields: Iterable[str] | None = None,
        update: Mapping[str, Any] | None = None,
        through: dict[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> T:
        """Insert a related row, or update the one with the same unique key, which then belongs to
        the instance; see `Query.upsert`.

        Args: as for `Query.upsert`, and `through`: further columns of the row in the through table.
        """
        self._check_writable("create")
        hop, executor = self._hop, self._place(using, client)
        rows: Any = self._copy()
        options = {"unique_fields": unique_fields, "update_fields": update_fields, "update": update}
        if hop.through is None:
            self._check_no_through(through)
            column, key = hop.remote.name, self._key()
            if update_fields is not None:
                options["update_fields"] = [*update_fields, column]
            if update is not None:
                options["update"] = {**update, column: key}
            made: T = await rows.upsert(client=executor, **options, **{**values, column: key})
        else:
            self._key()
            async with atomic(client=executor) as block:
                made = await rows.upsert(client=block, **options, **values)
                await self._link_new([getattr(made, hop.remote.name)], through, block)
        self._follow_added({getattr(made, self._far_field().name): made}, executor)
        return made

    async def insert_from(
        self,
        query: QueryState[Any, Any],
        fields: Iterable[str],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> NoReturn:
        """Refused: the rows of a query are not linked to an instance.

        Raises:
            ManagerError: always.
        """
        label = self._target.label
        raise ManagerError(
            f"`{self._label}` cannot insert from a query, whose rows it would not link",
            model=self._target.model,
            hint=f"{label}.objects.insert_from(…), with the foreign key among the fields",
        )

    def _owned(self, item: Any) -> Any:
        """A row to insert that refers to the instance."""
        name = self._hop.remote.name
        if isinstance(item, self._hop.target.model):
            setattr(item, name, self._key())
            return item
        return {**mapping_given("bulk_create()", item), name: self._key()}

    def _follow_created(self, made: Any, new: bool, executor: Executor) -> None:
        if new:
            self._follow_added({getattr(made, self._far_field().name): made}, executor)
