"""Upserts change the row of the key that they name, and no other; what comes back is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from oxyde import F, Field, Model, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError, UniqueViolationError
from oxyde.queries import Inserted


class Member(Model):
    class Meta:
        is_table = True
        table_name = "upserts_member"
        unique_together = [("team", "seat")]

    id: int | None = Field(default=None, db_pk=True)
    email: str | None = Field(default=None, max_length=40, db_unique=True)
    nick: str | None = Field(default=None, max_length=20, db_unique=True)
    team: str = Field(default="none", max_length=20)
    seat: int | None = None
    bio: str = Field(default="", max_length=20)
    hits: int = 0
    rank: int | None = Field(default=None, db_default="7")


class Single(Model):
    """One key but the counted one."""

    class Meta:
        is_table = True
        table_name = "upserts_single"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20, db_unique=True)
    value: int = 0
    note: str = Field(default="", max_length=40)


@pytest.fixture
async def members(database: AsyncDatabase) -> tuple[Member, Member]:
    await db.create_tables(models=[Member, Single])
    bob = await Member.objects.create(email="bob@x.org", nick="bob", bio="Bob's")
    ann = await Member.objects.create(email="ann@x.org", nick="ann", bio="Ann's")
    return bob, ann


async def stored() -> list[tuple[Any, ...]]:
    return await Member.objects.order_by("id").values_list("email", "nick", "bio")


START = [("bob@x.org", "bob", "Bob's"), ("ann@x.org", "ann", "Ann's")]
EVE = {"email": "eve@x.org", "nick": "bob", "bio": "by Eve"}
BY_EMAIL: dict[str, Any] = {"unique_fields": ["email"]}

WAYS: dict[str, Callable[[], Awaitable[Any]]] = {
    "upsert": lambda: Member.objects.upsert(**EVE, unique_fields=["email"]),
    "upsert of an id": lambda: Member.objects.upsert(id=1, bio="x", **BY_EMAIL, email="e@x.org"),
    "upsert with update": lambda: Member.objects.upsert(
        **EVE, unique_fields=["email"], update={"hits": F("hits") + 1}
    ),
    "upsert that changes nothing": lambda: Member.objects.upsert(
        **EVE, unique_fields=["email"], update_fields=[]
    ),
    "bulk update": lambda: Member.objects.bulk_create(
        [{"email": "new@x.org"}, EVE], update_conflicts=True, **BY_EMAIL
    ),
    "bulk update of a field": lambda: Member.objects.bulk_create(
        [Member(**EVE)], update_conflicts=True, update_fields=["bio"], **BY_EMAIL
    ),
    "bulk update of nothing": lambda: Member.objects.bulk_create(
        [{"email": "new@x.org", "bio": "x"}, EVE],
        update_conflicts=True,
        update_fields=[],
        **BY_EMAIL,
    ),
    "bulk ignore": lambda: Member.objects.bulk_create(
        [Member(email="new@x.org"), Member(**EVE)], ignore_conflicts=True, **BY_EMAIL
    ),
    "update that takes another's key": lambda: Member.objects.upsert(
        email="ann@x.org", nick="bob", unique_fields=["email"]
    ),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_clash_of_another_key_is_an_error(members: Any, way: str) -> None:
    with pytest.raises(UniqueViolationError) as caught:
        await WAYS[way]()
    assert caught.value.model is Member
    assert caught.value.columns
    assert await stored() == START


@pytest.mark.parametrize("way", WAYS)
async def test_it_is_one_in_a_transaction_too(members: Any, way: str) -> None:
    async with atomic():
        await Member.objects.filter(nick="ann").update(bio="later")
        with pytest.raises(UniqueViolationError):
            async with atomic():
                await WAYS[way]()
        assert await Member.objects.count() == 2
    assert await stored() == [START[0], ("ann@x.org", "ann", "later")]


async def test_the_named_row_is_changed_where_another_has_another_key(members: Any) -> None:
    bob, ann = members
    # The nick is Bob's, but it is not written: nothing clashes but the email.
    row = await Member.objects.upsert(
        email="ann@x.org", nick="bob", bio="new", unique_fields=["email"], update_fields=["bio"]
    )
    assert (row.id, row.nick, row.bio) == (ann.id, "ann", "new")
    row = await Member.objects.upsert(
        email="bob@x.org",
        nick="ann",
        hits=5,
        unique_fields=["email"],
        update={"hits": F("hits") + Inserted("hits")},
    )
    assert (row.id, row.nick, row.hits) == (bob.id, "bob", 5)
    async with atomic():
        rows = await Member.objects.bulk_create(
            [
                Member(email="c@x.org", nick="c", bio="3"),
                Member(email="bob@x.org", nick="ann", bio="1"),
                Member(email="ann@x.org", nick="c", bio="2"),
            ],
            update_conflicts=True,
            update_fields=["bio"],
            unique_fields=["email"],
        )
    assert [(row.id, row.nick, row.bio) for row in rows[1:]] == [
        (bob.id, "bob", "1"),
        (ann.id, "ann", "2"),
    ]
    await Member.objects.bulk_create(
        [{"email": "ann@x.org", "nick": "bob", "bio": "lost"}],
        ignore_conflicts=True,
        unique_fields=["email"],
    )
    assert await stored() == [
        ("bob@x.org", "bob", "1"),
        ("ann@x.org", "ann", "2"),
        ("c@x.org", "c", "3"),
    ]


async def test_null_in_the_key_clashes_with_nothing(members: Any) -> None:
    first = await Member.objects.upsert(email=None, bio="1", unique_fields=["email"])
    second = await Member.objects.upsert(email=None, bio="2", unique_fields=["email"])
    assert len({first.id, second.id}) == 2
    second.bio = "3"
    await second.save()
    assert await stored() == [*START, (None, None, "1"), (None, None, "3")]
    with pytest.raises(UniqueViolationError):
        await Member.objects.upsert(email=None, nick="bob", unique_fields=["email"])
    rows = await Member.objects.bulk_create(
        [
            {"team": "a", "seat": None, "bio": "4"},
            {"team": "a", "seat": 1, "bio": "5"},
            {"team": "a", "seat": None, "bio": "6"},
        ],
        update_conflicts=True,
        unique_fields=["team", "seat"],
    )
    again = await Member.objects.bulk_create(
        [
            {"team": "a", "seat": None, "bio": "7"},
            {"team": "a", "seat": 1, "bio": "8"},
        ],
        update_conflicts=True,
        unique_fields=["team", "seat"],
    )
    assert again[1].id == rows[1].id
    assert len({row.id for row in [*rows, *again]}) == 4
    for row in [*rows, *again[:1]]:
        await row.refresh()
    assert [row.bio for row in [*rows, *again]] == ["4", "8", "6", "7", "8"]
    with pytest.raises(UniqueViolationError):
        await Member.objects.bulk_create(
            [{"team": "b", "seat": None, "nick": "ann"}],
            update_conflicts=True,
            unique_fields=["team", "seat"],
        )


async def test_what_comes_back_is_what_is_stored(members: Any) -> None:
    bob, ann = members
    await Member.objects.filter(id=bob.id).update(rank=1, hits=9)
    same = await Member.objects.upsert(email="bob@x.org", nick="bob", unique_fields=["email"])
    assert (same.id, same.rank, same.hits, same.bio) == (bob.id, 1, 9, "Bob's")
    new, old, other = await Member.objects.bulk_create(
        [
            Member(email="new@x.org", bio="new", hits=1),
            Member(email="bob@x.org", bio="newer", hits=2),
            Member(email="ann@x.org", bio="Ann's", hits=3),
        ],
        update_conflicts=True,
        update_fields=["bio"],
        unique_fields=["email"],
    )
    assert (old.id, old.nick, old.bio, old.hits, old.rank) == (bob.id, "bob", "newer", 9, 1)
    assert (other.id, other.nick, other.hits, other.rank) == (ann.id, "ann", 0, 7)
    assert new.id not in (None, bob.id, ann.id)
    assert new.rank == 7
    old.hits += 1
    await old.save()
    assert await Member.objects.get(id=bob.id) == old
    # Nothing is left to change but the key itself.
    kept = await Member.objects.bulk_create(
        [{"email": "bob@x.org"}, {"email": "one@x.org"}],
        update_conflicts=True,
        update_fields=[],
        unique_fields=["email"],
    )
    assert kept[0] == old
    assert kept[1] == await Member.objects.get(email="one@x.org")


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_row_that_came_after_the_snapshot_comes_back(
    members: Any, database: AsyncDatabase
) -> None:
    """Also where nothing of it is changed, so that only a locking read sees it."""
    async with atomic():
        assert await Single.objects.count() == 0
        other = await Single.objects.create(code="a", value=1, client=database)
        more = await Single.objects.create(code="b", value=2, client=database)
        row = await Single.objects.upsert(code="a", value=1)
        (again,) = await Single.objects.bulk_create(
            [Single(code="b", value=2)], update_conflicts=True, unique_fields=["code"]
        )
    assert (row, again) == (other, more)


async def test_update_fields_that_say_nothing(members: Any) -> None:
    for wrong in (
        lambda: Single.objects.upsert(code="a", unique_fields=["code"], update_fields=["id"]),
        lambda: Single.objects.bulk_create(
            [{"code": "a"}], update_conflicts=True, unique_fields=["code"], update_fields=["id"]
        ),
        lambda: Single.objects.bulk_create(
            [{"code": "a"}], update_conflicts=True, unique_fields=["value"]
        ),
    ):
        with pytest.raises(FieldError):
            await wrong()
    assert await Single.objects.count() == 0


@pytest.mark.databases("mysql", "mariadb")
async def test_texts_that_the_collation_takes_for_one(members: Any) -> None:
    await execute_raw(
        "ALTER TABLE upserts_single MODIFY code VARCHAR(20) "
        "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL"
    )
    bob = await Single.objects.create(code="bob", value=1)
    row = await Single.objects.upsert(code="BOB", value=2, unique_fields=["code"])
    assert (row.id, row.code, row.value) == (bob.id, "bob", 2)
    cafe = await Single.objects.create(code="café")
    for spelling in ("Bob", "bob ", "BÖB"):
        row, new, other = await Single.objects.bulk_create(
            [
                Single(code=spelling, value=3),
                Single(code=f"new {spelling}", value=4),
                Single(code="CAFE", value=5),
            ],
            update_conflicts=True,
            update_fields=["value"],
            unique_fields=["code"],
        )
        assert (row.id, row.code, row.value) == (bob.id, "bob", 3)
        assert (other.id, other.code, other.value) == (cafe.id, "café", 5)
        assert new.id is not None
        await Single.objects.bulk_create(
            [Single(code=spelling)], ignore_conflicts=True, unique_fields=["code"]
        )
    found, created = await Single.objects.get_or_create(code="BoB")
    assert (found.id, created) == (bob.id, False)


async def test_a_key_that_the_model_does_not_know_of(members: Any) -> None:
    await execute_raw("CREATE UNIQUE INDEX upserts_foreign ON upserts_single (note)")
    await Single.objects.create(code="a", note="taken")
    ways: list[Callable[[], Awaitable[Any]]] = [
        lambda: Single.objects.upsert(code="b", note="taken", unique_fields=["code"]),
        lambda: Single.objects.bulk_create(
            [{"code": "c", "note": "free"}, {"code": "b", "note": "taken"}],
            update_conflicts=True,
            unique_fields=["code"],
        ),
        lambda: Single.objects.bulk_create(
            [{"code": "b", "note": "taken"}], ignore_conflicts=True, unique_fields=["code"]
        ),
    ]
    for way in ways:
        with pytest.raises(UniqueViolationError):
            await way()
        with pytest.raises(UniqueViolationError):
            async with atomic():
                await way()
        assert await Single.objects.values_list("code", "note") == [("a", "taken")]


async def test_an_update_of_the_key_itself(members: Any) -> None:
    first = await Single.objects.create(code="a")
    row = await Single.objects.upsert(code="a", unique_fields=["code"], update={"code": "b"})
    assert (row.id, row.code) == (first.id, "b")
    row = await Single.objects.upsert(code="a", unique_fields=["code"], update={"code": "b"})
    assert (row.code, await Single.objects.count()) == ("a", 2)
    with pytest.raises(UniqueViolationError):
        await Single.objects.upsert(code="a", unique_fields=["code"], update={"code": "b"})


async def test_one_key_twice(members: Any) -> None:
    """The last one wins."""
    await Single.objects.create(code="b", note="kept")
    rows = await Single.objects.bulk_create(
        [
            Single(code="a", value=1),
            Single(code="b", value=2),
            Single(code="a", value=3),
            Single(code="b", value=4),
            Single(code="a", value=5),
        ],
        update_conflicts=True,
        update_fields=["value"],
        unique_fields=["code"],
    )
    stored = {row.code: row for row in await Single.objects.all()}
    assert {code: row.value for code, row in stored.items()} == {"a": 5, "b": 4}
    assert [row.id for row in rows] == [stored[row.code].id for row in rows]
    assert (rows[3], rows[4]) == (stored["b"], stored["a"])


async def test_many_at_once(members: Any) -> None:
    """Each lands, whichever of several keys they share."""

    async def one(number: int) -> None:
        await Member.objects.upsert(
            email=f"e{number % 4}@x.org",
            nick=f"n{number % 4}",
            hits=1,
            unique_fields=["email"],
            update={"hits": F("hits") + 1},
        )

    async def inside(number: int) -> None:
        async with atomic():
            await one(number)

    await asyncio.gather(*[one(number) for number in range(64)])
    for start in range(0, 16, 4):
        await asyncio.gather(*[inside(start + step) for step in range(4)])
    rows = await Member.objects.filter(email__startswith="e").order_by("email")
    assert [row.hits for row in rows] == [20, 20, 20, 20]


async def test_many_batches_at_once(members: Any) -> None:
    """Some from the front and some from the back, so that they wait for each other."""

    async def batch(number: int) -> list[Single]:
        order = range(40) if number % 2 else range(39, -1, -1)
        return await Single.objects.bulk_create(
            [Single(code=f"c{each}", value=number) for each in order],
            update_conflicts=True,
            unique_fields=["code"],
        )

    batches = await asyncio.gather(*[batch(number) for number in range(8)])
    rows = {row.code: row.id for row in await Single.objects.all()}
    assert len(rows) == 40
    for made in batches:
        assert {row.code: row.id for row in made} == rows


async def test_ten_thousand_with_one_that_clashes(members: Any) -> None:
    rows = [
        Member(email=f"m{number}@x.org", nick=f"m{number}", hits=number) for number in range(10_000)
    ]
    rows[7_777].nick = "bob"
    with pytest.raises(UniqueViolationError):
        await Member.objects.bulk_create(rows, update_conflicts=True, unique_fields=["email"])
    assert await stored() == START
    rows[7_777].nick = "m7777"
    made = await Member.objects.bulk_create(rows, update_conflicts=True, unique_fields=["email"])
    rows[0].nick, rows[1].nick = "m1", "m0"
    again = await Member.objects.bulk_create(
        [Member(email=row.email, nick=row.nick, hits=1) for row in rows],
        update_conflicts=True,
        update_fields=["hits"],
        unique_fields=["email"],
    )
    assert [row.id for row in again] == [row.id for row in made]
    assert [row.nick for row in again[:3]] == ["m0", "m1", "m2"]
    assert await Member.objects.filter(hits=1).count() == 10_000


class Pupil(Model):
    class Meta:
        is_table = True
        table_name = "upserts_pupil"

    id: int | None = Field(default=None, db_pk=True)
    courses: list[Course] = Field(db_m2m=True, db_through="Attendance")


class Course(Model):
    class Meta:
        is_table = True
        table_name = "upserts_course"

    id: int | None = Field(default=None, db_pk=True)


class Attendance(Model):
    class Meta:
        is_table = True
        table_name = "upserts_attendance"
        unique_together = [("pupil", "course")]

    id: int | None = Field(default=None, db_pk=True)
    pupil: Pupil
    course: Course
    badge: int | None = Field(default=None, db_unique=True)


async def test_a_manager_takes_only_its_own_pair_for_known(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Pupil, Course, Attendance])
    one, two = await Pupil.objects.bulk_create([{"id": 1}, {"id": 2}])
    course = await Course.objects.create(id=1)
    assert await one.courses_set.add(course, through={"badge": 5}) == 1
    assert await one.courses_set.add(course, through={"badge": 5}) == 0
    with pytest.raises(UniqueViolationError):
        await two.courses_set.add(course, through={"badge": 5})
    assert await Attendance.objects.values_list("pupil_id", "badge") == [(1, 5)]


async def test_a_bad_call_is_refused(members: Any) -> None:
    with pytest.raises(OxydeError, match="has no value"):
        await Single.objects.upsert(value=1, code="a", unique_fields=["id"])
    assert await Single.objects.count() == 0
