"""PoolSettings: the settings of connections and pools."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from oxyde.db.block_settings import SettingValue, texts
from oxyde.exceptions import TransactionError

__all__ = ["PoolSettings"]

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SessionAttrs = Literal["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]
_SESSION_ATTRS = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
_JOURNAL_MODES = ("DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL", "OFF")
_SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
# The settings that the Rust core does not have.
_OF_THE_LOG = ("slow_query", "log_parameters", "sql_comments")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """Settings of a connection pool. Times are in seconds, unless noted otherwise.

    Attributes:
        max_connections: maximum number of connections.
        min_connections: number of connections that are kept open.
        acquire_timeout: how long a query waits for a free connection before PoolTimeoutError.
        connect_timeout: how long opening one connection may take before
            DatabaseConnectionError; None leaves it to `acquire_timeout`.
        keepalive: how long a server may be silent before its host is probed; None does not probe.
        tcp_user_timeout: how long data that was sent may remain unacknowledged, or the host's
            probes unanswered, before the connection counts as lost (on Linux); None means the
            system's default. With both defaults, a host that was cut off is noticed within 30
            seconds.
        idle_timeout: an idle connection is closed after this time; None keeps it.
        max_lifetime: a connection is replaced after this time; None keeps it.
        test_before_acquire: check a connection that was idle before it is used again.
        transaction_timeout: maximum time of an ``atomic()`` block without a timeout of its own.
        query_timeout: maximum time of one statement; then the server is told to cancel it.
        commit_timeout: maximum time of a COMMIT, which may wait for standbys; `query_timeout` if
            None. Then the block raises OutcomeUnknownError, up to a second later.
        session: settings of the server for every session, by name: ``{"wsrep_sync_wait": 1}``,
            ``{"statement_timeout": "5s"}``. Not behind a pooler that shares sessions, and not on
            SQLite. In a URL: ``?session=wsrep_sync_wait=1,lock_wait_timeout=5``.
        slow_query: log a warning (logger ``oxyde.sql``) for each statement that takes longer,
            including its wait for a connection; None logs none.
        log_parameters: whether the log contains the parameters of statements, except those of
            secret fields.
        sql_comments: end statements with a comment for the database's logs: the tags of
            ``db.sql_comment()`` and the trace context of OpenTelemetry. Statements with a comment
            are prepared anew each time.
        target_session_attrs: which of the URL's hosts to connect to: ``any``, ``primary``,
            ``standby``, ``prefer-standby``, ``read-write`` or ``read-only``; None means ``any``. A
            single host must be such a server (but for ``prefer-standby``).
        load_balance_hosts: ``"random"``: each connection begins with another one of several hosts;
            None or ``"disable"``: with the first one, or with the primary that was found last.
        statement_cache_size: prepared statements cached per connection; the least recently used one
            is evicted. 0 disables the cache (on PostgreSQL see `pg_statement_cache_capacity`).
        sqlite_journal_mode: ``PRAGMA journal_mode``.
        sqlite_synchronous: ``PRAGMA synchronous``.
        sqlite_cache_size: page cache in KiB per connection (``PRAGMA cache_size = -N``).
        sqlite_busy_timeout: how long to wait for another process's lock, in milliseconds.
        ssl_mode: ``disable``, ``allow``, ``prefer``, ``require``, ``verify-ca`` or ``verify-full``
            (as in libpq); None means the driver's default, ``prefer``.
        ssl_root_cert: PEM file of the trusted certificate authorities.
        ssl_client_cert: PEM file of the client's certificate.
        ssl_client_key: PEM file of the client's key.
        pg_commit_outcome: ask for the id of each transaction that wrote, before its COMMIT (one
            round trip), so that ``await error.outcome()`` of an OutcomeUnknownError can tell
            whether it was committed.
        pg_application_name: name shown in ``pg_stat_activity``.
        pg_search_path: schemas to search for unqualified tables, in order, as with
            ``SET search_path =``; for multi-tenant schemas, register one database name per tenant.
            Not allowed with ``pg_pooler="transaction"``.
        pg_options: settings of every session, in the syntax of libpq's ``options``:
            ``"-c statement_timeout=5s"``. Not allowed with ``pg_pooler="transaction"``.
        pg_statement_cache_capacity: `statement_cache_size` for PostgreSQL alone; None uses that
            setting. 0 implies ``pg_pooler="transaction"``.
        pg_pooler: ``"transaction"`` behind a pooler that assigns connections per transaction
            (pgbouncer's ``pool_mode = transaction``). No state is then kept in a session (no named
            statements, no parameters), and each statement runs in its own transaction; LISTEN,
            session-wide SET, session-level advisory locks and temporary tables are refused.
            Migrations need a lock: run them directly on the server.
            None finds a pooler out, and takes it for one of this kind. ``"session"``: it gives each
            connection a session of its own, so that nothing differs.
        server_version: version of the server, such as ``"8.0.36"`` or ``"10.11.6-MariaDB"``, for
            a proxy that reports a version of its own, or the oldest of several servers behind one
            address; None means what the server reports.
        mysql_charset: character set of the connection.
        mysql_collation: collation of the connection; None means the server's default for the
            charset.

    Raises:
        ValueError: an invalid setting; the message has its name and value.
    """

    max_connections: int = 10
    min_connections: int = 0
    acquire_timeout: float = 30.0
    connect_timeout: float | None = 10.0
    keepalive: float | None = 10.0
    tcp_user_timeout: float | None = 25.0
    idle_timeout: float | None = 600.0
    max_lifetime: float | None = 1800.0
    test_before_acquire: bool = True
    transaction_timeout: float | None = None
    query_timeout: float | None = None
    commit_timeout: float | None = None
    session: Mapping[str, SettingValue] = field(default_factory=dict, hash=False)
    slow_query: float | None = None
    log_parameters: bool = False
    sql_comments: bool = False
    target_session_attrs: SessionAttrs | None = None
    load_balance_hosts: Literal["disable", "random"] | None = None
    statement_cache_size: int = 100
    sqlite_journal_mode: str = "WAL"
    sqlite_synchronous: str = "NORMAL"
    sqlite_cache_size: int = 10_000
    sqlite_busy_timeout: int = 5000
    ssl_mode: SslMode | None = None
    ssl_root_cert: str | Path | None = None
    ssl_client_cert: str | Path | None = None
    ssl_client_key: str | Path | None = None
    pg_commit_outcome: bool = False
    pg_application_name: str | None = None
    pg_search_path: str | None = None
    pg_options: str | None = None
    pg_statement_cache_capacity: int | None = None
    pg_pooler: Literal["transaction", "session"] | None = None
    server_version: str | None = None
    mysql_charset: str = "utf8mb4"
    mysql_collation: str | None = None

    def __post_init__(self) -> None:
        self._check_count("max_connections", 1)
        self._check_count("min_connections", 0)
        self._check_count("sqlite_cache_size", 0)
        self._check_count("sqlite_busy_timeout", 0)
        self._check_count("statement_cache_size", 0)
        if self.pg_statement_cache_capacity is not None:
            self._check_count("pg_statement_cache_capacity", 0)
        if self.min_connections > self.max_connections:
            raise ValueError(
                f"PoolSettings.min_connections ({self.min_connections}) is above "
                f"max_connections ({self.max_connections})"
            )
        self._check_seconds("acquire_timeout", optional=False)
        for name in (
            "connect_timeout",
            "keepalive",
            "tcp_user_timeout",
            "idle_timeout",
            "max_lifetime",
            "transaction_timeout",
            "query_timeout",
            "commit_timeout",
            "slow_query",
        ):
            self._check_seconds(name, optional=True)
        self._check_session()
        self._check_word("sqlite_journal_mode", _JOURNAL_MODES)
        self._check_word("sqlite_synchronous", _SYNCHRONOUS)
        if self.pg_pooler not in (None, "transaction", "session"):
            raise ValueError(
                "PoolSettings.pg_pooler is 'transaction', 'session' or None, "
                f"not {self.pg_pooler!r}"
            )
        if self.server_version is not None and not _is_version(self.server_version):
            raise ValueError(
                "PoolSettings.server_version is a version such as '8.0.36', "
                f"not {self.server_version!r}"
            )
        if self.ssl_mode is not None and self.ssl_mode not in _SSL_MODES:
            raise ValueError(f"PoolSettings.ssl_mode is one of {_SSL_MODES}, not {self.ssl_mode!r}")
        if self.target_session_attrs not in (None, *_SESSION_ATTRS):
            raise ValueError(
                f"PoolSettings.target_session_attrs is one of {_SESSION_ATTRS}, "
                f"not {self.target_session_attrs!r}"
            )
        if self.load_balance_hosts not in (None, "disable", "random"):
            raise ValueError(
                "PoolSettings.load_balance_hosts is 'random', 'disable' or None, "
                f"not {self.load_balance_hosts!r}"
            )

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

    def _check_session(self) -> None:
        try:
            texts(self.session)
        except TransactionError as error:
            raise ValueError(f"PoolSettings.session: {error.args[0]}") from error

    def _check_word(self, name: str, words: tuple[str, ...]) -> None:
        value = getattr(self, name)
        if not isinstance(value, str) or value.upper() not in words:
            raise ValueError(f"PoolSettings.{name} is one of {words}, not {value!r}")

    def as_dict(self) -> dict[str, Any]:
        """The settings for the Rust core: paths as strings, every key present."""
        names = [each.name for each in fields(self) if each.name not in _OF_THE_LOG]
        values = {name: getattr(self, name) for name in names}
        values["session"] = dict(self.session)
        return {
            name: str(value) if isinstance(value, Path) else value for name, value in values.items()
        }


def _is_version(version: object) -> bool:
    return isinstance(version, str) and version[:1].isdigit()
