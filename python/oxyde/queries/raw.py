"""SQL that the user wrote: execute_raw, Model.objects.raw, and RawSQL in an expression."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from oxyde import _ir
from oxyde.db.registry import resolve
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.columns import hint_for
from oxyde.queries.expressions import Computed, as_expression
from oxyde.queries.outputs import output_type
from oxyde.queries.rows import from_database, recipes
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.annotation import Context
    from oxyde.queries.base import Expression
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
    """Run SQL text and give its rows as dicts; an empty list when it gives none.

    Values have the types that the server names in its answer. MariaDB names its JSON columns
    text, which they are there: ``json.loads`` them, or ask by ``Model.objects.raw()``, which goes
    by the model's fields.

    Args:
        sql: with the database's placeholders (`$1` on PostgreSQL, `?` elsewhere).
        params: the values, in order. They never become a part of the text.
        using: the database's name.
        client: a database or transaction, instead of a name.

    Raises:
        DatabaseError: the database refuses it.
    """
    executor = resolve(using, client)
    rows = await executor.fetch_raw(sql, _params(params), ())
    return rows.dicts()


def _params(params: Any) -> list[Any]:
    if isinstance(params, str | bytes | dict) or not isinstance(params, Sequence):
        raise OxydeError(
            f"params is a list of values in the order of the placeholders, not {params!r:.80}"
        )
    return list(params)


class RawQuery(Generic[T]):
    """What ``Model.objects.raw()`` gives: awaiting it runs it and gives instances."""

    def __init__(
        self,
        names: Names,
        sql: str,
        params: Any,
        using: str | None,
        client: Executor | None,
    ) -> None:
        self._names = names
        self._sql = sql
        self._values = _params(params)
        self._using = using
        self._client = client

    def __await__(self) -> Generator[Any, None, list[T]]:
        return self.all().__await__()

    async def all(self, *, using: str | None = None, client: Executor | None = None) -> list[T]:
        """The instances.

        Raises:
            FieldError: a column is no field's, or the key's column is missing.
        """
        if using is None and client is None:
            using, client = self._using, self._client
        executor = resolve(using, client)
        fields = self._names.meta.field_metadata
        types = [(field.db_column, field.column_type) for field in fields.values()]
        rows = await executor.fetch_raw(self._sql, self._values, types)
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
        recipe = recipes().recipe_for(self._names.model, tuple(found))
        made: list[T] = rows.hydrate(recipe)
        from_database(made, executor)
        return made

    def __repr__(self) -> str:
        return f"<raw query of {self._names.label}>"


class RawSQL(Computed):
    """SQL in an expression: ``annotate(age=RawSQL("date_part('year', age(born))", output=int))``.

    Args:
        sql: text, sent as it is; ``%s`` stands for a param, ``%%`` for a percent sign when there
            are params.
        params: values or expressions.
        output: the type of the result, as for `Cast`; needed where the value is read.
    """

    __slots__ = ("params", "parts", "type")

    def __init__(self, sql: str, params: Sequence[Any] = (), *, output: Any = None) -> None:
        if not isinstance(sql, str):
            raise FieldError(f"RawSQL takes SQL as text, not {sql!r:.80}")
        self.params: tuple[Expression, ...] = tuple([as_expression(each) for each in params])
        self.parts = tuple(_split(sql)) if self.params else (sql,)
        if len(self.parts) != len(self.params) + 1:
            raise FieldError(
                f"RawSQL has {len(self.parts) - 1} places (%s) for {len(self.params)} params"
            )
        self.type = None if output is None else output_type(output)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The text and the params."""
        shapes = tuple([each.shape(context, values) for each in self.params])
        return ("raw", self.parts, shapes, repr(self.type))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """Text and params in turn."""
        parts: list[dict[str, Any]] = [{"text": self.parts[0]}]
        for expression, text in zip(self.params, self.parts[1:], strict=True):
            parts.append({"expr": expression.build(scope).ir})
            parts.append({"text": text})
        column_type = self.type or want
        ir: _ir.Expr = {
            "raw": {
                "parts": [each for each in parts if each.get("text") != ""],
                "type": column_type or "text",
            }
        }
        return Typed(ir, column_type)

    def operands(self) -> tuple[Expression, ...]:
        """The params."""
        return self.params

    def __repr__(self) -> str:
        return f"RawSQL({'%s'.join(self.parts)!r})"


def _split(sql: str) -> list[str]:
    return [part.replace("\0", "%") for part in sql.replace("%%", "\0").split("%s")]
