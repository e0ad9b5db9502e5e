"""OpenTelemetry: a span for each statement, and metrics of statements and pools.

Names and attributes follow the semantic conventions for databases
(https://opentelemetry.io/docs/specs/semconv/database/). It needs the extra ``opentelemetry``, which
installs the API; exporters come from the SDK.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry.metrics import CallbackOptions, Meter, MeterProvider, Observation, get_meter
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from oxyde import db
from oxyde.exceptions import DatabaseError, IntegrityError, OxydeError
from oxyde.observe import Event, Statement
from oxyde.observe.comments import comment_sources

__all__ = ["Instrumentation", "instrument"]

_NAME = "oxyde"
_SYSTEMS = {"postgres": "postgresql", "sqlite": "sqlite", "mysql": "mysql", "mariadb": "mariadb"}

# In seconds; the convention's own.
_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)

Attributes = dict[str, AttributeValue]

_CODE = "db.response.status_code"


def instrument(
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    parameters: bool = False,
    pool_times: bool = False,
) -> Instrumentation:
    """Report statements and pools to OpenTelemetry from now on.

    Call it before ``db.init(…)``, or in a coroutine. A statement's span is a child of the span that
    is current in the task.

    Args:
        tracer_provider: where spans go; None means the global one.
        meter_provider: where metrics go; None means the global one.
        parameters: whether spans contain the values of statements (``db.query.parameter.N``),
            except those of secret fields.
        pool_times: whether the time of opening, waiting for and using connections is measured
            (``db.client.connection.create_time``, ``wait_time`` and ``use_time``), which costs two
            events per statement.

    Returns:
        The instrumentation; ``stop()``, or the end of its ``with`` block, ends it.
    """
    return Instrumentation(
        tracer_provider, meter_provider, parameters=parameters, pool_times=pool_times
    )


class Instrumentation:
    """What `instrument` started."""

    def __init__(
        self,
        tracer_provider: TracerProvider | None,
        meter_provider: MeterProvider | None,
        *,
        parameters: bool,
        pool_times: bool,
    ) -> None:
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        self._parameters = parameters
        meter = get_meter(_NAME, meter_provider=meter_provider)
        self._metrics = _Metrics(meter)
        self._on_event = db.on_event(self._metrics.record_event) if pool_times else None
        self._on_query = db.on_query(self._statement)
        comment_sources.append(_trace_context)

    def stop(self) -> None:
        """Report nothing any more. Does nothing the second time."""
        self._metrics.is_active = False
        self._on_query.stop()
        if _trace_context in comment_sources:
            comment_sources.remove(_trace_context)
        if self._on_event is not None:
            self._on_event.stop()

    def __enter__(self) -> Instrumentation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _statement(self, statement: Statement) -> None:
        attributes = _attributes(statement)
        self._metrics.duration.record(statement.seconds, attributes)
        ended = time.time_ns()
        span = self._tracer.start_span(
            _span_name(statement),
            kind=SpanKind.CLIENT,
            start_time=ended - int(statement.seconds * 1e9),
            attributes=attributes,
        )
        if span.is_recording():
            span.set_attributes(self._details(statement))
            if statement.error is not None:
                span.set_status(Status(StatusCode.ERROR, type(statement.error).__name__))
                # Not record_exception(): the message may contain values of the row.
        span.end(ended)

    def _details(self, statement: Statement) -> Attributes:
        """What only a span has."""
        details: Attributes = {"db.query.text": statement.sql}
        place = statement.place
        if place is not None:
            details["code.file.path"] = place.filename
            details["code.line.number"] = place.line
            details["code.function.name"] = place.function
        if statement.rows is not None and statement.kind == "select":
            details["db.response.returned_rows"] = statement.rows
        if self._parameters:
            for at, value in enumerate(statement.parameters):
                details[f"db.query.parameter.{at}"] = str(value)
        return details


def _trace_context() -> dict[str, str]:
    """The W3C trace context of the task, for comments in SQL."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier


def _span_name(statement: Statement) -> str:
    operation = statement.kind.upper()
    return f"{operation} {statement.table}" if statement.table else operation


def _attributes(statement: Statement) -> Attributes:
    """The attributes that a span and its metrics share."""
    attributes = _place_of(statement.database).copy()
    attributes["db.operation.name"] = statement.kind.upper()
    if statement.table is not None:
        attributes["db.collection.name"] = statement.table
    if statement.batch is not None and statement.batch > 1:
        attributes["db.operation.batch.size"] = statement.batch
    error = statement.error
    if error is not None:
        attributes["error.type"] = type(error).__name__
        code = error.code if isinstance(error, (DatabaseError, IntegrityError)) else None
        if code is not None:
            attributes[_CODE] = code
    return attributes


def _place_of(name: str) -> Attributes:
    """The attributes of a database."""
    try:
        database = db.get_connection(name)
        known = _places.get(database)
        if known is None:
            known = _places[database] = _attributes_of(database)
    except OxydeError:
        return {"db.namespace": name}
    return known


