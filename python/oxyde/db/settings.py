"""PoolSettings: how a database is connected to."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

__all__ = ["PoolSettings"]

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_JOURNAL_MODES = ("DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL", "OFF")
_SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """Settings of a connection pool. All times are seconds, unless the name says otherwise.

    Attributes:
        max_connections: most connections at a time.
        min_connections: connections that are kept open.
        acquire_timeout: how long a query waits for a free connection before PoolTimeoutError.
        idle_timeout: an idle connection is closed after this time; None keeps it.
        max_lifetime: a connection is replaced after this time; None keeps it.
        test_before_acquire: check a connection that was idle before it is used again.
        transaction_timeout: longest time of an ``atomic()`` block that names none itself.
        query_timeout: longest time of one statement; the server is told to stop it.
        sqlite_journal_mode: ``PRAGMA journal_mode``.
        sqlite_synchronous: ``PRAGMA synchronous``.
        sqlite_cache_size: page cache in KiB per connection (``PRAGMA cache_size = -N``).
        sqlite_busy_timeout: how long to wait for another process's lock, in milliseconds.
        ssl_mode: ``disable``, ``allow``, ``prefer``, ``require``, ``verify-ca`` or
            ``verify-full`` (the words of libpq); None takes the driver's default, ``prefer``.
        ssl_root_cert: PEM file of the authorities to trust.
        ssl_client_cert: PEM file of the client's certificate.
        ssl_client_key: PEM file of the client's key.
        pg_application_name: name shown in ``pg_stat_activity``.
        pg_search_path: schemas that tables without one are looked for in, in order, as after
            ``SET search_path =``: one database name for each tenant's schema. Behind a pooler
            with ``pg_pooler="transaction"`` it is refused.
        pg_statement_cache_capacity: prepared statements kept per connection; 0 says the same as
            ``pg_pooler="transaction"``, where none can be kept.
        pg_pooler: ``"transaction"`` behind a pooler that hands its connections out by the
            transaction (pgbouncer's ``pool_mode = transaction``). Nothing is then kept in a
            session (no named statements, no parameters), and each statement runs in a
            transaction of its own; LISTEN, session-wide SET, advisory locks of the session and
            temporary tables are refused. Migrations need a lock: they go to the server itself.
        mysql_charset: character set of the connection.
        mysql_collation: collation of the connection; None takes the server's for the charset.

    Raises:
        ValueError: a setting that cannot be, with its name and value.
    """

    max_connections: int = 10
    min_connections: int = 0
    acquire_timeout: float = 30.0
    idle_timeout: float | None = 600.0
    max_lifetime: float | None = 1800.0
    test_before_acquire: bool = True
    transaction_timeout: float | None = None
    query_timeout: float | None = None
    sqlite_journal_mode: str = "WAL"
    sqlite_synchronous: str = "NORMAL"
    sqlite_cache_size: int = 10_000
    sqlite_busy_timeout: int = 5000
    ssl_mode: SslMode | None = None
    ssl_root_cert: str | Path | None = None
    ssl_client_cert: str | Path | None = None
    ssl_client_key: str | Path | None = None
    pg_application_name: str | None = None
    pg_search_path: str | None = None
    pg_statement_cache_capacity: int = 100
    pg_pooler: Literal["transaction"] | None = None
    mysql_charset: str = "utf8mb4"
    mysql_collation: str | None = None

    def __post_init__(self) -> None:
        self._check_count("max_connections", 1)
        self._check_count("min_connections", 0)
        self._check_count("sqlite_cache_size", 0)
        self._check_count("sqlite_busy_timeout", 0)
        self._check_count("pg_statement_cache_capacity", 0)
        if self.min_connections > self.max_connections:
            raise ValueError(
                f"PoolSettings.min_connections ({self.min_connections}) is above "
                f"max_connections ({self.max_connections})"
            )
        self._check_seconds("acquire_timeout", optional=False)
        for name in ("idle_timeout", "max_lifetime", "transaction_timeout", "query_timeout"):
            self._check_seconds(name, optional=True)
        self._check_word("sqlite_journal_mode", _JOURNAL_MODES)
        self._check_word("sqlite_synchronous", _SYNCHRONOUS)
        if self.pg_pooler not in (None, "transaction"):
            raise ValueError(
                f"PoolSettings.pg_pooler is 'transaction' or None, not {self.pg_pooler!r}"
            )
        if self.ssl_mode is not None and self.ssl_mode not in _SSL_MODES:
            raise ValueError(f"PoolSettings.ssl_mode is one of {_SSL_MODES}, not {self.ssl_mode!r}")

    def _check_count(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(
                f"PoolSettings.{name} is a whole number from {least} up, not {value!r}"
            )

    def _check_seconds(self, name: str, *, optional: bool) -> None:
        value = getattr(self, name)
        if value is None and optional:
            return
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"PoolSettings.{name} is a number of seconds, not {value!r}")
        if not math.isfinite(value) or value <= 0:
            raise ValueError(f"PoolSettings.{name} is above zero seconds, not {value!r}")

    def _check_word(self, name: str, words: tuple[str, ...]) -> None:
        value = getattr(self, name)
        if not isinstance(value, str) or value.upper() not in words:
            raise ValueError(f"PoolSettings.{name} is one of {words}, not {value!r}")

    def as_dict(self) -> dict[str, Any]:
        """The settings as the Rust core takes them: paths as text, every key present."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {
            name: str(value) if isinstance(value, Path) else value for name, value in values.items()
        }
