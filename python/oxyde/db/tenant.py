"""tenant(): a transaction in the schema of one tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from oxyde.db.block import Block
from oxyde.db.block_settings import SettingValue, texts
from oxyde.db.registry import resolve
from oxyde.db.session import Session, schemas_of
from oxyde.db.transaction import Atomic, Isolation, atomic
from oxyde.exceptions import (
    OxydeError,
    TenantNotFoundError,
    TransactionError,
    UnsupportedFeatureError,
)

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["Tenant", "tenant"]

# PostgreSQL would shorten a longer name, perhaps to that of another tenant.
_LONGEST = 63


class Tenant(Session):
    """The result of `tenant()`: an asynchronous context manager."""

    __slots__ = ("_name",)

    def __init__(
        self,
        name: str,
        shared: tuple[str, ...],
        using: str | None,
        client: Executor | None,
        settings: dict[str, str],
        block: Atomic,
    ) -> None:
        super().__init__(using, client, settings, (name, *shared), block)
        self._name = name

    async def __aenter__(self) -> Block:
        executor = resolve(self._using, self._client)
        if not executor.features.transaction_settings:
            raise UnsupportedFeatureError(
                f"{executor.name!r} is not PostgreSQL: a transaction there has no search_path",
                hint="give each tenant a database, and use db.Pools: "
                'pools = db.Pools("mysql://…/{tenant}"); async with pools.tenant(name): …',
            )
        if isinstance(executor, Block) and executor.tenant not in (None, self._name):
            raise TransactionError(
                f"tenant({self._name!r}) inside a block of tenant({executor.tenant!r}): the "
                "changes of both would be one transaction",
                hint="leave that block first, or open this one in `with db.detached():`",
            )
        block = await super().__aenter__()
        block.tenant = self._name
        return block

    def _missing(self, database: str, schema: str) -> OxydeError:
        if schema != self._name:
            return super()._missing(database, schema)
        return TenantNotFoundError(
            f"{database!r} has no schema {schema!r} that its user may use",
            tenant=schema,
            hint=f"create it (`oxyde create-database --schema {schema}`) and its tables (`oxyde "
            f"migrate --schema {schema}`), or GRANT USAGE on it",
        )


def tenant(
    name: str,
    *,
    shared: str | Iterable[str] = (),
    using: str | None = None,
    settings: Mapping[str, SettingValue] | None = None,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
) -> Tenant:
    """A transaction in the schema of one tenant, on PostgreSQL::

        async with db.tenant("t42"):
            await Invoice.objects.create(total=100)  # in t42.invoice

    Tables without a schema are those of the schema `name`, by a search path that belongs to the
    transaction: also behind a pooler, any number of tenants share one pool. Inside a block of
    another database or of none it is a transaction; inside another block a savepoint, which is
    refused if that block is another tenant's.

    Args:
        name: the schema. Upper and lower case differ.
        shared: schemas that are searched after it: of tables and extensions that tenants share.
        using: the database's name; otherwise as for `atomic`.
        settings: further settings of the transaction, as for `session`.
        client: as for `atomic`.
        isolation: as for `atomic`.
        read_only: as for `atomic`.
        timeout: as for `atomic`, in seconds.

    Raises:
        TenantNotFoundError: the name cannot be that of a tenant's schema; on entering: the schema
            does not exist, or its user may not use it.
        TransactionError: another argument is invalid; on entering: inside a block of another
            tenant.
        UnsupportedFeatureError: on entering: the database is not PostgreSQL.
    """
    _check_schema(name)
    others = schemas_of(shared) if shared else ()
    given = {} if settings is None else texts(settings)
    if "search_path" in given:
        raise TransactionError(
            "tenant() sets search_path itself", hint="name further schemas in shared="
        )
    block = atomic(using, client=client, isolation=isolation, read_only=read_only, timeout=timeout)
    return Tenant(name, others, using, client, given, block)


def _check_schema(name: str) -> None:
    if not isinstance(name, str):
        raise TransactionError(
            f"a tenant is named by its schema, not by {name!r:.80}", hint='db.tenant("t42")'
        )
    if not name or "\0" in name or len(name.encode(errors="surrogatepass")) > _LONGEST:
        raise TenantNotFoundError(
            f"{name!r:.100} is not the name of a tenant",
            tenant=name,
            hint=f"names of schemas have 1 to {_LONGEST} bytes",
        )
    if name == "$user" or name.startswith("pg_") or name == "information_schema":
        raise TenantNotFoundError(
            f"{name!r} is not the name of a tenant, but of a schema of PostgreSQL itself",
            tenant=name,
            hint="give the schema another name",
        )
