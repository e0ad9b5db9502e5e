"""session(): a transaction with settings of its own, such as the tenant whose rows it may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from oxyde.db.block_settings import SettingValue, texts
from oxyde.db.registry import resolve
from oxyde.db.transaction import Atomic, Isolation, atomic
from oxyde.exceptions import OxydeError, TransactionError, UnsupportedFeatureError

if TYPE_CHECKING:
    from oxyde.db.block import Block
    from oxyde.db.executor import Executor

__all__ = ["Session", "schemas_of", "session"]

_SEARCH_PATH = "search_path"


class Session:
    """The result of `session()`: an asynchronous context manager."""

    __slots__ = ("_atomic", "_before", "_block", "_client", "_schemas", "_settings", "_using")

    def __init__(
        self,
        using: str | None,
        client: Executor | None,
        settings: dict[str, str],
        schemas: tuple[str, ...],
        block: Atomic,
    ) -> None:
        self._using = using
        self._client = client
        self._settings = settings
        self._schemas = schemas
        self._atomic = block
        self._block: Block | None = None
        self._before: dict[str, str] = {}

    async def __aenter__(self) -> Block:
        executor = resolve(self._using, self._client)
        if not executor.features.transaction_settings:
            what = "search_path" if not self._settings else "settings"
            raise UnsupportedFeatureError(
                f"{executor.name!r} is not PostgreSQL: a transaction there has no {what}, and what "
                "is set for a whole session would reach the next user of its connection",
                hint="filter rows by their tenant, or name a database per tenant: using=…",
            )
        block = await self._atomic.__aenter__()
        try:
            self._before = await self._set(block)
        except BaseException as error:
            await self._atomic.__aexit__(type(error), error, error.__traceback__)
            raise
        self._block = block
        return block

    async def _set(self, block: Block) -> dict[str, str]:
        """Make the settings, in one statement; return the values before."""
        wanted = dict(self._settings)
        if self._schemas:
            quoted = [name.replace('"', '""') for name in self._schemas]
            wanted = {_SEARCH_PATH: ", ".join([f'"{name}"' for name in quoted]), **wanted}
        columns = [f"current_setting('{name}', true) AS b{at}" for at, name in enumerate(wanted)]
        columns += [
            f"set_config('{name}', ${at + 1}, true) AS s{at}" for at, name in enumerate(wanted)
        ]
        if self._schemas:
            columns.append("current_schemas(false)::text[] AS schemas")
        row = await _row(block, f"SELECT {', '.join(columns)}", list(wanted.values()))
        for name in self._schemas:
            if name != "$user" and name not in row["schemas"]:
                raise self._missing(block.name, name)
        return {name: row[f"b{at}"] or "" for at, name in enumerate(wanted)}

    def _missing(self, database: str, schema: str) -> OxydeError:
        """The error of a schema that the database does not have."""
        return TransactionError(
            f"search_path: {database!r} has no schema {schema!r} that its user may use",
            hint=f"create it (oxyde create-database --schema {schema}), or GRANT USAGE on it",
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        block, self._block = self._block, None
        if block is None:
            raise TransactionError("this session() is not open")
        if error is None and block.outer is not None and not block.has_ended():
            # The end of a savepoint keeps settings, unless it is rolled back.
            try:
                columns = [f"set_config('{n}', ${i}, true)" for i, n in enumerate(self._before, 1)]
                await _row(block, f"SELECT {', '.join(columns)}", list(self._before.values()))
            except BaseException as failed:
                await self._atomic.__aexit__(type(failed), failed, failed.__traceback__)
                raise
        await self._atomic.__aexit__(kind, error, trace)


async def _row(block: Block, sql: str, values: list[str]) -> dict[str, Any]:
    rows = await block.fetch_raw(sql, values, ())
    row: dict[str, Any] = rows.values(None).value()[0]
    return row


def session(
    using: str | None = None,
    *,
    settings: Mapping[str, SettingValue] | None = None,
    search_path: str | Iterable[str] | None = None,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
) -> Session:
    """A transaction with settings of PostgreSQL, for example for one tenant's request::

        async with db.session(settings={"app.tenant": "7"}):
            await Invoice.objects.all()  # policies compare with current_setting('app.tenant')

    The settings are the transaction's own (``set_config(…, true)``): when it ends, however it does,
    the connection has those of before, also behind a pooler. Inside another block on the same
    database it is a savepoint, and the outer settings are valid again behind it.

    Args:
        using: the database's name; otherwise as for `atomic`.
        settings: by name: ``app.tenant``, ``statement_timeout``, ``role``.
        search_path: the schemas in which tables without a schema are looked up, in order: a list
            of names, or a string with commas between them. Upper and lower case differ.
        client: a database or an outer block, instead of a name.
        isolation: as for `atomic`.
        read_only: as for `atomic`.
        timeout: as for `atomic`.

    Raises:
        TransactionError: an argument is invalid, or a schema does not exist.
        UnsupportedFeatureError: the database is not PostgreSQL.
    """
    schemas = () if search_path is None else schemas_of(search_path)
    given = {} if settings is None else texts(settings)
    if not schemas and not given:
        raise TransactionError(
            "session() needs settings or a search_path",
            hint='session(settings={"app.tenant": "7"}); without any, use atomic()',
        )
    if schemas and _SEARCH_PATH in given:
        raise TransactionError("session() has search_path twice", hint="leave one of them out")
    block = atomic(using, client=client, isolation=isolation, read_only=read_only, timeout=timeout)
    return Session(using, client, given, schemas, block)


def schemas_of(search_path: object) -> tuple[str, ...]:
    """The names of a search path.

    Raises:
        TransactionError: it is something else.
    """
    names: list[object] = []
    if isinstance(search_path, str):
        names += [name.strip() for name in search_path.split(",")]
    elif isinstance(search_path, Iterable):
        names += search_path
    checked = tuple([name for name in names if isinstance(name, str) and name])
    if not checked or len(checked) < len(names) or any("\0" in name for name in checked):
        raise TransactionError(
            f"search_path must be names of schemas, not {search_path!r:.80}",
            hint='search_path=["tenant_7", "public"]',
        )
    if isinstance(search_path, str) and '"' in search_path:
        raise TransactionError(
            f"search_path={search_path!r:.80} has quotes, which it does not need",
            hint='search_path=["tenant_7", "public"]',
        )
    return checked
