"""Typed queries: a function from the model gives the same shapes as keywords."""

from __future__ import annotations

from typing import Any

import pytest
from support.asking import shape
from support.people import Person, Post

from oxyde.exceptions import FieldError
from oxyde.queries import F, Lower, Q, contains, desc, in_, is_null


@pytest.mark.parametrize(
    ("typed", "keyword"),
    [
        (lambda p: p.age >= 18, Q(age__gte=18)),
        (lambda p: p.name == "a", Q(name="a")),
        (lambda p: p.name != "a", ~Q(name="a")),
        (lambda p: p.email == None, Q(email=None)),  # noqa: E711
        (lambda p: p.name.startswith("A"), Q(name__startswith="A")),
        (
            lambda p: (p.age >= 18) & p.name.startswith("A"),
            Q(age__gte=18) & Q(name__startswith="A"),
        ),
        (lambda p: ~(p.age > 3) | (p.age < 1), ~Q(age__gt=3) | Q(age__lt=1)),
        (lambda p: p.company.name == "x", Q(company__name="x")),
        (lambda p: p.company == 3, Q(company=3)),
        (lambda p: p.active, Q(active=True)),
        (lambda p: in_(p.age, [1, 2]), Q(age__in=[1, 2])),
        (lambda p: contains(p.name, "x"), Q(name__contains="x")),
        (lambda p: is_null(p.company), Q(company__isnull=True)),
        (lambda p: p.created.year == 2024, Q(created__year=2024)),
        (lambda p: p.data["a"]["b"] == "x", Q(data__a__b="x")),
        (
            lambda p: (p.posts.title == "x") & (p.posts.views > 3),
            Q(posts__title="x", posts__views__gt=3),
        ),
        (lambda p: p.name.lower() == "a", Lower("name") == "a"),
        (lambda p: p.age > p.height, F("age") > F("height")),
    ],
)
def test_the_same_shape_as_by_keyword(typed: Any, keyword: Any) -> None:
    assert shape(Person.objects.filter(typed)) == shape(Person.objects.filter(keyword))


def test_order_and_columns() -> None:
    assert shape(Person.objects.order_by(lambda p: p.age)) == shape(Person.objects.order_by("age"))
    assert shape(Person.objects.order_by(lambda p: (desc(p.age), p.name)))
    assert shape(Person.objects.select(lambda p: (p.id, p.name))) == shape(
        Person.objects.values_list("id", "name")
    )
    assert shape(Post.objects.select(lambda p: p.author.name)) == shape(
        Post.objects.values_list("author__name", flat=True)
    )
    assert Person.objects.select(lambda p: (p.id, p.age + 1))._fields == ("id", "column_1")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p: p.agee > 3,
        lambda p: p.company.nam == "x",
        lambda p: True,
        lambda p: "text",
        lambda p: p == 3,
    ],
)
def test_what_is_refused(wrong: Any) -> None:
    with pytest.raises(FieldError):
        Person.objects.filter(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p: p.age > 3 and p.age < 5,
        lambda p: 3 < p.age < 5,
        lambda p: not p.age,
        lambda p: "x" in p.name,
        lambda p: p.age in [1, 2],
        lambda p: len(p.name) > 3,
    ],
)
def test_what_python_would_decide(wrong: Any) -> None:
    with pytest.raises(TypeError):
        Person.objects.filter(wrong)
