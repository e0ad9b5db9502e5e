"""Q: `&`, `|`, `~`, `^`, and what is no condition."""

from __future__ import annotations

import pytest
from support.asking import brief, shape, values, where
from support.people import Person

from oxyde.exceptions import FieldError
from oxyde.queries import F, Q


def test_operators() -> None:
    query = Person.objects.filter((Q(name="a") | ~Q(age=1)) & (Q(age=2) ^ Q(age=3)))
    assert brief(where(query)) == (
        "and",
        ("or", ("exact", "q_person.name", "$0"), ("unless", ("exact", "q_person.age", "$1"))),
        ("xor", ("exact", "q_person.age", "$2"), ("exact", "q_person.age", "$3")),
    )
    assert values(query) == ["a", 1, 2, 3]


def test_an_empty_q_says_nothing() -> None:
    assert shape(Person.objects.filter(Q() | Q(age=1))) == shape(Person.objects.filter(Q(age=1)))
    assert shape(Person.objects.filter(Q() & Q(age=1))) == shape(Person.objects.filter(Q(age=1)))
    everyone = shape(Person.objects)
    empty = [Q(), ~Q(), Q() | Q(), Q() & ~Q(), Q() ^ Q(), Q(Q(), ~Q(Q())), ~(~Q() | Q(Q()))]
    for none in empty:
        assert shape(Person.objects.filter(none)) == everyone
        assert shape(Person.objects.exclude(none)) == everyone
        assert shape(Person.objects.exclude(none, Q())) == everyone
        assert shape(Person.objects.filter(lambda p, none=none: none)) == everyone
        one = Q(age=1)
        for combined in (none & one, none | one, none ^ one, one & none, one | none, one ^ none):
            assert shape(Person.objects.filter(combined)) == shape(Person.objects.filter(age=1))
            excluded = shape(Person.objects.exclude(age=1))
            assert shape(Person.objects.exclude(combined)) == excluded
            assert shape(Person.objects.filter(~combined)) == excluded
            assert shape(Person.objects.filter(~Q(none, combined))) == excluded


def test_comparisons_are_conditions() -> None:
    query = Person.objects.filter((F("age") > 18) & ~(F("age") + 1 == 20) | Q(name="a"))
    assert brief(where(query)) == (
        "or",
        (
            "and",
            ("gt", "q_person.age", "$0"),
            ("not", ("exact", ("add", "q_person.age", "$1"), "$2")),
        ),
        ("exact", "q_person.name", "$3"),
    )


def test_a_comparison_of_a_field_is_the_keyword_form() -> None:
    assert shape(Person.objects.filter(F("age") >= 18)) == shape(Person.objects.filter(age__gte=18))


def test_python_cannot_decide() -> None:
    with pytest.raises(TypeError, match="&"):
        bool(Q(age=1))
    with pytest.raises(TypeError, match="&"):
        18 < F("age") < 30  # noqa: B015
    with pytest.raises(TypeError):
        _ = Q(age=1) & {"age": 1}


@pytest.mark.parametrize("wrong", ["age", 5, True, None, {"age": 1}, ["age"]])
def test_what_is_no_condition(wrong: object) -> None:
    with pytest.raises(FieldError):
        Person.objects.filter(wrong)
    with pytest.raises(TypeError):
        Q(wrong)  # type: ignore[arg-type]
