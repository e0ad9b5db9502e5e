"""`oxyde.contrib.opentelemetry`: spans and metrics by the semantic conventions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from support.correspondence import MODELS, Account, Letter

from oxyde import atomic, db
from oxyde.contrib.opentelemetry import Instrumentation, instrument
from oxyde.db import AsyncDatabase
from oxyde.db.own_writes import begin_request
from oxyde.exceptions import DeadlockError, UniqueViolationError

SYSTEMS = {"postgres": "postgresql", "sqlite": "sqlite", "mysql": "mysql", "mariadb": "mariadb"}


@dataclass
class Telemetry:
    """What was reported."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader
    tracing: TracerProvider
    instrumentation: Instrumentation

    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans since the last call, in the order of their ends."""
        found = self.exporter.get_finished_spans()
        self.exporter.clear()
        return found

    def metrics(self) -> dict[str, list[tuple[dict[str, object], float]]]:
        """The attributes and the value (or the count) of each point, by metric."""
        found: dict[str, list[tuple[dict[str, object], float]]] = {}
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data else []:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found[metric.name] = [
                        (dict(point.attributes or {}), getattr(point, "count", None) or point.value)
                        if hasattr(point, "value")
                        else (dict(point.attributes or {}), point.count)
                        for point in metric.data.data_points
                    ]
        return found


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    metering = MeterProvider(metric_readers=[reader])
    with instrument(
        tracer_provider=tracing, meter_provider=metering, parameters=True
    ) as instrumentation:
        yield Telemetry(exporter, reader, tracing, instrumentation)
    metering.shutdown()
    tracing.shutdown()


async def test_spans(telemetry: Telemetry, database: AsyncDatabase) -> None:
    await db.create_tables(models=MODELS)
    telemetry.spans()
    tracer = telemetry.tracing.get_tracer("test")
    with tracer.start_as_current_span("request") as request:
        account = await Account.objects.create(name="Ann", password="hunter2")
        await Letter.objects.filter(account=account).all()
    insert, select, _ = telemetry.spans()
    assert (insert.name, select.name) == ("INSERT mail_account", "SELECT mail_letter")
    assert select.kind is SpanKind.CLIENT
    assert select.parent is not None
    assert select.parent.span_id == request.get_span_context().span_id
    attributes = dict(select.attributes or {})
    assert attributes["db.system.name"] == SYSTEMS[database.backend]
    assert attributes["db.operation.name"] == "SELECT"
    assert attributes["db.collection.name"] == "mail_letter"
    assert str(attributes["db.query.text"]).startswith("SELECT ")
    assert attributes["db.response.returned_rows"] == 0
    assert attributes["code.function.name"] == "test_spans"
    assert attributes["db.namespace"] == database.location.database
    if database.backend != "sqlite":
        assert attributes["server.address"] == database.location.host
    assert "hunter2" not in str(dict(insert.attributes or {}))
    assert dict(insert.attributes or {})["db.query.parameter.0"] == "Ann"
    assert select.start_time is not None
    assert select.end_time is not None
    assert 0 < select.end_time - select.start_time < 10e9


async def test_blocks_and_errors(telemetry: Telemetry, database: AsyncDatabase) -> None:
    await db.create_tables(models=MODELS)
    await Account.objects.create(name="Ann", password="x")
    telemetry.spans()
    with pytest.raises(UniqueViolationError):
        async with atomic():
            await Account.objects.create(name="Ann", password="x")
    begin, insert, rollback = telemetry.spans()
    assert [begin.name, insert.name, rollback.name] == ["BEGIN", "INSERT mail_account", "ROLLBACK"]
    assert insert.status.status_code is StatusCode.ERROR
    attributes = dict(insert.attributes or {})
    assert attributes["error.type"] == "UniqueViolationError"
    assert attributes["db.response.status_code"]


async def test_bulk_statements(telemetry: Telemetry, database: AsyncDatabase) -> None:
    await db.create_tables(models=MODELS)
    telemetry.spans()
    await Account.objects.bulk_create([{"name": f"{n}", "password": "x"} for n in range(3)])
    [insert] = [span for span in telemetry.spans() if span.name.startswith("INSERT")]
    assert dict(insert.attributes or {})["db.operation.batch.size"] == 3


async def test_metrics(telemetry: Telemetry, database: AsyncDatabase) -> None:
    await db.create_tables(models=MODELS)
    await Account.objects.count()
    found = telemetry.metrics()
    durations = {
        str(attributes.get("db.operation.name")): value
        for attributes, value in found["db.client.operation.duration"]
        if attributes.get("db.collection.name") == "mail_account"
    }
    assert durations["SELECT"] == 1
    states = {
        attributes["db.client.connection.state"]: value
        for attributes, value in found["db.client.connection.count"]
    }
    assert states["used"] == 0
    assert states["idle"] >= 1
    assert found["db.client.connection.max"] == [
        ({"db.client.connection.pool.name": "default"}, 10)
    ]


async def test_stopping(telemetry: Telemetry, database: AsyncDatabase) -> None:
    await db.create_tables(models=MODELS)
    telemetry.spans()
    telemetry.instrumentation.stop()
    await Account.objects.count()
    assert telemetry.spans() == ()


async def test_metrics_of_several_servers(
    telemetry: Telemetry, database: AsyncDatabase, tmp_path: Path
) -> None:
    await db.create_tables(models=MODELS)
    found = telemetry.metrics()
    stats = db.stats()["default"]
    roles = [
        (attributes["server.address"], attributes["oxyde.server.role"])
        for attributes, _ in found.get("oxyde.server.role", [])
    ]
    assert roles == ([] if stats.host is None else [(stats.host, "primary")])
    assert [count for _, count in found["oxyde.connection.evicted"]] == [0]
    assert [count for _, count in found["oxyde.outcomes.unknown"]] == [0]
    failing = True
    async for attempt in db.retrying():
        async with attempt:
            if failing:
                failing = False
                raise DeadlockError("as from the server", code="40P01")
    assert db.stats()["default"].retried == {"40P01": 1}
    pool = {"db.client.connection.pool.name": "default"}
    assert telemetry.metrics()["oxyde.retries"] == [
        ({**pool, "db.response.status_code": "40P01"}, 1)
    ]
    assert 'oxyde_retries_by_code_total{database="default",code="40P01"} 1' in db.prometheus()
    router = db.Router(reads=["r1"], writes="p", sticky=5)
    files = {name: f"sqlite:///{tmp_path / name}.db" for name in ("p", "r1")}
    async with db.connect(**files, router=router):
        for name in files:
            await db.create_tables(models=MODELS, using=name)
        begin_request()
        await Account.objects.count()
        await Account.objects.create(name="Ann", password="x")
        await Account.objects.count()
        assert db.stats()["r1"].reads == {"replica": 1}
        reads = {
            (str(each["db.client.connection.pool.name"]), str(each["oxyde.router.reason"])): count
            for each, count in telemetry.metrics()["oxyde.router.reads"]
        }
        assert reads == {("r1", "replica"): 1, ("p", "own write"): 1}