_places: WeakKeyDictionary[db.AsyncDatabase, Attributes] = WeakKeyDictionary()


def _attributes_of(database: db.AsyncDatabase) -> Attributes:
    attributes: Attributes = {"db.system.name": _SYSTEMS[database.backend]}
    address = database.location
    for key, value in (
        ("db.namespace", address.database),
        ("server.address", address.host),
        ("server.port", address.port),
    ):
        if value is not None:
            attributes[key] = value
    return attributes


class _Metrics:
    def __init__(self, meter: Meter) -> None:
        self.is_active = True
        self.duration = meter.create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="Duration of database client operations.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self._by_event = {
            "connect": meter.create_histogram(
                "db.client.connection.create_time",
                unit="s",
                description="The time it took to create a new connection.",
            ),
            "acquire": meter.create_histogram(
                "db.client.connection.wait_time",
                unit="s",
                description="The time it took to obtain an open connection from the pool.",
            ),
            "release": meter.create_histogram(
                "db.client.connection.use_time",
                unit="s",
                description="The time between borrowing a connection and returning it to the pool.",
            ),
        }
        meter.create_observable_up_down_counter(
            "db.client.connection.count",
            callbacks=[self._observe(_connections)],
            unit="{connection}",
            description="The number of connections that are in the described state.",
        )
        meter.create_observable_up_down_counter(
            "db.client.connection.max",
            callbacks=[self._observe(lambda name, found: [(found.max, {})])],
            unit="{connection}",
            description="The maximum number of open connections allowed.",
        )
        meter.create_observable_up_down_counter(
            "db.client.connection.pending_requests",
            callbacks=[self._observe(lambda name, found: [(found.waiting, {})])],
            unit="{request}",
            description="The number of pending requests for an open connection.",
        )
        meter.create_observable_counter(
            "db.client.connection.timeouts",
            callbacks=[self._observe(lambda name, found: [(found.timeouts, {})])],
            unit="{timeout}",
            description="The number of connection timeouts that have occurred.",
        )
        self._add_cluster(meter)

    def _add_cluster(self, meter: Meter) -> None:
        """What the conventions have no names for."""
        meter.create_observable_gauge(
            "oxyde.server.role",
            callbacks=[self._observe(_server)],
            description="1, for the host and the role of the server that a pool has.",
        )
        meter.create_observable_gauge(
            "oxyde.replica.lag",
            callbacks=[self._observe(_lag)],
            unit="s",
            description="How old what a replica shows is.",
        )
        meter.create_observable_counter(
            "oxyde.connection.evicted",
            callbacks=[self._observe(lambda name, found: [(found.evicted, {})])],
            unit="{connection}",
            description="The number of connections closed because their server has changed.",
        )
        meter.create_observable_counter(
            "oxyde.outcomes.unknown",
            callbacks=[self._observe(lambda name, found: [(found.outcomes_unknown, {})])],
            unit="{operation}",
            description="The number of writes and commits whose outcome is not known.",
        )
        meter.create_observable_counter(
            "oxyde.retries",
            callbacks=[self._observe(lambda name, found: _by(found.retried, _CODE))],
            unit="{operation}",
            description="The number of statements and transactions that were repeated.",
        )
        meter.create_observable_counter(
            "oxyde.router.reads",
            callbacks=[self._observe(lambda name, found: _by(found.reads, "oxyde.router.reason"))],
            unit="{operation}",
            description="The number of reads that the router sent to a database.",
        )

    def record_event(self, event: Event) -> None:
        histogram = self._by_event.get(event.kind)
        if histogram is not None and event.seconds is not None:
            histogram.record(event.seconds, {"db.client.connection.pool.name": event.database})

    def _observe(
        self, read: Callable[[str, db.DatabaseStats], Iterable[tuple[float, Attributes]]]
    ) -> Callable[[CallbackOptions], Iterator[Observation]]:
        def observe(options: CallbackOptions) -> Iterator[Observation]:
            if not self.is_active:
                return
            for name, found in db.stats().items():
                for value, attributes in read(name, found):
                    yield Observation(value, {"db.client.connection.pool.name": name, **attributes})

        return observe


def _by(counts: Mapping[str, int], attribute: str) -> list[tuple[float, Attributes]]:
    return [(count, {attribute: key}) for key, count in counts.items()]


def _lag(name: str, found: db.DatabaseStats) -> list[tuple[float, Attributes]]:
    return [] if found.lag is None else [(found.lag, {})]


def _server(name: str, found: db.DatabaseStats) -> list[tuple[float, Attributes]]:
    if found.host is None or found.role is None:
        return []
    return [(1, {"server.address": found.host, "oxyde.server.role": found.role})]


def _connections(name: str, found: db.DatabaseStats) -> list[tuple[float, Attributes]]:
    return [
        (found.idle, {"db.client.connection.state": "idle"}),
        (found.in_use, {"db.client.connection.state": "used"}),
    ]
