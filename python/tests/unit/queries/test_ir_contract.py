"""The builder against the messages that `oxyde-sql` reads in its own tests."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ConfigDict, TypeAdapter
from support.contract_models import Bookings, Passages, Posts, Users
from typing_extensions import is_typeddict

from oxyde import _core, _ir
from oxyde.queries import (
    Case,
    Cast,
    Coalesce,
    Collate,
    Count,
    Exists,
    F,
    Frame,
    L2Distance,
    OuterRef,
    Q,
    RawSQL,
    Search,
    SearchRank,
    Sum,
    Trunc,
    Value,
    When,
    Window,
)
from oxyde.queries.compile.plans import IR_VERSION
from oxyde.queries.compile.select import build_select
from oxyde.queries.expressions.functions import Lower
from oxyde.queries.ir.scope import Builder
from oxyde.queries.lookups.table import PARTS, SPECS
from oxyde.queries.names import names_of
from oxyde.queries.writes.assign import assigned
from oxyde.queries.writes.conflict import Conflict
from oxyde.queries.writes.delete import delete_statement
from oxyde.queries.writes.insert import insert_statement
from oxyde.queries.writes.update import update_statement

FOLDER = Path(__file__).parents[4] / "oxyde-sql" / "tests" / "ir"
MESSAGES = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}

# Refuses a value that is not exactly of the type that the mirror gives it, and an unknown key.
MIRROR = TypeAdapter(list[_ir.Message], config=ConfigDict(extra="forbid", strict=True))


@pytest.mark.parametrize("name", MESSAGES)
def test_the_mirror_has_the_shape_of_each_message(name: str) -> None:
    assert MESSAGES[name]["version"] == IR_VERSION == _core.IR_VERSION
    MIRROR.validate_python([MESSAGES[name]])


def keys_of_dicts(node: Any) -> set[frozenset[str]]:
    """The keys of each dict in a message."""
    if isinstance(node, list):
        return set().union(*[keys_of_dicts(item) for item in node])
    if not isinstance(node, dict):
        return set()
    return {frozenset(node)}.union(*[keys_of_dicts(value) for value in node.values()])


def test_the_mirror_has_nothing_else() -> None:
    used = keys_of_dicts(list(MESSAGES.values()))
    for module in (_ir.column_types, _ir.select, _ir.statements):
        for name, found in vars(module).items():
            if is_typeddict(found) and not name.startswith("_"):
                assert found.__required_keys__ in used, name


def select(query: Any) -> _ir.Statement:
    return {"select": build_select(query, Builder()).select}


def users(**annotations: Any) -> Any:
    return Users.objects.annotate(**annotations).values(*annotations)


ID = Users.objects.values("id")
TWO = Users.objects.values("id", "name")


def update(query: Any, **values: Any) -> _ir.Statement:
    items = assigned(query._context(), values)
    return update_statement(query, items, None, returning=False)[0]


def insert(given: list[str], returning: list[str], **options: Any) -> _ir.Statement:
    names = names_of(options.pop("model", Users))
    return {"insert": insert_statement(names, given, returning, **options)}


POST_COLUMNS = ["id", "title", "views"]
BUILT: dict[str, Any] = {
    "lookup_exact_name": lambda: select(ID.filter(name="x")),
    "lookup_in_id": lambda: select(ID.filter(id__in=range(100))),
    "lookup_between": lambda: select(ID.filter(born__between=(dt.date.min, dt.date.max))),
    "lookup_isnull_true": lambda: select(ID.filter(name=None)),
    "lookup_has_key": lambda: select(ID.filter(data__has_key="a")),
    "lookup_array_contains": lambda: select(ID.filter(tags__contains=["a"])),
    "lookup_range_contains": lambda: select(
        Bookings.objects.filter(nights__contains=dt.date.min).values("id")
    ),
    "lookup_year_seen": lambda: select(ID.filter(seen__year=9999)),
    "lookup_year_gte": lambda: select(ID.filter(seen__year__gte=10_000)),
    "expression_concat": lambda: select(users(value=F("name") + "x")),
    "expression_born_plus_interval": lambda: select(users(value=F("born") + dt.timedelta(1))),
    "expression_cast_int_to_decimal": lambda: select(
        users(value=Cast("age", {"decimal": {"precision": 10, "scale": 3}}))
    ),
    "expression_collate": lambda: select(users(value=Collate("name", "C"))),
    "insert_row_returning": lambda: insert(["name"], ["id"], source="row"),
    "insert_default_values": lambda: insert([], [], source="row"),
    "upsert_nothing_any": lambda: insert(
        POST_COLUMNS,
        [],
        model=Posts,
        source="row",
        conflict=Conflict(None, ()).build(names_of(Posts)),
    ),
    "upsert_update_rows": lambda: insert(
        POST_COLUMNS,
        [],
        model=Posts,
        source="rows",
        conflict=Conflict(("id",), ("title", "views")).build(names_of(Posts)),
    ),
    "delete_all": lambda: delete_statement(Users.objects.filter(), None)[0],
    "delete_where": lambda: delete_statement(Users.objects.filter(id=1), None)[0],
    "update_increment": lambda: update(Users.objects.filter(id=1), age=F("age") + 1),
    "function_l2_distance": lambda: select(
        Passages.objects.order_by(L2Distance("embedding", [1, 2, 3])).values("id")
    ),
    "select_order_nulls_last": lambda: select(TWO.order_by(F("age").asc(nulls_last=True))),
    "select_for_update_of": lambda: select(TWO.for_update(of=["self"])),
    "select_for_share_skip_locked": lambda: select(TWO.for_share(skip_locked=True)),
    "window_sum_rows_offset": lambda: select(
        users(
            value=Window(
                Sum("id"), partition_by="active", order_by="-age", frame=Frame(-2, 3, "rows")
            )
        )
    ),
    "aggregate_sum_filter": lambda: select(
        Users.objects.annotate(value=Sum("score", filter=Q(age__gte=1))).values("value")
    ),
    "search_by_index": lambda: select(ID.filter(Search("name", "bio", query="cats", form="any"))),
    "search_without_index": lambda: select(ID.filter(bio__search="cats")),
    "search_rank": lambda: select(
        users(value=SearchRank("bio", "name", query="cats", weights=[0.5, 1.0]))
    ),
    "predicate_raw": lambda: select(ID.filter(RawSQL("length(name) > %s", [3], output=bool))),
}


def normal(statement: Any) -> Any:
    """Params numbered as they are met, whatever came before; `big_int` beside whole numbers."""
    places: dict[int, int] = {}

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            if set(node) == {"param"}:
                inner = dict(node["param"])
                inner["index"] = places.setdefault(inner["index"], len(places))
                if inner["type"] in ("integer", "text") or (
                    isinstance(inner["type"], dict) and "varchar" in inner["type"]
                ):
                    inner["type"] = "big_int" if inner["type"] == "integer" else "text"
                return {"param": inner}
            return {key: walk(value) for key, value in sorted(node.items())}
        return [walk(item) for item in node] if isinstance(node, list) else node

    return walk(copy.deepcopy(statement))


@pytest.mark.parametrize("name", BUILT)
def test_the_builder_makes_the_shared_message(name: str) -> None:
    assert normal(BUILT[name]()) == normal(MESSAGES[name]["statement"])


def test_lookups_are_those_of_the_core() -> None:
    kinds = {"float": "double"}
    core: dict[str, set[str]] = {}
    for lookup in _core.LOOKUPS:
        core.setdefault(lookup["name"], set()).update(lookup["families"])
    # Without those that other tests register.
    known = {name: specs for name, specs in SPECS.items() if specs[0].own is None}
    assert set(known) == set(core)
    members = {
        "int": {"small_int", "integer", "big_int"},
        "text": {"text", "varchar"},
        "datetime": {"date_time", "timestamp_tz"},
        "date_time": {"date_time", "timestamp_tz"},
    }
    for name, specs in known.items():
        taken: set[str] = set()
        for family in core[name]:
            taken |= members.get(family, {kinds.get(family, family)})
        for spec in specs:
            assert spec.kinds <= taken, name


def test_functions_and_aggregates_are_those_of_the_core() -> None:
    import oxyde.queries as queries
    from oxyde.queries.expressions.aggregates import Aggregate
    from oxyde.queries.expressions.functions import Func
    from oxyde.queries.expressions.functions.date import EXTRACTS, TRUNCS

    classes = [getattr(queries, name) for name in queries.__all__]
    classes = [each for each in classes if isinstance(each, type)]
    functions = {each.name for each in classes if issubclass(each, Func)} - {"", "extract", "trunc"}
    functions |= {f"extract_{part}" for part in EXTRACTS} | {f"trunc_{unit}" for unit in TRUNCS}
    functions |= set(PARTS.values())
    # What statements are made of, without a class of their own.
    functions |= {"refuse", "search_rank"}
    functions |= {f"json_{each}" for each in ("array", "insert", "null", "object", "or", "set")}
    assert functions == {each["name"] for each in _core.FUNCTIONS}
    aggregates = {each.name for each in classes if issubclass(each, Aggregate)}
    aggregates |= {each.sampled for each in (queries.StdDev, queries.Variance)}
    assert aggregates == {each["name"] for each in _core.AGGREGATES}


@pytest.mark.parametrize("flavour", ["postgres", "sqlite", "mysql", "mariadb"])
@pytest.mark.parametrize(
    "query",
    [
        Users.objects.filter(Exists(Posts.objects.filter(author_id=OuterRef("id")))),
        Users.objects.filter(posts__title="x").exclude(posts__views__gt=3),
        Users.objects.annotate(n=Count("posts"), v=Sum("posts__views")).filter(n__gt=1),
        Users.objects.values("age").annotate(n=Count("*")).having(n__gt=1).order_by("-n"),
        Posts.objects.join("author").filter(author__name__icontains="x").order_by("author__age"),
        Users.objects.annotate(
            kind=Case(When(age__lt=18, then=Value("child")), default=Value("adult")),
            shown=Coalesce("bio", "name"),
            month=Trunc("seen", "month"),
            low=Lower("name"),
        ),
        Users.objects.filter(id__in=Posts.objects.values("author_id")[:3]),
        Users.objects.filter(id=1).union(Users.objects.filter(id=2)).order_by("id"),
        Users.objects.only("name").distinct()[5:10],
    ],
)
def test_every_dialect_compiles_it(flavour: str, query: Any) -> None:
    sql, parameters = query.sql(dialect=flavour)
    assert sql.startswith("SELECT")
    assert len(parameters) >= sql.count("?") * (flavour != "postgres")
