"""What runs and how the pools are: `on_query`, `on_event`, `stats`, `prometheus`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from oxyde.db.registry import databases, router_here
from oxyde.db.running import is_without_loop
from oxyde.exceptions import OxydeError
from oxyde.observe.events import Event, event_hooks
from oxyde.observe.hooks import Subscription, query_hooks
from oxyde.observe.plan_cache import plan_counts
from oxyde.observe.repeats import Action, RepeatDetector
from oxyde.observe.statement import Statement

__all__ = ["DatabaseStats", "detect_n_plus_one", "on_event", "on_query", "prometheus", "stats"]


def on_query(hook: Callable[[Statement], object]) -> Subscription[Statement]:
    """Call a function after each statement of this process, with what ran and how long it took.

    ::

        with db.on_query(lambda statement: print(statement.sql, statement.seconds)):
            await Post.objects.count()

    It is called in the task that ran the statement, also for BEGIN, COMMIT, savepoints, prefetches,
    bulk statements and those that failed. An error that it raises is logged (logger ``oxyde``), and
    does not reach the query.

    Returns:
        The subscription; ``stop()``, or the end of its ``with`` block, ends it.

    Raises:
        TypeError: `hook` cannot be called.
    """
    return query_hooks.add(hook)


def on_event(hook: Callable[[Event], object]) -> Subscription[Event]:
    """Call a function with each event of the pools: a connection was opened, leased or given back,
    a statement failed or is repeated.

    It is called in the event loop that connected the database, a moment later. Of more than 4,096
    events that come while the loop is busy, the oldest are dropped.

    Returns:
        The subscription; ``stop()``, or the end of its ``with`` block, ends it.

    Raises:
        TypeError: `hook` cannot be called.
        OxydeError: databases are connected, and no event loop is running here.
    """
    connected = [each for each in databases() if each.connected]
    if connected and not is_without_loop():
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise OxydeError(
                "on_event() was called outside of the event loop in which databases are connected",
                hint="call it in a coroutine, or before `await db.init(…)`",
            ) from None
    subscription = event_hooks.add(hook)
    for database in connected:
        database.read_events()
    return subscription


def detect_n_plus_one(*, threshold: int = 5, action: Action = "warn") -> RepeatDetector:
    """Report queries that one task repeats for each row of another, from now on.

    It counts statements that look up rows by a key or a foreign key, with the same text and from
    the same line, less than a second apart. The report names the line, the statement, and the
    ``join()`` or ``prefetch()`` that fetches the rows together. Tasks count with the task that
    started them if that one had run a statement, or in a ``with`` block::

        with db.detect_n_plus_one(action="raise"):
            await client.get("/posts")

    Args:
        threshold: the number of runs at which it is reported.
        action: ``warn`` (NPlusOneWarning), ``raise`` (NPlusOneError) or ``log`` (a warning of the
            logger ``oxyde.sql``).

    Returns:
        The detector; ``stop()``, or the end of its ``with`` block, ends it.

    Raises:
        OxydeError: an argument is invalid.
    """
    detector = RepeatDetector(threshold, action)
    detector.start()
    return detector


@dataclass(frozen=True, slots=True)
class DatabaseStats:
    """The state of a database's pool, and what it has done since it was opened.

    Attributes:
        max: the maximum number of connections.
        size: open connections.
        idle: idle connections.
        in_use: connections in use, with those that are being opened.
        waiting: tasks that wait for a connection.
        acquired: leased connections.
        waits: leases that had to wait for a connection.
        wait_seconds: the total time of these waits.
        timeouts: leases that failed by ``acquire_timeout``.
        opened: connections that were opened.
        statements: statements that were sent, with those that begin and end transactions.
        errors: statements and connections that failed.
        retries: statements that were repeated on another connection.
        evicted: connections that were closed because their server is not, or no longer, one that
            is wanted: after a failover.
        outcomes_unknown: writes and commits whose outcome is not known (`OutcomeUnknownError`).
        host: the host of the newest or last tested connection, with its port if the URL has one;
            None for SQLite.
        role: ``primary``, ``standby`` or ``read-only``, which that server was then; None likewise.
        plans_kept: compiled statements that are kept, of all databases of the process.
        plans_compiled: statements that were compiled, likewise; the others found a kept plan.
        lag: how old what a replica of the router shows is, in seconds, when that was measured last
            (``inf`` if it cannot be known); None if it is not measured.
        retried: the same as `retries`, with the blocks that were run again (`retrying`), by the
            server's code of the error.
        reads: reads that the router sent here, by reason: ``replica``; on the primary ``own write``
            (they must see one), ``lag`` (replicas are behind), ``cooldown`` (those that failed are
            left alone), ``fallback`` (a replica failed, and the read was asked again).
    """

    max: int
    size: int
    idle: int
    in_use: int
    waiting: int
    acquired: int
    waits: int
    wait_seconds: float
    timeouts: int
    opened: int
    statements: int
    errors: int
    retries: int
    evicted: int
    outcomes_unknown: int
    plans_kept: int
    plans_compiled: int
    host: str | None = None
    role: str | None = None
    lag: float | None = None
    retried: Mapping[str, int] = field(default_factory=dict, hash=False)
    reads: Mapping[str, int] = field(default_factory=dict, hash=False)


def stats() -> dict[str, DatabaseStats]:
    """The pools of all connected databases, by name."""
    found = {}
    router = router_here()
    for database in databases():
        if database.connected:
            counters = database.counters()
            wait = counters.pop("waited")
            host, role = database.server() or (None, None)
            counts = {name: int(count) for name, count in counters.items()}
            found[database.name] = DatabaseStats(
                **database.status(),
                wait_seconds=wait,
                plans_kept=plan_counts.kept(),
                plans_compiled=plan_counts.compiled,
                host=host,
                role=role,
                lag=None if router is None else router.lag(database.name),
                retried=database.retried(),
                reads={} if router is None else router.counts(database.name),
                **counts,
            )
    return found


# Metric, kind, help, and the attribute of DatabaseStats.
_METRICS = (
    ("pool_max_connections", "gauge", "Maximum number of connections.", "max"),
    ("pool_connections", "gauge", "Open connections.", "size"),
    ("pool_idle_connections", "gauge", "Idle connections.", "idle"),
    ("pool_used_connections", "gauge", "Connections in use.", "in_use"),
    ("pool_waiting_tasks", "gauge", "Tasks that wait for a connection.", "waiting"),
    ("pool_acquired_total", "counter", "Leased connections.", "acquired"),
    ("pool_waits_total", "counter", "Leases that waited for a connection.", "waits"),
    ("pool_wait_seconds_total", "counter", "Time spent waiting for connections.", "wait_seconds"),
    ("pool_timeouts_total", "counter", "Leases that failed by acquire_timeout.", "timeouts"),
    ("pool_opened_total", "counter", "Connections that were opened.", "opened"),
    ("statements_total", "counter", "Statements sent.", "statements"),
    ("errors_total", "counter", "Statements and connections that failed.", "errors"),
    ("retries_total", "counter", "Statements repeated on another connection.", "retries"),
    ("evicted_total", "counter", "Connections closed after their server changed.", "evicted"),
    ("outcomes_unknown_total", "counter", "Writes of unknown outcome.", "outcomes_unknown"),
    ("plans_kept", "gauge", "Compiled statements kept by the process.", "plans_kept"),
    ("plans_compiled_total", "counter", "Statements compiled by the process.", "plans_compiled"),
)


# The same by a further label: metric, help, the label, and the attribute.
_BY_LABEL = (
    ("retries_by_code_total", "Statements and blocks that were repeated.", "code", "retried"),
    ("routed_reads_total", "Reads that the router sent to a database.", "reason", "reads"),
)


def prometheus() -> str:
    """`stats()` in the text format of Prometheus (version 0.0.4), for a ``/metrics`` route.

    Metrics begin with ``oxyde_`` and have the label ``database``. ``server_info`` has the labels
    ``host`` and ``role``; ``replica_lag_seconds`` is there where the router measures it.
    """
    return "".join(f"{line}\n" for line in _lines(stats()))


def _lines(found: dict[str, DatabaseStats]) -> Iterator[str]:
    for metric, kind, text, attribute in _METRICS:
        yield f"# HELP oxyde_{metric} {text}"
        yield f"# TYPE oxyde_{metric} {kind}"
        for name, figures in found.items():
            yield _sample(metric, getattr(figures, attribute), database=name)
    for metric, text, label, attribute in _BY_LABEL:
        yield f"# HELP oxyde_{metric} {text}"
        yield f"# TYPE oxyde_{metric} counter"
        for name, figures in found.items():
            for key, value in getattr(figures, attribute).items():
                yield _sample(metric, value, database=name, **{label: key})
    yield "# HELP oxyde_replica_lag_seconds Age of what a replica shows."
    yield "# TYPE oxyde_replica_lag_seconds gauge"
    for name, figures in found.items():
        if figures.lag is not None:
            lag = "+Inf" if math.isinf(figures.lag) else figures.lag
            yield _sample("replica_lag_seconds", lag, database=name)
    yield "# HELP oxyde_server_info The server of the newest or last tested connection."
    yield "# TYPE oxyde_server_info gauge"
    for name, figures in found.items():
        if figures.host is not None and figures.role is not None:
            yield _sample("server_info", 1, database=name, host=figures.host, role=figures.role)


def _sample(metric: str, value: object, **labels: str) -> str:
    told = ",".join([f'{name}="{_escaped(text)}"' for name, text in labels.items()])
    return f"oxyde_{metric}{{{told}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
