"""Transactions without `await`, under the names of `oxyde.db.transaction`."""

from __future__ import annotations

from oxyde.db.transaction import (
    Detached,
    TransactionTimeoutError,
    detached,
    get_active_transaction,
    not_repeatable,
    on_commit,
    set_rollback,
)
from oxyde.sync.transactions import Atomic, Attempt, atomic, retrying

__all__ = [
    "Atomic",
    "Attempt",
    "Detached",
    "TransactionTimeoutError",
    "atomic",
    "detached",
    "get_active_transaction",
    "not_repeatable",
    "on_commit",
    "retrying",
    "set_rollback",
]
