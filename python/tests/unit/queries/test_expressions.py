"""Expressions: types that go together, and what values become."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from support.asking import brief, params, select, values
from support.people import Mood, Person, Post

from oxyde.exceptions import FieldError
from oxyde.queries import (
    Case,
    Cast,
    Coalesce,
    Concat,
    Count,
    Exists,
    Extract,
    F,
    Func,
    Greatest,
    Length,
    Lower,
    Now,
    OuterRef,
    Q,
    RawSQL,
    RowNumber,
    Subquery,
    Sum,
    Trunc,
    Value,
    When,
    Window,
)

DECIMAL = {"decimal": {"precision": None, "scale": None}}


def typed(expression: Any) -> Any:
    return Person.objects.annotate(x=expression)._annotations["x"].type


def built(expression: Any) -> Any:
    return select(Person.objects.annotate(x=expression))["outputs"][-1]["expr"]


@pytest.mark.parametrize(
    ("expression", "column_type"),
    [
        (F("age") + 1, "big_int"),
        (1 + F("age"), "big_int"),
        (F("age") / 2, "double"),
        (F("age") // 2, "big_int"),
        (F("age") * F("height"), "double"),
        (F("balance") * 2, DECIMAL),
        (2 * F("balance"), DECIMAL),
        (F("balance") * Decimal("1.1"), DECIMAL),
        (F("age") - F("balance"), DECIMAL),
        (-F("age"), "big_int"),
        (F("age") ** 2, "big_int"),
        (F("name") + "x", "text"),
        ("x" + F("name"), "text"),
        (F("born") + dt.timedelta(days=1), "date"),
        (F("born") - F("born"), "interval"),
        (F("seen") - F("seen"), "interval"),
        (F("created") + F("shift"), "timestamp_tz"),
        (F("shift") * 2, "interval"),
        (Lower("name"), "text"),
        (Length("name"), "big_int"),
        (Coalesce("email", "name"), {"varchar": {"length": 100}}),
        (Coalesce("height", Value(0.0)), "double"),
        (Greatest("age", 5), "big_int"),
        (Concat("name", " ", "email"), "text"),
        (Cast("age", str), "text"),
        (Extract("created", "year"), "big_int"),
        (Trunc("created", "month"), "timestamp_tz"),
        (Now(), "timestamp_tz"),
        (Case(When(age__lt=18, then=Value("child")), default=Value("adult")), "text"),
        (Case(When(age__lt=18, then=F("balance")), default=0), None),
        (Exists(Post.objects.filter(author_id=OuterRef("id"))), "bool"),
        (Subquery(Post.objects.filter(author_id=OuterRef("id")).values("title")[:1]), "text"),
        (Q(age__gte=18) | Q(posts__title="x"), "bool"),
        (Count("posts"), "big_int"),
        (Sum("posts__views"), "big_int"),
        (Window(RowNumber(), partition_by="company_id", order_by="-age"), "big_int"),
        (Window(Sum("age"), partition_by="company_id"), "big_int"),
        (RawSQL("age + %s", [1], output=int), "big_int"),
        (F("company__name"), "text"),
        (F("data__a__b"), "json"),
        (F("created__year"), "big_int"),
    ],
)
def test_types(expression: Any, column_type: Any) -> None:
    if column_type is not None:
        assert typed(expression) == column_type
    # Params are numbered as the values are listed: `select` checks it.
    built(expression)


@pytest.mark.parametrize(
    "expression",
    [
        F("name") + 1,
        F("age") + "x",
        F("balance") * 1.1,
        F("height") * Decimal("1.1"),
        F("active") + 1,
        F("born") + 1,
        F("born") + F("born"),
        F("data") + 1,
        F("nothing") + 1,
        Lower("age"),
        Coalesce("age", "name"),
        Sum("name"),
        Extract("name", "year"),
        Trunc("age", "month"),
        Case(When(age=1, then=Value("a")), default=Value(1)),
        Exists(Post.objects.filter(author_id=OuterRef("nothing"))),
        Count("posts", filter=Q(posts__nothing="x")),
        Lower("nothing"),
        Window(Sum("age"), partition_by="nothing"),
    ],
)
def test_types_that_do_not_go_together(expression: Any) -> None:
    with pytest.raises(FieldError):
        Person.objects.annotate(x=expression)


def test_the_params_of_values_take_the_type_beside_them() -> None:
    assert params(built(F("balance") + 1)) == [(0, DECIMAL, False)]
    assert params(built(1 - F("height"))) == [(0, "double", False)]
    assert params(built(F("age") + 1)) == [(0, "big_int", False)]


def test_data_is_never_an_expression() -> None:
    hostile = {"raw": {"parts": [{"text": "1); DROP TABLE q_person"}], "type": "text"}}
    query = Person.objects.filter(data=hostile).annotate(x=Value(hostile))
    assert values(query) == [hostile, hostile]
    assert "raw" not in built(Value(hostile))
    for wrong in (object(), {1, 2}, lambda: 1):
        with pytest.raises(FieldError):
            Value(wrong)


def test_enum_values() -> None:
    assert values(Person.objects.annotate(x=Value(Mood.BAD))) == ["bad"]


def test_functions_of_ones_own() -> None:
    class Soundex(Func):
        sql_name = "SOUNDEX"
        output = str

    assert built(Soundex("name"))["raw"]["parts"][0] == {"text": "SOUNDEX("}

    class Evil(Func):
        sql_name = "x); DROP TABLE y; --"
        output = str

    with pytest.raises(FieldError):
        Person.objects.annotate(x=Evil("name"))


def test_raw_sql() -> None:
    query = Person.objects.filter(RawSQL("age %% %s = %s", [2, F("age")], output=bool))
    assert values(query) == [2]
    with pytest.raises(FieldError):
        RawSQL("%s", [])
        RawSQL("%s %s", [1])
    with pytest.raises(FieldError, match="output"):
        select(Person.objects.annotate(x=RawSQL("1")).values("x"))


def test_outer_references_need_a_query_around() -> None:
    query = Post.objects.filter(author_id=OuterRef("id"))
    with pytest.raises(FieldError, match="OuterRef"):
        select(query)
    inner = select(Person.objects.filter(Exists(query)))["filter"]["exists"]
    assert brief(inner["filter"]) == ("exact", "q_post.author_id", "q_person.id")


def test_in_with_a_query() -> None:
    adults = Person.objects.filter(age__gte=18)
    made = select(Post.objects.filter(author__in=adults))
    kind, operand, inner = brief(made["filter"])
    assert (kind, operand, inner[0]) == ("in", "q_post.author_id", ["q_person.id"])
    limited = select(Post.objects.filter(author__in=adults.order_by("age")[:3]))
    assert brief(limited["filter"])[2][1][1] == "q_person"
    with pytest.raises(FieldError):
        Post.objects.filter(author__in=adults.values("id", "name"))


def test_an_annotation_is_built_once() -> None:
    query = Person.objects.annotate(x=F("age") + 7).filter(x__gt=1, x__lt=9).order_by("x")
    made = select(query)
    assert values(query) == [7, 1, 9]
    assert [index for index, _, _ in params(made["filter"])] == [0, 1, 0, 2]
    # By the name of the output: with another placeholder it would be another expression.
    assert brief(made["order_by"][0]["expr"]) == "x"
