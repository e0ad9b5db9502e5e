"""The SQL of queries over relations, lists, ranges and documents, for people to read and to review:
one case per rule about the statements that servers plan well. `make golden` rewrites the file."""

from __future__ import annotations

import datetime as dt
import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime

from oxyde import F, Field, Model, Q
from oxyde._core import features
from oxyde.queries import Avg, Count, Exists, JsonText, OuterRef, Sum
from oxyde.queries.compile.plans import compile_plan
from oxyde.queries.ir.scope import Builder
from oxyde.queries.names import names_of
from oxyde.queries.writes.assign import assigned, with_automatic
from oxyde.queries.writes.conflict import Conflict
from oxyde.queries.writes.delete import delete_statement
from oxyde.queries.writes.insert import insert_statement, label_columns
from oxyde.queries.writes.update import update_statement

NOON = dt.datetime(2024, 5, 6, 12, tzinfo=dt.timezone.utc)
GOLDEN = Path(__file__).parents[2] / "golden" / "relations.txt"
DIALECTS = ("postgres", "sqlite", "mysql", "mariadb")


class Writer(Model):
    class Meta:
        is_table = True
        table_name = "writers"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50, db_index=True)
    articles: list[Article] = Field(db_reverse_fk="writer")


class Topic(Model):
    class Meta:
        is_table = True
        table_name = "topics"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20, db_unique=True)


class Article(Model):
    class Meta:
        is_table = True
        table_name = "articles"

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=80, db_index=True)
    views: int = 0
    rating: int | None = None
    created: dt.datetime = Field(db_index=True)
    data: dict[str, Any] = Field(default_factory=dict)
    writer: Writer = Field(db_on_delete="CASCADE")
    editor: Writer | None = Field(default=None, db_on_delete="SET NULL")
    topics: list[Topic] = Field(db_m2m=True)


class Draft(Model):
    class Meta:
        is_table = True
        table_name = "drafts"
        version = "version"

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=80, db_unique=True)
    version: int = 1
    created: dt.datetime = Field(auto_now_add=True)
    changed: AwareDatetime = Field(auto_now=True)
    day: dt.date = Field(auto_now=True)
    clock: dt.time = Field(auto_now=True)


class Team(Model):
    class Meta:
        is_table = True
        table_name = "teams"
        scope = Q(closed_at=None)

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    closed_at: dt.datetime | None = None
    players: list[Player] = Field(db_reverse_fk="team")


class Badge(Model):
    class Meta:
        is_table = True
        table_name = "badges"
        scope = Q(state="valid")

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    state: str = Field(max_length=10)


class Player(Model):
    class Meta:
        is_table = True
        table_name = "players"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    team: Team = Field(db_on_delete="CASCADE")
    badges: list[Badge] = Field(db_m2m=True)


def _articles(*conditions: Q, **lookups: Any) -> Any:
    return Article.objects.filter(*conditions, **lookups).values("id")


def _writers(*conditions: Q, **lookups: Any) -> Any:
    return Writer.objects.filter(*conditions, **lookups).values("id")


COUNTED = Writer.objects.annotate(n=Count("articles"))
COUNTED_UNSEEN = Writer.objects.alias(n=Count("articles"))
SELECTS: dict[str, Any] = {
    "required key: inner join": Article.objects.order_by("writer__name").values("id")[:20],
    "optional key: left join": Article.objects.order_by("editor__name").values("id")[:20],
    "a condition on an optional key": _articles(editor__name="Ann").order_by("editor__name"),
    "joined rows": Article.objects.join("writer").order_by("-created")[:20],
    "exclude over a relation": Writer.objects.exclude(articles__views=7).values("id"),
    "one related row for both": _writers(articles__views=7, articles__rating=1),
    "either relation": _writers(Q(articles__views=7) | Q(name="Ann")),
    "through table alone": _articles(topics=3),
    "beyond the through table": _articles(topics__name="sql"),
    "count over a relation": COUNTED.values("id", "n"),
    "count of the through table": Article.objects.annotate(n=Count("topics")).values("id", "n"),
    "aggregate in filter and order": COUNTED.filter(n__gt=3).order_by("-n").values("id", "n")[:10],
    "aggregates for one row": COUNTED.filter(id=1).values("id", "n"),
    "two aggregates over one relation": Writer.objects.annotate(
        total=Sum("articles__views"), mean=Avg("articles__rating")
    ).values("id", "total", "mean"),
    "exists": Writer.objects.filter(
        Exists(Article.objects.filter(writer=OuterRef("id"), views__gt=3))
    ).values("id"),
    "a query as a list": _articles(writer__in=Writer.objects.filter(name="Ann")),
    "a year": _articles(created__year=2024),
    "a date": _articles(created__date=dt.date(2024, 5, 6)),
    "a prefix": _articles(title__startswith="abc"),
    "not equal, never NULL": Article.objects.exclude(views=3).values("id"),
    "not equal, maybe NULL": Article.objects.exclude(rating=3).values("id"),
    "three keys": _articles(id__in=[1, 2, 3]),
    "five texts": _articles(title__in=["a", "b", "c", "d", "e"]),
    "a document": _articles(data__a__b=3),
    "the text of a document": Article.objects.values(text=JsonText("data__a")),
    "either of two queries": _articles(views=3) | _articles(topics__name="sql"),
    "one of two queries": _articles(views=3) ^ _articles(rating=3),
    "no rows": Article.objects.none().values("id"),
    "an alias": COUNTED_UNSEEN.filter(n__gt=3).order_by("-n").values("id"),
    "a sum with a default": Writer.objects.annotate(n=Sum("articles__views", default=0)).values(
        "n"
    ),
    "fields of a joined row": Article.objects.only("title", "writer__name"),
    "scope: the rows of a model": Team.objects.filter(name="red").values("id"),
    "scope: unscoped": Team.unscoped.filter(name="red").values("id"),
    "scope: a required key joins rows in scope": Player.objects.join("team"),
    "scope: a condition on a key": Player.objects.filter(team__name="red").values("id"),
    "scope: an opened key": Player.objects.unscoped("team").join("team"),
    "scope: the column of a key": Player.objects.filter(team=3).values("id"),
    "scope: the key of a row": Player.objects.filter(team__id=3).values("id"),
    "scope: many to many": Player.objects.filter(badges=3).values("id"),
    "scope: without a related row": Player.objects.filter(badges__name=None).values("id"),
    "scope: count of many to many": Player.objects.annotate(n=Count("badges")).values("id", "n"),
    "scope: groups": Player.objects.group_by("team__name").annotate(n=Count("badges")),
    "scope: exists": Player.objects.filter(
        Exists(Team.objects.filter(id=OuterRef("team_id")))
    ).values("id"),
    "scope: union": Team.objects.values("id").union(Team.unscoped.values("id")),
}


