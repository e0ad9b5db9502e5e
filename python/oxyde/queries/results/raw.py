"""Raw SQL: execute_raw, Model.objects.raw, and RawSQL in an expression."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from oxyde._given import sql_given
from oxyde.db.registry import resolve
from oxyde.db.slices import sliced
from oxyde.db.watched import name_statement
from oxyde.exceptions import DatabaseError, FieldError, IntegrityError, OxydeError
from oxyde.hints import hint_for
from oxyde.hydration.recipe import recipe_for
from oxyde.queries.compile.recipe import from_database
from oxyde.queries.expressions.operators import Computed, as_expression
from oxyde.queries.expressions.parts import parts_of
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.declared import output_type

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import RawRows
    from oxyde.db.executor import Executor
    from oxyde.queries.ir.expression import Expression
    from oxyde.queries.names import Names

__all__ = ["RawQuery", "RawSQL", "execute_raw"]

T = TypeVar("T")


async def execute_raw(
    sql: str,
    params: Sequence[Any] = (),
    *,
    using: str | None = None,
    client: Executor | None = None,
) -> list[dict[str, Any]]:
    """Run raw SQL and return its rows as dicts; an empty list if it returns none. Values have the
    types that the server reports. MariaDB reports JSON columns as text: decode them with
    ``json.loads``, or use ``Model.objects.raw()``, which uses the model's fields.

    Args:
        sql: with the database's placeholders (`$1` on PostgreSQL, `?` elsewhere).
        params: the values, in order. They never become part of the SQL text.
        using: the database's name.
        client: a database or transaction, instead of a name.

    Raises:
        DatabaseError: the database rejects it.
    """
    sql = sql_given("execute_raw()", sql)
    executor = resolve(using, client)
    rows = await _fetch(executor, sql, _params(params), (), None)
    return await sliced(rows.values(None), len(rows))


async def _fetch(
    executor: Executor,
    sql: str,
    values: list[Any],
    types: Sequence[tuple[str, Any]],
    model: type[Any] | None,
) -> RawRows:
    try:
        return await executor.fetch_raw(sql, values, types)
    except (IntegrityError, DatabaseError) as error:
        name_statement(error, sql, model)
        raise


def _params(params: object) -> list[Any]:
    if isinstance(params, str | bytes | dict) or not isinstance(params, Sequence):
        raise OxydeError(
            f"params must be a list of values in the order of the placeholders, not {params!r:.80}"
        )
    return list(params)


class RawQuery(Generic[T]):
    """The result of ``Model.objects.raw()``: awaiting it runs it and returns instances."""

    def __init__(
        self,
        names: Names,
        sql: str,
        params: object,
        using: str | None,
        client: Executor | None,
    ) -> None:
        self._names = names
        self._sql = sql_given("raw()", sql)
        self._values = _params(params)
        self._using = using
        self._client = client

    def __await__(self) -> Generator[Any, None, list[T]]:
        return self.all().__await__()

    async def all(self, *, using: str | None = None, client: Executor | None = None) -> list[T]:
        """The instances.

        Raises:
            FieldError: a column belongs to no field, or the primary key's column is missing.
        """
        if using is None and client is None:
            using, client = self._using, self._client
        executor = resolve(using, client)
        fields = self._names.meta.field_metadata
        types = [(field.db_column, field.column_type) for field in fields.values()]
        rows = await _fetch(executor, self._sql, self._values, types, self._names.model)
        columns = {field.db_column: name for name, field in fields.items()}
        found: list[str] = []
        for column in rows.columns:
            name = columns.get(column)
            if name is None:
                raise FieldError(
                    f"raw(): `{self._names.label}` has no column `{column}`",
                    hint=hint_for(column, columns),
                )
            if name in found:
                raise FieldError(f"raw(): two columns are named `{column}`")
            found.append(name)
        for name in self._names.primary_key:
            if name not in found:
                raise FieldError(
                    f"raw(): the key's column `{fields[name].db_column}` is missing",
                    hint="select it too",
                )
        recipe = recipe_for(self._names.model, tuple(found))
        made: list[T] = await sliced(rows.values(recipe), len(rows))
        await from_database(made, executor)
        return made

    def __repr__(self) -> str:
        return f"<raw query of {self._names.label}>"


class RawSQL(Computed):
    """SQL in an expression: ``annotate(age=RawSQL("date_part('year', age(born))", output=int))``.

    Args:
        sql: SQL, sent unchanged; ``%s`` is a placeholder, ``%%`` a percent sign if there are
            params.
        params: values or expressions.
        output: the type of the result, as for `Cast`; needed if the value is read.
    """

    __slots__ = ("params", "sql", "type")

    def __init__(self, sql: str, params: Sequence[Any] = (), *, output: object = None) -> None:
        if not isinstance(sql, str):
            raise FieldError(f"RawSQL takes SQL as a string, not {sql!r:.80}")
        self.params: tuple[Expression, ...] = tuple([as_expression(each) for each in params])
        self.sql = tuple(_split(sql)) if self.params else (sql,)
        if len(self.sql) != len(self.params) + 1:
            raise FieldError(
                f"RawSQL has {len(self.sql) - 1} placeholders (%s) for {len(self.params)} params"
            )
        self.type: _ir.ColumnType | None = None if output is None else output_type(output)

    def key(self) -> Hashable:
        """The SQL and the type."""
        return ("raw", self.sql, self.type and repr(self.type))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """Text and params in turn."""
        parts: list[_ir.RawPart] = [{"text": self.sql[0]}]
        for param, text in zip(parts_of(self.params, scope), self.sql[1:], strict=True):
            parts.append({"expr": param.build(scope).ir})
            parts.append({"text": text})
        column_type = self.type or want
        ir: _ir.Expr = {
            "raw": {
                "parts": [each for each in parts if each != {"text": ""}],
                "type": column_type or "text",
            }
        }
        return Typed(ir, column_type)

    def parts(self) -> tuple[Expression, ...]:
        """The params."""
        return self.params

    def __repr__(self) -> str:
        return f"RawSQL({'%s'.join(self.sql)!r})"


def _split(sql: str) -> list[str]:
    return [part.replace("\0", "%") for part in sql.replace("%%", "\0").split("%s")]
