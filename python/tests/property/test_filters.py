"""Random rows and random trees of conditions: the database's answer against Python's.

Every lookup of plain columns, paths over foreign keys, and paths to many rows (reverse keys, and
many to many both ways), put together with `&`, `|`, `^` and `~`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime
from support.conditions import Branch, Leaf, Row, evaluate
from support.examples import examples
from support.reference import UTC

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase


class Team(Model):
    class Meta:
        is_table = True
        table_name = "random_team"

    id: int = Field(db_pk=True)
    name: str | None = None
    rank: int | None = None
    members: list[Member] = Field(db_reverse_fk="team")


class Member(Model):
    class Meta:
        is_table = True
        table_name = "random_member"

    id: int = Field(db_pk=True)
    team: Team | None = None
    text: str | None = None
    age: int | None = None
    real: float | None = None
    money: Decimal | None = Field(default=None, max_digits=12, decimal_places=3)
    flag: bool | None = None
    day: dt.date | None = None
    clock: dt.time | None = None
    moment: dt.datetime | None = None
    aware: AwareDatetime | None = None
    span: dt.timedelta | None = None
    key: uuid.UUID | None = None
    blob: bytes | None = None
    posts: list[Post] = Field(db_reverse_fk="author")
    badges: list[Badge] = Field(db_m2m=True, db_through="Owning")


class Post(Model):
    class Meta:
        is_table = True
        table_name = "random_post"

    id: int = Field(db_pk=True)
    author: Member
    title: str | None = None
    views: int | None = None


class Badge(Model):
    class Meta:
        is_table = True
        table_name = "random_badge"

    id: int = Field(db_pk=True)
    name: str | None = None
    rank: int | None = None
    owners: list[Member] = Field(db_m2m=True, db_through="Owning")


class Owning(Model):
    class Meta:
        is_table = True
        table_name = "random_owning"

    member: Member = Field(db_pk=True)
    badge: Badge = Field(db_pk=True)


# --- values: few enough that conditions often meet them ---------------------------------------

_LETTERS = "aAbBæÆяЯ%_\\ '1"
_MOMENTS = st.datetimes(dt.datetime(2023, 12, 30), dt.datetime(2024, 3, 2)).map(
    lambda moment: moment.replace(minute=moment.minute // 20 * 20, second=moment.second // 30 * 30)
) | st.sampled_from(
    [
        dt.datetime(1, 1, 1),
        dt.datetime(9999, 12, 31, 23, 59, 59, 999_999),
        dt.datetime(1969, 12, 31),
    ]
)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(_LETTERS, max_size=4),
    "int": st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63)]),
    "real": st.sampled_from([0.0, 0.5, -0.5, 1.0, 1 / 3, 1e300]),
    "money": st.integers(-2000, 2000).map(lambda number: Decimal(number) / 1000),
    "flag": st.booleans(),
    "day": _MOMENTS.map(dt.datetime.date),
    "clock": _MOMENTS.map(dt.datetime.time),
    "moment": _MOMENTS,
    "aware": _MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC)),
    "span": st.integers(-2, 2).map(
        lambda number: dt.timedelta(days=31 * number, microseconds=number)
    ),
    "key": st.integers(0, 5).map(lambda number: uuid.UUID(int=number << 62)),
    "blob": st.binary(max_size=2),
}
_KINDS = {"age": "int", **{kind: kind for kind in _VALUES if kind != "int"}}

# --- lookups ----------------------------------------------------------------------------------

_ORDER = ["gt", "gte", "lt", "lte"]
_NUMBERS = st.integers(0, 60)
_PATTERNS = st.sampled_from(
    ["a", "^a", "b$", "a.", "[aя]", "^$", "(a|Æ)", r"\\", "1+", "%", "[^a]"]
)
_PARTS = {
    "year": st.sampled_from([1, 1969, 2023, 2024, 9999]),
    "month": st.integers(1, 3) | st.just(12) | st.just((2024, 2)) | st.just((9999, 12)),
    "day": st.integers(1, 31) | st.just((2024, 1, 31)),
    "week_day": st.integers(1, 7),
    "quarter": st.integers(1, 4),
}
_CLOCK_PARTS = {
    "hour": st.integers(0, 23),
    "minute": st.sampled_from([0, 20, 40]),
    "second": _NUMBERS,
}


def _lookups(kind: str) -> st.SearchStrategy[tuple[str, Any]]:
    """A lookup of a column of some kind, and a value for it."""
    value = _VALUES[kind]

    def one(
        names: Iterable[str], values: st.SearchStrategy[Any]
    ) -> st.SearchStrategy[tuple[str, Any]]:
        return st.tuples(st.sampled_from(list(names)), values)

    made = [
        one(["exact"], value | st.none()),
        one(["in"], st.lists(value, max_size=4)),
        one(["isnull"], st.booleans()),
    ]
    if kind != "flag":
        made += [one(_ORDER, value), one(["between", "range"], st.tuples(value, value))]
    if kind == "text":
        texts = [
            "contains",
            "icontains",
            "startswith",
            "istartswith",
            "endswith",
            "iendswith",
            "iexact",
        ]
        made += [one(texts, value), one(["regex", "iregex"], _PATTERNS)]
    if kind in ("day", "moment", "aware"):
        made += [one([name], values) for name, values in _PARTS.items()]
        made += [one([f"year__{each}" for each in _ORDER], _PARTS["year"])]
    if kind in ("clock", "moment", "aware"):
        made += [one([name], values) for name, values in _CLOCK_PARTS.items()]
        made += [one([f"hour__{each}" for each in _ORDER], _CLOCK_PARTS["hour"])]
    if kind in ("moment", "aware"):
        made += [one(["date", "date__gte", "date__lt"], _VALUES["day"])]
        made += [one(["time", "time__gte", "time__lt"], _VALUES["clock"])]
    return st.one_of(made)


# --- conditions -------------------------------------------------------------------------------


_OVER_ONE = {("team", "name"): "text", ("team", "rank"): "int", ("team", "id"): "int"}
_OVER_MANY = {
    ("posts", "title"): "text",
    ("posts", "views"): "int",
    ("team", "members", "age"): "int",
    ("team", "members", "text"): "text",
    ("team", "members", "posts", "views"): "int",
    ("badges", "name"): "text",
    ("badges", "rank"): "int",
    ("badges", "id"): "int",
    ("badges", "owners", "age"): "int",
    ("badges", "owners", "posts", "title"): "text",
    ("badges", "owners", "team", "name"): "text",
    ("team", "members", "badges", "name"): "text",
}


def _leaves(paths: dict[tuple[str, ...], str]) -> st.SearchStrategy[Leaf]:
    return st.sampled_from(sorted(paths)).flatmap(
        lambda path: _lookups(paths[path]).map(lambda found: Leaf(path, *found))
    )


_PLAIN = _leaves({(name,): kind for name, kind in _KINDS.items()})
_RELATED = (
    _leaves(_OVER_ONE)
    | _leaves(_OVER_MANY)
    | st.builds(
        Leaf,
        st.sampled_from([("team",), ("posts",), ("badges",)]),
        st.just("isnull"),
        st.booleans(),
    )
)


def _trees(leaves: st.SearchStrategy[Leaf]) -> st.SearchStrategy[Leaf | Branch]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(
                Branch,
                st.sampled_from("&|^"),
                st.lists(inner, min_size=2, max_size=4).map(tuple),
            )
            | st.builds(Branch, st.just("~"), inner.map(lambda child: (child,)))
        ),
        max_leaves=8,
    )


# --- rows -------------------------------------------------------------------------------------

_TEAMS = st.lists(
    st.fixed_dictionaries(
        {"name": st.none() | _VALUES["text"], "rank": st.none() | _VALUES["int"]}
    ),
    max_size=3,
)
_MEMBERS = st.lists(
    st.fixed_dictionaries(
        {
            "team": st.none() | st.integers(0, 2),
            **{name: st.none() | _VALUES[kind] for name, kind in _KINDS.items()},
        }
    ),
    min_size=1,
    max_size=12,
)
_POSTS = st.lists(
    st.fixed_dictionaries(
        {
            "author": st.integers(0, 11),
            "title": st.none() | _VALUES["text"],
            "views": st.none() | _VALUES["int"],
        }
    ),
    max_size=12,
)


_BADGES = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | _VALUES["text"],
            "rank": st.none() | _VALUES["int"],
            "owners": st.sets(st.integers(0, 11), max_size=4),
        }
    ),
    max_size=4,
)


async def _store(
    teams: list[Row], members: list[Row], posts: list[Row], badges: list[Row]
) -> list[Row]:
    """Put the rows in place of those before; gives the members, tied to the others."""
    for model in (Owning, Badge, Post, Member, Team):
        await model.objects.delete()
    stored_teams = [{"id": number, **team, "members": []} for number, team in enumerate(teams, 1)]
    stored: list[Row] = []
    for number, member in enumerate(members, 1):
        index = member["team"]
        team = stored_teams[index % len(teams)] if teams and index is not None else None
        stored.append({**member, "id": number, "team": team, "posts": [], "badges": []})
        if team is not None:
            team["members"].append(stored[-1])
    stored_posts = []
    for number, post in enumerate(posts, 1):
        author = stored[post["author"] % len(stored)]
        stored_posts.append({**post, "id": number, "author_id": author["id"]})
        author["posts"].append(stored_posts[-1])
    stored_badges = []
    for number, badge in enumerate(badges, 1):
        owners = [stored[index] for index in sorted({i % len(stored) for i in badge["owners"]})]
        stored_badges.append({**badge, "id": number, "owners": owners})
        for owner in owners:
            owner["badges"].append(stored_badges[-1])
    await Team.objects.bulk_create(
        [{name: team[name] for name in ("id", "name", "rank")} for team in stored_teams]
    )
    await Member.objects.bulk_create(
        [
            {
                **{name: member[name] for name in ("id", *_KINDS)},
                "team_id": member["team"] and member["team"]["id"],
            }
            for member in stored
        ]
    )
    await Post.objects.bulk_create(
        [
            {name: post[name] for name in ("id", "author_id", "title", "views")}
            for post in stored_posts
        ]
    )
    await Badge.objects.bulk_create(
        [{name: badge[name] for name in ("id", "name", "rank")} for badge in stored_badges]
    )
    await Owning.objects.bulk_create(
        [
            {"member_id": owner["id"], "badge_id": badge["id"]}
            for badge in stored_badges
            for owner in badge["owners"]
        ]
    )
    return stored


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Team, Member, Post, Badge, Owning])
    return database


async def _compare(rows: list[Row], trees: list[Leaf | Branch]) -> None:
    for tree in trees:
        expected = [row["id"] for row in rows if evaluate(tree, row)]
        query = Member.objects.filter(tree.q()).order_by("id")
        assert await query.values_list("id", flat=True) == expected, tree
        others = await Member.objects.exclude(tree.q()).order_by("id").values_list("id", flat=True)
        assert others == [row["id"] for row in rows if row["id"] not in expected], tree
        assert await query.count() == len(expected)


_SETTINGS = examples(40)


@_SETTINGS
@given(members=_MEMBERS, trees=st.lists(_trees(_PLAIN), min_size=8, max_size=8))
async def test_conditions_on_columns(
    tables: AsyncDatabase, members: list[Row], trees: list[Leaf | Branch]
) -> None:
    await _compare(await _store([], members, [], []), trees)


@_SETTINGS
@given(
    teams=_TEAMS,
    members=_MEMBERS,
    posts=_POSTS,
    badges=_BADGES,
    trees=st.lists(_trees(_PLAIN | _RELATED | _RELATED), min_size=8, max_size=8),
)
async def test_conditions_over_relations(
    tables: AsyncDatabase,
    teams: list[Row],
    members: list[Row],
    posts: list[Row],
    badges: list[Row],
    trees: list[Leaf | Branch],
) -> None:
    await _compare(await _store(teams, members, posts, badges), trees)


async def test_every_lookup_is_among_them(tables: AsyncDatabase) -> None:
    """Each lookup of each column once, so that luck leaves none out."""
    columns = {
        name: [_example(kind, number) for number in range(6)] for name, kind in _KINDS.items()
    }
    members = [
        {"team": None, **{name: values[number] for name, values in columns.items()}}
        for number in range(6)
    ]
    members.append({"team": None, **dict.fromkeys(columns)})
    rows = await _store([], members, [], [])
    trees: list[Leaf | Branch] = []
    for name, kind in _KINDS.items():
        values = columns[name]
        trees += [Leaf((name,), "exact", value) for value in [*values, None]]
        trees += [Leaf((name,), "in", values[:3]), Leaf((name,), "isnull", True)]
        if kind != "flag":
            trees += [
                Leaf((name,), each, value) for each, value in itertools.product(_ORDER, values)
            ]
            trees += [
                Leaf((name,), "between", tuple(values[:2])),
                Leaf((name,), "range", tuple(values[2:4])),
            ]
    await _compare(rows, trees)


def _example(kind: str, number: int) -> Any:
    moment = dt.datetime(2024, 1, 1) + dt.timedelta(days=37 * number, minutes=50 * number)
    return {
        "text": ["", "a", "A%", "b_", "æ\\", "Я"][number],
        "int": number - 2,
        "real": number / 3,
        "money": Decimal(number - 3) / 8,
        "flag": number % 2 == 0,
        "day": moment.date(),
        "clock": moment.time(),
        "moment": moment,
        "aware": moment.replace(tzinfo=UTC),
        "span": dt.timedelta(hours=number - 2),
        "key": uuid.UUID(int=number << 100),
        "blob": bytes([number, 255 - number]),
    }[kind]
