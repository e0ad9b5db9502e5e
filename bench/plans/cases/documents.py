"""JSON; PostgreSQL has a GIN index over the documents."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSONB

from bench.plans.case import Case
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d

COUNT = "SELECT COUNT(*) AS n FROM document WHERE"

CASES = (
    Case(
        "json",
        "a number deep in a document",
        oxyde=lambda: o.Document.objects.filter(data__a__b=77).count(),
        sql=f"{COUNT} json_extract(data, '$.a.b') = 77",
        django=lambda: d.Document.objects.filter(data__a__b=77).count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Document.id)).where(s.Document.data["a"]["b"].as_integer() == 77)
        ),
        only=("sqlite", "mysql", "mariadb"),
    ),
    Case(
        "json_index",
        "a number deep in a document, by the index",
        oxyde=lambda: o.Document.objects.filter(data__a__b=77).count(),
        sql=f"""{COUNT} data @> '{{"a": {{"b": 77}}}}'""",
        django=lambda: d.Document.objects.filter(data__contains={"a": {"b": 77}}).count(),
        sqlalchemy=lambda session: session.scalar(
            select(func.count(s.Document.id)).where(
                s.Document.data.cast(JSONB).contains({"a": {"b": 77}})
            )
        ),
        only=("postgres",),
    ),
    Case(
        "json_string",
        "a string in a document and a limit",
        oxyde=lambda: o.Document.objects.filter(data__kind="kind3").order_by("id").limit(20).all(),
        sql="SELECT id, data FROM document WHERE json_extract(data, '$.kind') = 'kind3'"
        " ORDER BY id LIMIT 20",
        django=lambda: d.Document.objects.filter(data__kind="kind3").order_by("id")[:20],
        sqlalchemy=lambda session: (
            select(s.Document)
            .where(s.Document.data["kind"].as_string() == "kind3")
            .order_by(s.Document.id)
            .limit(20)
        ),
        ordered=True,
        only=("sqlite", "mysql"),
    ),
)
