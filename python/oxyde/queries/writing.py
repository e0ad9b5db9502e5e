"""The verbs that write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from oxyde.exceptions import FieldError, ManagerError
from oxyde.queries.base import Expression
from oxyde.queries.building import Building
from oxyde.queries.expressions import F, as_expression
from oxyde.queries.state import M, QueryState, R

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.raw import RawQuery

__all__ = ["Writing"]


class Writing(Building[M, R]):
    """create, update, delete and all the others."""

    async def create(
        self,
        *,
        instance: M | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **values: Any,
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
        from oxyde.queries.create import create

        made: M = await create(self._model, instance, values, self._place(using, client))
        return made

    async def get_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        *,
        using: str | None = None,
        client: Executor | None = None,
        **lookups: Any,
    ) -> tuple[M, bool]:
        """The row for these lookups; else a new one of them and `defaults`.

        It is right also when others insert the same row at the same time.

        Returns:
            The instance, and whether it is new.

        Raises:
            MultipleObjectsReturned: several rows match.
            IntegrityError: the new row breaks another constraint.
        """
        from oxyde.queries.create import get_or_create

        return await get_or_create(self._copy(), defaults, lookups, self._place(using, client))

    async def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        *,
        create_defaults: Mapping[str, Any] | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **lookups: Any,
    ) -> tuple[M, bool]:
        """The row for these lookups, with `defaults` written to it; else a new one of both.

        Args:
            defaults: what is written.
            create_defaults: what a new row gets, instead of `defaults`.

        Returns:
            The instance, and whether it is new.
        """
        from oxyde.queries.create import update_or_create

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
        **values: Any,
    ) -> M:
        """Insert a row, or change the one with its unique key, in one statement.

        Args:
            unique_fields: the fields of the key; else the key whose fields are given.
            update_fields: the fields that a row already there takes from `values`; all given
                ones when None.
            update: values and expressions that a row already there takes instead
                (``update={"hits": F("hits") + 1}``).
            values: the row.

        Returns:
            The instance, as it is stored. No hook runs.
        """
        from oxyde.queries.upsert import upsert

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
        """Insert any number of rows, all or none. No hook runs.

        On PostgreSQL a statement of 1,000 rows and more is a COPY, unless it handles conflicts,
        returns more than a counted key, has array columns, or the table has rules or row-level
        security.

        Args:
            objects: instances and dicts, mixed; they may give different columns.
            batch_size: rows per statement; as many as the database takes when None.
            ignore_conflicts: leave rows that are there already as they are. The keys of the new
                ones are not known then.
            update_conflicts: change rows that are there already.
            update_fields: which fields are changed then; all but the key when None.
            unique_fields: the key that must clash; the one whose fields are given when None.
            returning_created: with `update_conflicts`, tell of each row whether it is new. Not on
                MySQL and MariaDB.

        Returns:
            The instances in order, with what the database filled in; with `returning_created`
            pairs of an instance and whether its row was created.

        Raises:
            IntegrityError: the database refuses a row; none is written.
            pydantic.ValidationError: a value is not valid; none is written.
        """
        from oxyde.queries.bulk import bulk_create

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
        """Insert the rows of a query, in one statement: `INSERT … SELECT`. No hook runs.

        Args:
            query: its columns, by values() or values_list(), in the order of `fields`.
            fields: where they go.

        Returns:
            The number of rows.

        Raises:
            FieldError: an unknown name, or another number of columns.
        """
        from oxyde.queries.insert_from import insert_from

        return await insert_from(self._names, query, fields, self._place(using, client))

    async def bulk_update(
        self,
        objects: Iterable[M],
        fields: Iterable[str] = (),
        *assignments: Callable[[M], Mapping[Any, Any]],
        batch_size: int | None = None,
        using: str | None = None,
        client: Executor | None = None,
        **expressions: Any,
    ) -> int:
        """Write some fields of many instances, all or none, in one statement per batch.

        ``bulk_update(parts, ["weight"], stock=F("stock") + 1)`` writes each part's own weight,
        and adds one to the stock that the database holds. With ``Each`` an expression takes a
        value of each object: ``stock=F("stock") - Each(lambda part: sold[part.id])``.
        What expressions set is not put on the instances: refresh() them.

        Args:
            objects: instances with keys.
            fields: what is written as the instances have it.
            assignments: functions from the model to a dict, as for `update`.
            batch_size: rows per statement; as many as the database takes when None.
            expressions: what is set to an expression (or one value) for all.

        Returns:
            The number of rows.

        Raises:
            FieldError: an unknown name, no field at all, a key, or an unfit expression.
            UnsupportedFeatureError: on MySQL and MariaDB, an expression that reads a column which
                the same call changes otherwise.
        """
        from oxyde.queries.bulk_update import bulk_update

        for function in assignments:
            from oxyde.queries.typed import record_mapping

            expressions = {**record_mapping(self._names, function), **expressions}
        return await bulk_update(
            self._names,
            objects,
            fields,
            self._place(using, client),
            batch_size=batch_size,
            expressions=expressions,
        )

    @overload
    async def update(
        self,
        *assignments: Callable[[M], Mapping[Any, Any]],
        returning: Literal[False] = False,
        using: str | None = None,
        client: Executor | None = None,
        **values: Any,
    ) -> int: ...
    @overload
    async def update(
        self,
        *assignments: Callable[[M], Mapping[Any, Any]],
        returning: Literal[True],
        using: str | None = None,
        client: Executor | None = None,
        **values: Any,
    ) -> list[M]: ...
    async def update(
        self,
        *assignments: Callable[[M], Mapping[Any, Any]],
        returning: bool = False,
        using: str | None = None,
        client: Executor | None = None,
        **values: Any,
    ) -> int | list[M]:
        """Change the rows of the query in one statement. No hook runs.

        Args:
            assignments: functions from the model to a dict
                (``update(lambda u: {u.views: u.views + 1})``).
            returning: give the changed instances instead of their number.
            values: by field: values, which Pydantic validates, or expressions
                (``views=F("views") + 1``).

        Returns:
            The number of rows, or the instances.

        Raises:
            FieldError: an unknown name, or an expression that does not fit the field.
            pydantic.ValidationError: a value is not valid.
        """
        from oxyde.queries.update import run_update

        for function in assignments:
            from oxyde.queries.typed import record_mapping

            values = {**record_mapping(self._names, function), **values}
        executor = self._place(using, client)
        changed: int | list[M] = await run_update(
            self._copy(), values, executor, returning=returning
        )
        return changed

    async def increment(
        self,
        field: str | None = None,
        by: Any = 1,
        *,
        using: str | None = None,
        client: Executor | None = None,
        **amounts: Any,
    ) -> int:
        """Add to fields in the rows of the query: ``increment("views")``, ``increment(views=5)``.

        Args:
            field: a number.
            by: how much.
            amounts: how much, by field.

        Returns:
            The number of rows.
        """
        return await self._add(field, by, amounts, 1, using, client)

    async def decrement(
        self,
        field: str | None = None,
        by: Any = 1,
        *,
        using: str | None = None,
        client: Executor | None = None,
        **amounts: Any,
    ) -> int:
        """Take from fields in the rows of the query; as `increment`."""
        return await self._add(field, by, amounts, -1, using, client)

    async def _add(
        self,
        field: str | None,
        by: Any,
        amounts: dict[str, Any],
        sign: int,
        using: str | None,
        client: Executor | None,
    ) -> int:
        wanted = dict(amounts) if field is None else {field: by, **amounts}
        if not wanted:
            raise ManagerError("increment() needs a field", model=self._model)
        values: dict[str, Any] = {}
        for name, amount in wanted.items():
            if isinstance(amount, bool) or (
                not isinstance(amount, Expression) and not hasattr(amount, "__add__")
            ):
                raise FieldError(f"`{name}` cannot grow by {amount!r:.80}")
            step = as_expression(amount)
            values[name] = F(name) + step if sign > 0 else F(name) - step
        from oxyde.queries.update import run_update

        executor = self._place(using, client)
        changed: int = await run_update(self._copy(), values, executor, returning=False)
        return changed

    async def delete(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Delete the rows of the query in one statement. No hook runs.

        Returns:
            The number of rows.
        """
        from oxyde.queries.change import delete_query, refuse_unfit

        query = self._copy()
        refuse_unfit(query, "delete")
        return await delete_query(query, self._place(using, client))

    def raw(self, sql: str, params: Any = (), *, using: str | None = None) -> RawQuery[M]:
        """Instances from SQL that the user wrote: ``await User.objects.raw("SELECT …", [1])``.

        Args:
            sql: with the database's placeholders (`$1` on PostgreSQL, `?` elsewhere).
            params: the values, in order.
        """
        from oxyde.queries.raw import RawQuery

        return RawQuery(self._names, sql, params, using or self._using, self._client)
