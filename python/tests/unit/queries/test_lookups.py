"""Every lookup on every kind of column: what it becomes, and what it refuses."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from support.asking import brief, shape, values, where
from support.people import Company, Mood, Person, Post

from oxyde.exceptions import FieldError, FieldLookupError, FieldLookupValueError
from oxyde.queries import F, Q
from oxyde.queries.lookups.table import SPECS

UTC = dt.timezone.utc


@pytest.mark.parametrize(
    ("lookups", "expected", "bound"),
    [
        ({"id": 5}, ("exact", "q_person.id", "$0"), [5]),
        ({"pk": 5}, ("exact", "q_person.id", "$0"), [5]),
        ({"age__gte": 18}, ("gte", "q_person.age", "$0"), [18]),
        ({"age__in": [1, 2]}, ("in", "q_person.age", "$0[]", 2), [[1, 2]]),
        ({"age__in": (n for n in (1, 2))}, ("in", "q_person.age", "$0[]", 2), [[1, 2]]),
        ({"age__in": range(3)}, ("in", "q_person.age", "$0[]", 4), [[0, 1, 2]]),
        ({"age__in": range(65)}, ("in", "q_person.age", "$0[]"), [list(range(65))]),
        ({"age__in": []}, ("in", "q_person.age", "$0[]"), [[]]),
        ({"age__between": (1, 2)}, ("between", "q_person.age", "$0", "$1"), [1, 2]),
        ({"age__range": [1, 2]}, ("range", "q_person.age", "$0", "$1"), [1, 2]),
        ({"name__icontains": "a"}, ("icontains", "q_person.name", "$0"), ["a"]),
        ({"email": None}, ("isnull", "q_person.email", True), []),
        ({"email__isnull": False}, ("isnull", "q_person.email", False), []),
        ({"mood": Mood.BAD}, ("exact", "q_person.mood", "$0"), ["bad"]),
        ({"mood": "bad"}, ("exact", "q_person.mood", "$0"), ["bad"]),
        ({"mood__in": [Mood.BAD, "good"]}, ("in", "q_person.mood", "$0[]", 2), [["bad", "good"]]),
        ({"balance__lt": 5}, ("lt", "q_person.balance", "$0"), [5]),
        ({"balance__lt": 0.1}, ("lt", "q_person.balance", "$0"), [Decimal("0.1")]),
        ({"token": str(uuid.UUID(int=7))}, ("exact", "q_person.token", "$0"), [uuid.UUID(int=7)]),
        ({"photo": bytearray(b"x")}, ("exact", "q_person.photo", "$0"), [b"x"]),
        (
            {"created__year": 2024},
            ("and", ("gte", "q_person.created", "$0"), ("lt", "q_person.created", "$1")),
            [dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2025, 1, 1, tzinfo=UTC)],
        ),
        # Databases know later years than Python.
        ({"created__year": 9999}, ("year", "q_person.created", "$0"), [9999]),
        ({"created__year": 0}, ("year", "q_person.created", "$0"), [0]),
        (
            {"created__year__gte": 2024},
            ("gte", "q_person.created", "$0"),
            [dt.datetime(2024, 1, 1, tzinfo=UTC)],
        ),
        (
            {"created__year__lte": 9999},
            ("lte", ("extract_year", "q_person.created"), "$0"),
            [9999],
        ),
        ({"born__iso_year__gt": 2024}, ("gte", "q_person.born", "$0"), [dt.date(2024, 12, 30)]),
        (
            {"seen__date__lt": dt.date(2024, 1, 1)},
            ("lt", "q_person.seen", "$0"),
            [dt.datetime(2024, 1, 1)],
        ),
        (
            {"seen__date": dt.date.max},
            ("date", "q_person.seen", "$0"),
            [dt.date.max],
        ),
        (
            {"born__month": (2024, 12)},
            ("and", ("gte", "q_person.born", "$0"), ("lt", "q_person.born", "$1")),
            [dt.date(2024, 12, 1), dt.date(2025, 1, 1)],
        ),
        (
            {"created__day": (2024, 2, 29)},
            ("and", ("gte", "q_person.created", "$0"), ("lt", "q_person.created", "$1")),
            [dt.datetime(2024, 2, 29, tzinfo=UTC), dt.datetime(2024, 3, 1, tzinfo=UTC)],
        ),
        (
            {"seen__month": (9999, 12)},
            ("gte", "q_person.seen", "$0"),
            [dt.datetime(9999, 12, 1)],
        ),
        ({"company": 3}, ("exact", "q_person.company_id", "$0"), [3]),
        ({"company_id": 3}, ("exact", "q_person.company_id", "$0"), [3]),
        ({"company__id": 3}, ("exact", "q_person.company_id", "$0"), [3]),
        ({"company": Company(id=3, name="x")}, ("exact", "q_person.company_id", "$0"), [3]),
        (
            {"company__in": [Company(id=3, name="x"), 4]},
            ("in", "q_person.company_id", "$0[]", 2),
            [[3, 4]],
        ),
        ({"company__isnull": True}, ("isnull", "q_person.company_id", True), []),
        ({"company__name": "x"}, ("exact", "company.name", "$0"), ["x"]),
        ({"company__parent__name": "x"}, ("exact", "company__parent.name", "$0"), ["x"]),
        ({"company__parent__id": 7}, ("exact", "company.parent_id", "$0"), [7]),
        (
            {"data__address__city": "Oslo"},
            ("exact", ("path", "q_person.data", "address", "city", "text"), "$0"),
            ["Oslo"],
        ),
        (
            {"data__scores__0__gte": 2.5},
            (
                "gte",
                ("path", "q_person.data", "scores", {"number": 0, "list": False}, "json"),
                "$0",
            ),
            [2.5],
        ),
        (
            {"data__a__icontains": "x"},
            ("icontains", ("path", "q_person.data", "a", "text"), "$0"),
            ["x"],
        ),
        (
            {"data__a": None},
            ("exact", ("path", "q_person.data", "a", "json"), ("json_null",)),
            [],
        ),
        (
            {"data__a__isnull": True},
            ("isnull", ("path", "q_person.data", "a", "json"), True),
            [],
        ),
        ({"data__has_key": "a"}, ("has_key", "q_person.data", "$0"), ["a"]),
        ({"data__contains": {"a": 1}}, ("contains", "q_person.data", "$0"), [{"a": 1}]),
        ({"tags__contains": ["a"]}, ("contains", "q_person.tags", "$0"), [["a"]]),
        ({"tags__overlap": ("a", "b")}, ("overlap", "q_person.tags", "$0"), [["a", "b"]]),
        ({"tags__len": 2}, ("len", "q_person.tags", "$0"), [2]),
        ({"tags__0": "a"}, ("exact", ("path", "q_person.tags", 0, "text"), "$0"), ["a"]),
    ],
)
def test_what_a_lookup_becomes(lookups: dict[str, Any], expected: Any, bound: list[Any]) -> None:
    query = Person.objects.filter(**lookups)
    assert brief(where(query)) == expected
    assert values(query) == bound


@pytest.mark.parametrize(
    ("lookups", "error", "words"),
    [
        ({"naem": "x"}, FieldError, ["Person", "naem", "did you mean `name`?"]),
        ({"naem": "x"}, FieldLookupError, ["naem"]),
        ({"name__icontain": "x"}, FieldLookupError, ["icontain", "Person.name", "icontains"]),
        ({"company__nam": "x"}, FieldError, ["Company", "nam", "`name`"]),
        ({"posts__titel": "x"}, FieldError, ["Post", "titel", "`title`"]),
        ({"age__icontains": "x"}, FieldLookupError, ["icontains", "Person.age", "int"]),
        ({"name__year": 2024}, FieldLookupError, ["year", "Person.name"]),
        ({"born__hour": 2}, FieldLookupError, ["hour", "Person.born"]),
        ({"name__has_key": "x"}, FieldLookupError, ["has_key"]),
        ({"data__gt": 1}, FieldLookupError, ["gt", "Person.data"]),
        ({"name__exact__gt": 1}, FieldLookupError, ["exact"]),
        ({"company_id__name": "x"}, FieldLookupError, ["company__name"]),
        ({"age": "abc"}, FieldLookupValueError, ["Person.age", "int", "abc", "str"]),
        ({"age": True}, FieldLookupValueError, ["bool"]),
        ({"age": "1.5"}, FieldLookupValueError, ["str"]),
        ({"age__between": 3}, FieldLookupValueError, ["two values"]),
        ({"age__between": (1, 2, 3)}, FieldLookupValueError, ["two values"]),
        ({"age__between": (1, None)}, FieldLookupValueError, ["two values"]),
        ({"name__between": "ab"}, FieldLookupValueError, ["two values"]),
        ({"name__in": "abc"}, FieldLookupValueError, ["list"]),
        ({"name__in": b"abc"}, FieldLookupValueError, ["list"]),
        ({"age__in": 5}, FieldLookupValueError, ["list"]),
        ({"age__in": [1, None]}, FieldLookupValueError, ["isnull"]),
        ({"age__in": [1, "x"]}, FieldLookupValueError, ["'x'"]),
        ({"age__gt": None}, FieldLookupValueError, ["isnull"]),
        ({"name__isnull": 1}, FieldLookupValueError, ["True or False"]),
        ({"name__icontains": 5}, FieldLookupValueError, ["string"]),
        ({"created__year": "2024"}, FieldLookupValueError, ["whole number"]),
        ({"born__month": (2024, 13)}, FieldLookupValueError, ["month"]),
        ({"born__month": (2024, 5, 1)}, FieldLookupValueError, ["(2024, 5)"]),
        ({"born__day": (2024, 2, 30)}, FieldLookupValueError, ["day"]),
        ({"mood": "godo"}, FieldLookupValueError, ["`good`"]),
        ({"seen": dt.datetime(2024, 1, 1, tzinfo=UTC)}, FieldLookupValueError, ["time zone"]),
        ({"created": dt.datetime(2024, 1, 1)}, FieldLookupValueError, ["tzinfo"]),
        ({"seen": dt.date(2024, 1, 1)}, FieldLookupValueError, ["date"]),
        ({"born": dt.datetime(2024, 1, 1)}, FieldLookupValueError, ["date"]),
        ({"token": "no uuid"}, FieldLookupValueError, ["UUID"]),
        ({"company": Company(name="x")}, FieldLookupValueError, ["has not been saved"]),
        ({"company": Person(id=1, name="x")}, FieldLookupValueError, ["Company"]),
        ({"name": {"param": {"index": 0}}}, FieldLookupValueError, ["dict"]),
        ({"tags__contains": "a"}, FieldLookupValueError, ["list"]),
    ],
)
def test_what_a_lookup_refuses(
    lookups: dict[str, Any], error: type[Exception], words: list[str]
) -> None:
    with pytest.raises(error) as caught:
        Person.objects.filter(**lookups)
    for word in words:
        assert word in str(caught.value)


def test_a_lookup_is_resolved_once() -> None:
    first = Person.objects.filter(company__name__icontains="a")
    second = Person.objects.filter(company__name__icontains="b")
    assert shape(first) == shape(second)
    assert first._where[0].resolved is second._where[0].resolved  # type: ignore[attr-defined]


def test_none_and_a_value_are_different_shapes() -> None:
    assert shape(Person.objects.filter(email=None)) != shape(Person.objects.filter(email="x"))


def test_a_field_named_like_a_clause_is_no_clause() -> None:
    limited = Person.objects.filter(id=1).limit(5)
    other = Person.objects.filter(id=1).filter(age=5)
    assert len(shape(limited)) != len(shape(other)) or shape(limited) != shape(other)


def test_an_expression_as_value() -> None:
    query = Person.objects.filter(age__gt=F("height") * 2)
    assert brief(where(query)) == (
        "gt",
        "q_person.age",
        ("multiply", "q_person.height", "$0"),
    )
    with pytest.raises(FieldError, match="agee"):
        Person.objects.filter(age__gt=F("agee"))


def test_several_databases_of_lookups_are_covered() -> None:
    # Every lookup has a kind of column that takes it.
    assert all(spec.kinds for specs in SPECS.values() for spec in specs)


def test_conditions_of_one_call_are_about_one_row() -> None:
    together = Person.objects.filter(posts__title="a", posts__views=3)
    (kind, inner) = brief(where(together))
    assert kind == "exists"
    assert inner[-1] == (
        "and",
        ("exact", "posts.author_id", "q_person.id"),
        ("exact", "posts.title", "$0"),
        ("exact", "posts.views", "$1"),
    )
    apart = Person.objects.filter(posts__title="a").filter(posts__views=3)
    assert [each[0] for each in brief(where(apart))[1:]] == ["exists", "exists"]


def test_params_keep_their_order_when_conditions_are_grouped() -> None:
    query = Person.objects.filter(posts__title="a", name="b", posts__labels__text="c", age=1)
    assert values(query) == ["a", "b", "c", 1]
    assert [each[0] for each in brief(where(query))[1:]] == ["exists", "exact", "exact"]
    assert brief(where(query))[2:] == (
        ("exact", "q_person.name", "$1"),
        ("exact", "q_person.age", "$3"),
    )


def test_exclude_over_many_rows_means_no_such_row() -> None:
    query = Person.objects.exclude(posts__title="x")
    assert brief(where(query))[0] == "not"
    assert brief(where(query))[1][0] == "exists"


def test_absence_of_related_rows() -> None:
    none = brief(where(Person.objects.filter(posts__isnull=True)))
    some = brief(where(Person.objects.filter(posts__isnull=False)))
    assert none == ("not", some)
    assert some[0] == "exists"
    assert brief(where(Person.objects.filter(posts=None))) == none


def test_many_to_many() -> None:
    kind, inner = brief(where(Post.objects.filter(labels__text="x")))
    assert kind == "exists"
    assert inner[1] == "q_post_label"
    assert inner[2][0] == "q_label"


def test_two_foreign_keys_to_one_table() -> None:
    query = Post.objects.filter(Q(author__name="a") | Q(editor__name="b"))
    assert brief(where(query)) == (
        "or",
        ("exact", "author.name", "$0"),
        ("exact", "editor.name", "$1"),
    )
