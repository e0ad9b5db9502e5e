"""The methods that write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from oxyde.exceptions import FieldError, ManagerError
from oxyde.queries.compile.state import M, QueryState, R
from oxyde.queries.expressions.operators import F, as_expression
from oxyde.queries.expressions.recorder import record_mapping
from oxyde.queries.ir.expression import Expression
from oxyde.queries.methods.paging import Paging
from oxyde.queries.results.raw import RawQuery
from oxyde.queries.writes.announced import (
    announced_delete,
    announced_restore,
    announced_update,
)
from oxyde.queries.writes.bulk import bulk_create
from oxyde.queries.writes.bulk_update import bulk_update
from oxyde.queries.writes.create import create, get_or_create, update_or_create
from oxyde.queries.writes.insert_from import insert_from
from oxyde.queries.writes.target import refuse_unfit
from oxyde.queries.writes.upsert import upsert

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
__all__ = ["Writing"]


class Writing(Paging[M, R]):
    """Writing methods: create, update, delete …"""

    async def create(
        self,
        *,
        instance: M | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> M:
        """Insert one row, with the model's hooks.

        Args:
            instance: an instance to insert, instead of values.
            using: the database's name.
            client: a database or transaction, instead of a name.
            values: by field; Pydantic validates them.

        Returns:
            The instance, with what the database filled in.

        Raises:
            ManagerError: both or neither of `instance` and values are given.
            pydantic.ValidationError: a value is not valid.
            IntegrityError: the database refuses the row.
        """
        self._names.meta.check_writable("create")
        made: M = await create(self._model, instance, values, self._place(using, client))
        return made

    async def get_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        *,
        using: str | None = None,
        client: Executor | None = None,
        **lookups: object,
    ) -> tuple[M, bool]:
        """Return the row for these lookups, or create it from them and `defaults`. It is safe
        against concurrent inserts of the same row.

        Returns:
            The instance, and whether it is new.

        Raises:
            MultipleObjectsReturned: several rows match.
            IntegrityError: the new row breaks another constraint.
        """
        self._names.meta.check_writable("get_or_create")
        return await get_or_create(self._copy(), defaults, lookups, self._place(using, client))

    async def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        *,
        create_defaults: Mapping[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **lookups: object,
    ) -> tuple[M, bool]:
        """Update the row for these lookups with `defaults`, or create it from both.

        Args:
            defaults: values to write.
            create_defaults: values for a new row, instead of `defaults`.

        Returns:
            The instance, and whether it is new.
        """
        self._names.meta.check_writable("update_or_create")
        return await update_or_create(
            self._copy(), defaults, create_defaults, lookups, self._place(using, client)
        )

    async def upsert(
        self,
        *,
        unique_fields: Iterable[str] | None = None,
        update_fields: Iterable[str] | None = None,
        update: Mapping[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> M:
        """Insert a row, or update the one with the same unique key, atomically.

        Args:
            unique_fields: the fields of the key; by default the unique key whose fields are given.
                A NULL in one of them conflicts with no row.
            update_fields: the fields that an existing row takes from `values`; all given ones when
                None.
            update: values and expressions for an existing row instead
                (``update={"hits": F("hits") + 1}``).
            values: the row.

        Returns:
            The instance as stored. No hooks run.

        Raises:
            UniqueViolationError: a different unique key of the new row conflicts.
        """
        self._names.meta.check_writable("upsert")
        made: M = await upsert(
            self._copy(),
            values,
            self._place(using, client),
            unique_fields=unique_fields,
            update_fields=update_fields,
            update=update,
        )
        return made

    @overload
    async def bulk_create(
        self,
        objects: Iterable[M | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
        returning_created: Literal[False] = False,
        using: str | None = None,
        client: Executor | None = None,
    ) -> list[M]: ...
    @overload
    async def bulk_create(
        self,
        objects: Iterable[M | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
        returning_created: Literal[True],
        using: str | None = None,
        client: Executor | None = None,
    ) -> list[tuple[M, bool]]: ...
    async def bulk_create(
        self,
        objects: Iterable[M | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
        returning_created: bool = False,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Any:
        """Insert any number of rows, all or none. No hooks run. On PostgreSQL statements of 1,000
        or more rows use COPY, unless they handle conflicts, return more than a generated key, have
        array columns, or the table has rules or row-level security.

        Args:
            objects: instances and dicts, also mixed; they may set different columns.
            batch_size: rows per statement; as many as the database takes when None.
            ignore_conflicts: leave existing rows unchanged. The keys of new rows are not known
                then.
            update_conflicts: update existing rows; of several rows with the same key the last wins.
            update_fields: the fields to update then; all except the key when None.
            unique_fields: the conflict target; when None, the unique key whose fields are given.
            returning_created: with `update_conflicts`, report for each row whether it is new.

        Returns:
            The instances in order, with what the database filled in; with `returning_created`
            pairs of an instance and whether its row was created.

        Raises:
            IntegrityError: the database refuses a row; none is written.
            pydantic.ValidationError: a value is not valid; none is written.
        """
        self._names.meta.check_writable("bulk_create")
        return await bulk_create(
            self._names,
            objects,
            self._place(using, client),
            batch_size=batch_size,
            ignore_conflicts=ignore_conflicts,
            update_conflicts=update_conflicts,
            update_fields=update_fields,
            unique_fields=unique_fields,
            returning_created=returning_created,
        )

    async def insert_from(
        self,
        query: QueryState[Any, Any],
        fields: Iterable[str],
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> int:
        """Insert the rows of a query in one statement: `INSERT … SELECT`. No hooks run.

        Args:
            query: a query with values() or values_list() whose columns are in the order of
                `fields`.
            fields: the target fields.

        Returns:
            The number of rows.

        Raises:
            FieldError: an unknown name, or a wrong number of columns.
        """
        self._names.meta.check_writable("insert_from")
        return await insert_from(self._names, query, fields, self._place(using, client))

    async def bulk_update(
        self,
        objects: Iterable[M],
        fields: Iterable[str] = (),
        *assignments: Callable[[M], Mapping[Any, Any]],
        batch_size: int | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **expressions: object,
    ) -> int:
        """Write some fields of many instances, all or none, in one statement per batch.

        ``bulk_update(parts, ["weight"], stock=F("stock") + 1)`` writes each part's own weight, and
        adds one to its stored stock. ``Each`` puts a value of each object into an expression:
        ``stock=F("stock") - Each(lambda part: sold[part.id])``. Results of expressions are not set
        on the instances: call refresh().

        Args:
            objects: instances with keys.
            fields: the fields to write from the instances.
            assignments: functions from the model to a dict, as for `update`.
            batch_size: rows per statement; as many as the database takes when None.
            expressions: fields to set to an expression (or the same value) in all rows.

        Returns:
            The number of rows.

        Raises:
            FieldError: an unknown name, no fields, a key, or an expression of the wrong type.
            UnsupportedFeatureError: on MySQL and MariaDB, an expression reads a column that the
                same call changes.
        """
        self._names.meta.check_writable("bulk_update")
        for function in assignments:
            expressions = {**record_mapping(self._names, function), **expressions}
        places = (using, client, self._using, self._client)
        return await bulk_update(
            self._names,
            objects,
            fields,
            self._place(using, client),
            batch_size=batch_size,
            expressions=expressions,
            told=any(place is not None for place in places),
        )

    @overload
    async def update(
        self,
        *assignments: Callable[[M], Mapping[Any, Any]],
        returning: Literal[False] = False,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> int: ...
    @overload
    async def update(
        self,
        *assignments: Callable[[M], Mapping[Any, Any]],
        returning: Literal[True],
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> list[M]: ...
    async def update(
        self,
        *assignments: Callable[[M], Mapping[Any, Any]],
        returning: bool = False,
        using: str | None = None,
        client: Executor | None = None,
        **values: object,
    ) -> int | list[M]:
        """Update the rows of the query in one statement. No hooks run, but the signals of query
        updates.

        Args:
            assignments: functions from the model to a dict
                (``update(lambda u: {u.views: u.views + 1})``).
            returning: return the updated instances instead of their number.
            values: by field, values (validated by Pydantic) or expressions
                (``views=F("views") + 1``).

        Returns:
            The number of rows, or the instances.

        Raises:
            FieldError: an unknown name, or an expression that does not fit the field.
            pydantic.ValidationError: a value is not valid.
        """
        self._names.meta.check_writable("update")
        for function in assignments:
            values = {**record_mapping(self._names, function), **values}
        executor = self._place(using, client)
        changed: int | list[M] = await announced_update(
            self._copy(), values, executor, returning=returning
        )
        return changed

    async def increment(
        self,
        field: str | None = None,
        by: object = 1,
        *,
        using: str | None = None,
        client: Executor | None = None,
        **amounts: object,
    ) -> int:
        """Add to fields in the rows of the query: ``increment("views")``, ``increment(views=5)``.

        Args:
            field: a numeric field.
            by: the amount.
            amounts: the amounts, by field.

        Returns:
            The number of rows.
        """
        return await self._add(field, by, amounts, 1, using, client)

    async def decrement(
        self,
        field: str | None = None,
        by: object = 1,
        *,
        using: str | None = None,
        client: Executor | None = None,
        **amounts: object,
    ) -> int:
        """Subtract from fields in the rows of the query; see `increment`."""
        return await self._add(field, by, amounts, -1, using, client)

    async def _add(
        self,
        field: str | None,
        by: object,
        amounts: dict[str, Any],
        sign: int,
        using: str | None,
        client: Executor | None,
    ) -> int:
        self._names.meta.check_writable("increment" if sign > 0 else "decrement")
        wanted = dict(amounts) if field is None else {field: by, **amounts}
        if not wanted:
            raise ManagerError("increment() needs a field", model=self._model)
        values: dict[str, Any] = {}
        for name, amount in wanted.items():
            if isinstance(amount, bool) or (
                not isinstance(amount, Expression) and not hasattr(amount, "__add__")
            ):
                raise FieldError(f"`{name}` cannot be incremented by {amount!r:.80}")
            step = as_expression(amount)
            values[name] = F(name) + step if sign > 0 else F(name) - step
        executor = self._place(using, client)
        changed: int = await announced_update(self._copy(), values, executor, returning=False)
        return changed

    async def delete(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Delete the rows of the query in one statement; with `SoftDelete`, mark them
        as deleted. No hooks run, but the signals of query deletes.

        Returns:
            The number of rows.
        """
        self._names.meta.check_writable("delete")
        query = self._copy()
        refuse_unfit(query, "delete")
        return await announced_delete(query, self._place(using, client))

    async def hard_delete(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Delete the rows of the query from the table, also where the model has `SoftDelete`. No
        hooks run.

        Returns:
            The number of rows.
        """
        self._names.meta.check_writable("hard_delete")
        query = self._copy()
        refuse_unfit(query, "delete")
        return await announced_delete(query, self._place(using, client), hard=True)

    async def restore(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Bring back the rows of the query that are marked as deleted (`SoftDelete`), with the rows
        that were deleted with them: ``Post.deleted.filter(…).restore()``. No hooks run.

        Returns:
            The number of rows, without those that were deleted with them.

        Raises:
            ManagerError: the model has no soft delete.
            UniqueViolationError: another row has taken a unique key of one of them.
        """
        self._names.meta.check_writable("restore")
        query = self._copy()
        refuse_unfit(query, "restore")
        return await announced_restore(query, self._place(using, client))

    def raw(self, sql: str, params: object = (), *, using: str | None = None) -> RawQuery[M]:
        """Instances from SQL that the user wrote: ``await User.objects.raw("SELECT …", [1])``.

        Args:
            sql: with the database's placeholders (`$1` on PostgreSQL, `?` elsewhere).
            params: the values, in order.
        """
        return RawQuery(self._names, sql, params, using or self._using, self._client)
