"""What has become of a transaction whose COMMIT was not answered (PostgreSQL)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from oxyde.db.operation import run
from oxyde.exceptions import DatabaseConnectionError, DatabaseError

if TYPE_CHECKING:
    from oxyde._core import Transaction
    from oxyde.db.pool import AsyncDatabase

__all__ = ["outcome_of", "transaction_id"]

Outcome = Literal["committed", "aborted", "in progress"]


async def transaction_id(core: Transaction) -> str | None:
    """The transaction's id on the server; None if it has written nothing."""
    sql = "SELECT pg_current_xact_id_if_assigned()::text AS id"
    rows = await run(core.fetch_raw(sql, (), ()))
    return cast("str | None", rows.values(None).value()[0]["id"])


async def outcome_of(database: AsyncDatabase, transaction: str) -> Outcome | None:
    """What the server says about a transaction; None if it has forgotten it.

    Raises:
        DatabaseConnectionError: the server cannot be reached.
    """
    try:
        rows = await database.fetch_raw(
            "SELECT pg_xact_status($1::text::xid8) AS status", [transaction], ()
        )
    except DatabaseConnectionError:
        raise
    except DatabaseError:  # another server has not come to this transaction yet
        return None
    return cast("Outcome | None", rows.values(None).value()[0]["status"])