def _updated(query: Any, **values: Any) -> Callable[[Any], tuple[Any, Any]]:
    items = with_automatic(query._names, assigned(query._context(), values))
    return lambda server: update_statement(query, items, server, returning=False)[:2]


def _deleted(query: Any) -> Callable[[Any], tuple[Any, Any]]:
    return lambda server: delete_statement(query, server)


def _upserted(server: Any) -> tuple[Any, Any]:
    names, builder = names_of(Draft), Builder(server)
    given = ("id", "title", "version")
    label_columns(builder, names, given)
    clause = Conflict(("id",), ("title",)).build(names)
    insert = insert_statement(names, given, (), source="row", conflict=clause)
    return {"insert": insert}, builder


WRITES: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "update by a related row": _updated(Article.objects.filter(writer__name="Ann"), views=1),
    "update by related rows": _updated(Writer.objects.filter(articles__title="x"), name="new"),
    "update of three keys": _updated(Article.objects.filter(id__in=[1, 2, 3]), views=1),
    "update through the own table": _updated(
        Article.objects.filter(Q(title="x") | Q(writer__articles__title="x")), views=1
    ),
    "update of columns that depend on each other": _updated(
        Article.objects.filter(id=1), views=F("rating"), rating=F("views")
    ),
    "update of a row with times and a version": _updated(Draft.objects.filter(id=1), title="x"),
    "update of its time": _updated(Draft.objects.filter(id=1), changed=NOON, version=1),
    "upsert of a row with times": _upserted,
    "delete by a related row": _deleted(Article.objects.filter(writer__name="Ann")),
    "delete of three keys": _deleted(Article.objects.filter(id__in=[1, 2, 3])),
    "delete by rows that it cascades to": _deleted(Writer.objects.filter(articles__title="x")),
    "scope: update by a related row": _updated(
        Player.objects.filter(team__name="red", badges=1), name="new"
    ),
    "scope: update of rows in scope": _updated(Team.objects.filter(name="red"), name="new"),
    "scope: delete of rows in scope": _deleted(Team.objects.filter(players__name="Ann")),
    "delete of a slice": _deleted(Article.objects.order_by("created")[:5]),
}


def _sql(name: str, dialect: str) -> str:
    if name in SELECTS:
        sql: str = SELECTS[name].sql(dialect)[0]
        return sql
    server = features(dialect)
    statement, builder = WRITES[name](server)
    builder.drop_unused(statement)
    return compile_plan(statement, server, builder.labels).sql


def _rendered() -> str:
    """All cases; databases with the same statement share a heading."""
    parts = []
    for name in [*SELECTS, *WRITES]:
        parts.append(f"=== {name}\n")
        alike: dict[str, list[str]] = {}
        for dialect in DIALECTS:
            alike.setdefault(_sql(name, dialect), []).append(dialect)
        parts += [f"--- {', '.join(dialects)}\n{sql}\n" for sql, dialects in alike.items()]
    return "\n".join(parts)


def test_the_sql_is_that_of_the_golden_file() -> None:
    new = _rendered()
    if os.environ.get("OXYDE_GOLDEN") == "write":
        GOLDEN.write_text(new)
        return
    old = GOLDEN.read_text()
    difference = "\n".join(difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=1))
    assert old == new, f"{GOLDEN.name} differs (`make golden` rewrites it):\n{difference}"
