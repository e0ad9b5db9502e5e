"""Paths into JSON documents as they are written."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import F, Field, Model
from oxyde.exceptions import FieldError, FieldLookupError
from oxyde.queries import desc
from oxyde.queries.lookups.json_path import Member, as_written, parse_path, split_parts
from oxyde.queries.writes.assign import assigned


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a__b", ("a", "b")),
        ("list__0", ("list", Member(0))),
        ("m__10__007", ("m", Member(10), "007")),
        ("99999999999", ("99999999999",)),
        ("²", ("²",)),
        ("[2]__[-1]", (2, -1)),
        ('"a__b"__"10"__c', ("a__b", "10", "c")),
        ('"é\\n\\""', ('é\n"',)),
        ('quo"te__x', ('quo"te', "x")),
        ('"open__x', ('"open', "x")),
        ("", ("",)),
        ('""', ("",)),
    ],
)
def test_what_a_path_names(text: str, path: tuple[Any, ...]) -> None:
    assert parse_path(split_parts(text)) == path


@pytest.mark.parametrize(
    "step", ["a", "gt", "10", "007", "a__b", "_x", "x_", "", '"', "é", "[1]", "year", 3, -1]
)
def test_a_step_is_written_so_that_it_means_nothing_else(step: str | int) -> None:
    text = as_written(step)
    assert parse_path(split_parts(f"{text}__gt")) == (step, "gt")
    assert parse_path(split_parts(text)) == (step,)


class Box(Model):
    class Meta:
        is_table = True
        table_name = "json_path_box"

    id: int | None = Field(default=None, db_pk=True)
    price: int = 0
    data: dict[str, Any] = Field(default_factory=dict)


def params(query: Any) -> list[Any]:
    return list(query.sql(dialect="postgres")[1])


def test_the_last_part_is_a_lookup_only_in_a_filter() -> None:
    sql, _ = Box.objects.filter(data__a__gt=1).sql(dialect="postgres")
    assert "> $1" in sql
    for query in (
        Box.objects.filter(data__a__gt__exact=1),
        Box.objects.filter(F("data__a__gt") == 1),
        Box.objects.filter(lambda box: box.data["a"]["gt"] == 1),
    ):
        sql, _ = query.sql(dialect="postgres")
        assert """#> '{"a","gt"}') = $1""" in sql
    assert """'{"gt"}'""" in Box.objects.order_by("data__gt").sql(dialect="postgres")[0]
    assert """'{"in"}'""" in Box.objects.order_by(desc("data__in")).sql(dialect="postgres")[0]
    # JSON has no dates.
    for name in ("year", "date", "week", "len", "overlap"):
        sql, _ = Box.objects.filter(**{f"data__{name}": 1}).sql(dialect="postgres")
        assert f"""#> '{{"{name}"}}') = $1""" in sql


def test_a_lookup_that_a_document_does_not_take_is_told_from_a_key() -> None:
    with pytest.raises(FieldLookupError) as caught:
        Box.objects.filter(data__gt=1)
    assert "data__gt__exact" in str(caught.value.hint)


def test_values_that_json_does_not_have_or_has_no_order_of_are_refused() -> None:
    for wrong in (
        {"data__a": float("nan")},
        {"data__a__gt": float("inf")},
        {"data__a__gt": {}},
        {"data__a__lt": [1]},
        {"data__a__gt": None},
        {"data__a__between": (1, "2")},
        {"data__a__in": 5},
    ):
        with pytest.raises(FieldLookupError):
            Box.objects.filter(**wrong)


def test_an_update_of_a_part_and_of_what_it_is_in_is_refused() -> None:
    for values in (
        {"data__a": {}, "data__a__b": 1},
        {"data__m__10": 1, 'data__m__"10"': 2},
        {"data__list__[-1]": 1},
    ):
        with pytest.raises(FieldError):
            assigned(Box.objects.filter(id=1)._context(), values)


def test_one_plan_serves_all_numbers() -> None:
    one = Box.objects.filter(data__a__gte=10).sql(dialect="postgres")
    other = Box.objects.filter(data__a__gte=10.5).sql(dialect="postgres")
    assert one[0] == other[0]
    assert params(Box.objects.filter(data__a__gte=10)) == ["10"]
