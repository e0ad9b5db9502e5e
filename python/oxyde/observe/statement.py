"""Statement: the record of one statement that ran."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oxyde._core import Plan
    from oxyde.observe.place import Place

__all__ = ["Statement", "fingerprint_of", "kind_of"]

_WORD = re.compile(r"[\s(]*([A-Za-z]+)")
# What a statement with a common table expression does, by the first such word outside of it.
_VERBS = re.compile(r"\b(INSERT|UPDATE|DELETE)\b")


class Statement:
    """One statement that ran, or failed.

    Attributes:
        database: the name of the database.
        rows: the number of rows that it returned, or changed; None if that is not known.
        seconds: how long it took, with `pool_wait`, until the awaiting task had its result.
        pool_wait: how long it waited for a connection, in seconds.
        batch: the number of rows that a bulk statement was given, or None.
        in_transaction: whether it ran in a block.
        place: the line of the code outside of Oxyde that asked for it; None if that is not on the
            stack, as in a task that does nothing but run the query.
        error: what it raised, or None.
    """

    __slots__ = (
        "_plan",
        "_sql",
        "_values",
        "batch",
        "database",
        "error",
        "in_transaction",
        "place",
        "pool_wait",
        "rows",
        "seconds",
    )

    def __init__(
        self,
        database: str,
        what: Plan | str,
        values: Sequence[Any],
        *,
        in_transaction: bool,
        place: Place | None,
        batch: int | None = None,
    ) -> None:
        self.database = database
        self._plan: Plan | None = None if isinstance(what, str) else what
        self._sql: str | None = what if isinstance(what, str) else None
        self._values = values
        self.in_transaction = in_transaction
        self.place = place
        self.batch = batch
        self.rows: int | None = None
        self.seconds = 0.0
        self.pool_wait = 0.0
        self.error: BaseException | None = None

    def __repr__(self) -> str:
        return f"<Statement on {self.database!r}: {self.sql}>"

    @property
    def sql(self) -> str:
        """Its text. User values are never in it, except in raw SQL that contains them."""
        if self._sql is None:
            plan = self._plan
            assert plan is not None
            self._sql = plan.sql if self.batch is None else plan.bulk_sql(self.batch)
        return self._sql

    @property
    def model(self) -> str | None:
        """The name of the model, or None (raw SQL, BEGIN, DDL)."""
        subject = None if self._plan is None else self._plan.subject
        return None if subject is None else subject[0]

    @property
    def table(self) -> str | None:
        """The name of the model's table, or None."""
        subject = None if self._plan is None else self._plan.subject
        return None if subject is None else subject[1]

    @property
    def columns(self) -> list[str]:
        """What the parameters are compared with or written to: ``User.age``."""
        return [] if self._plan is None else self._plan.labels

    @property
    def kind(self) -> str:
        """What it does: ``select``, ``insert``, ``update``, ``delete``, ``begin``, ``commit``,
        ``rollback``, ``savepoint``, ``release`` or another first word of SQL, in lower case."""
        return kind_of(self.sql)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that all statements with the same text share."""
        return fingerprint_of(self.sql)

    @property
    def parameters(self) -> list[Any]:
        """The values, in the order of the placeholders. Those of secret fields (``SecretStr``,
        ``Field(db_secret=True)``) are ``"***"``; those of a bulk statement are left out."""
        if self.batch is not None:
            return []
        if self._plan is None:
            return [_shown(value) for value in self._values]
        return self._plan.parameters(self._values, redacted=True)


def _shown(value: Any) -> Any:
    return "***" if hasattr(value, "get_secret_value") else value


@functools.lru_cache(maxsize=2048)
def kind_of(sql: str) -> str:
    """What a statement does, in a word (see `Statement.kind`)."""
    word = _WORD.match(sql)
    kind = "" if word is None else word[1].lower()
    if kind == "rollback" and " TO " in sql.upper():
        return "rollback to"
    if kind != "with":
        return kind
    verb = _VERBS.search(sql)
    return "select" if verb is None else verb[1].lower()


@functools.lru_cache(maxsize=2048)
def fingerprint_of(sql: str) -> str:
    """A short digest of a statement's text."""
    return hashlib.blake2s(sql.encode(), digest_size=8).hexdigest()
