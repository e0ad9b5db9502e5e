"""Building a query: each call gives a new one, and refuses what has no meaning."""

from __future__ import annotations

from typing import Any

import pytest
from support.asking import brief, select, shape, values
from support.people import Company, Label, Person, Post, Seat

from oxyde.exceptions import FieldError, FieldLookupValueError, OxydeError
from oxyde.queries import Count, F, Max, Query, QueryManager, Sum, Value


def test_a_query_never_changes() -> None:
    start = Person.objects.filter(age=1)
    before = shape(start)
    for changed in (
        start.filter(name="a"),
        start.exclude(name="a"),
        start.order_by("name"),
        start.limit(1),
        start.offset(1),
        start.distinct(),
        start.values("name"),
        start.join("company"),
        start.annotate(one=Value(1)),
        start.for_update(),
        start.only("name"),
        start[1:3],
        start.union(start),
    ):
        assert isinstance(changed, Query)
        assert changed is not start
        assert shape(changed) != before
    assert shape(start) == before


def test_the_manager_has_the_verbs_of_a_query() -> None:
    assert isinstance(Person.objects, QueryManager)
    assert Person.objects is Person.objects
    assert isinstance(Person.objects.filter(id=1), Query)
    assert isinstance(Person.objects.order_by("id"), Query)


def test_values_are_no_part_of_the_shape() -> None:
    one = Person.objects.filter(name="a", age__in=[1]).limit(3)
    other = Person.objects.filter(name="b", age__in=[2]).limit(5)
    assert shape(one) == shape(other)
    assert hash(shape(one)) == hash(shape(other))
    assert values(other) == ["b", [2], 5]


def test_the_length_of_a_short_list_is_rounded_up_in_the_shape() -> None:
    def listed(length: int) -> Any:
        return shape(Person.objects.filter(age__in=range(length)))

    assert len({listed(length) for length in range(1, 65)}) == 7
    assert listed(5) == listed(8) != listed(9)
    assert listed(65) == listed(5000) == listed(0)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda query: query[10:20], (10, 10)),
        (lambda query: query[:5], (5, None)),
        (lambda query: query[5:], (None, 5)),
        (lambda query: query[10:20][2:4], (2, 12)),
        (lambda query: query[10:20][5:50], (5, 15)),
        (lambda query: query[10:20][50:60], (0, 60)),
        (lambda query: query.limit(20).offset(40), (20, 40)),
        (lambda query: query.offset(40).limit(20), (20, 40)),
        (lambda query: query[:], (None, None)),
        (lambda query: query[5:2], (0, 5)),
    ],
)
def test_slices(build: Any, expected: tuple[int | None, int | None]) -> None:
    query = build(Person.objects.filter())
    assert (query._limit, query._offset) == expected


@pytest.mark.parametrize(
    "build",
    [
        lambda query: query[-1:],
        lambda query: query[:-1],
        lambda query: query[::2],
        lambda query: query[5],
        lambda query: query.limit(-1),
        lambda query: query.offset(-1),
        lambda query: query.limit("5"),
        lambda query: query.limit(True),
        lambda query: query.limit(1.5),
    ],
)
def test_slices_that_are_refused(build: Any) -> None:
    with pytest.raises(OxydeError):
        build(Person.objects.filter())


def test_order() -> None:
    query = Person.objects.order_by(
        "-age", "company__name", "?", F("height").desc(nulls_last=True), F("age") + 1
    )
    terms = select(query)["order_by"]
    assert [(brief(each["expr"]), each["direction"], each["nulls"]) for each in terms] == [
        ("q_person.age", "desc", None),
        ("company.name", "asc", None),
        (("random",), "asc", None),
        ("q_person.height", "desc", "last"),
        (("add", "q_person.age", "$0"), "asc", None),
    ]
    assert select(query.order_by())["order_by"] == []


@pytest.mark.parametrize("wrong", ["agee", "-agee", "company__nam", "posts__title", 5, None])
def test_orders_that_are_refused(wrong: Any) -> None:
    with pytest.raises(FieldError):
        Person.objects.order_by(wrong)


def test_values() -> None:
    query = Person.objects.values("name", "company__name")
    outputs = select(query)["outputs"]
    assert [(brief(each["expr"]), each["name"]) for each in outputs] == [
        ("q_person.name", "name"),
        ("company.name", "company__name"),
    ]
    assert len(select(Company.objects.values())["outputs"]) == 3
    query = Person.objects.values(double=F("age") * 2)
    assert [each["name"] for each in select(query)["outputs"]] == ["double"]


@pytest.mark.parametrize(
    "build",
    [
        lambda: Person.objects.values("naem"),
        lambda: Person.objects.values_list("naem"),
        lambda: Person.objects.values_list("name", "age", flat=True),
        lambda: Person.objects.values_list(flat=True),
        lambda: Person.objects.values("posts__title"),
        lambda: Person.objects.values("name__icontains"),
        lambda: Person.objects.values(5),  # type: ignore[arg-type]
        lambda: Person.objects.join("posts"),
        lambda: Person.objects.join("name"),
        lambda: Person.objects.join("compani"),
        lambda: Post.objects.join("author__nothing"),
        lambda: Person.objects.prefetch("nothing"),
        lambda: Person.objects.only("naem"),
        lambda: Person.objects.defer("naem"),
        lambda: Person.objects.group_by("naem"),
        lambda: Person.objects.distinct("naem"),
        lambda: Person.objects.annotate(x="name"),
        lambda: Person.objects.annotate(name=Value(1)),
        lambda: Person.objects.annotate(a__b=Value(1)),
        lambda: Person.objects.annotate(x=Count("naem")),
        lambda: Person.objects.annotate(x=Sum("name")),
        lambda: Person.objects.annotate(x=F("name") + 1),
        lambda: Person.objects.filter(F("name") + 1 > 2),
        lambda: Person.objects.for_update(of=["company"]),
    ],
)
def test_what_is_refused_when_it_is_built(build: Any) -> None:
    with pytest.raises(FieldError):
        build()


def test_join_any_depth() -> None:
    query = Post.objects.join("author__company", "editor")
    made = select(query)
    assert [join["source"]["table"]["alias"] for join in made["joins"]] == [
        "author",
        "author__company",
        "editor",
    ]
    # A post has an author; an author may have no company, a post no editor.
    assert [join["kind"] for join in made["joins"]] == ["inner", "left", "left"]
    names = [each["name"] for each in made["outputs"]]
    assert len(names) == len(set(names)) == 5 + 18 + 3 + 18


def test_joins_are_shared_with_filters() -> None:
    query = Post.objects.join("author").filter(author__name="a").order_by("author__age")
    assert len(select(query)["joins"]) == 1


def test_self_joins_have_aliases_of_their_own() -> None:
    query = Company.objects.filter(parent__parent__name="x")
    aliases = [join["source"]["table"]["alias"] for join in select(query)["joins"]]
    assert aliases == ["parent", "parent__parent"]


def test_only_keeps_the_key() -> None:
    outputs = select(Person.objects.only("name"))["outputs"]
    assert [each["name"] for each in outputs] == ["id", "name"]
    outputs = select(Company.objects.defer("name", "id"))["outputs"]
    assert [each["name"] for each in outputs] == ["id", "parent_id"]


def test_groups() -> None:
    for query in (
        Person.objects.values("company_id").annotate(n=Count("*")),
        Person.objects.group_by("company_id").annotate(n=Count("*")),
        Person.objects.annotate(n=Count("*")).group_by("company_id"),
        Person.objects.annotate(n=Count("*")).values("company_id", "n"),
    ):
        made = select(query.having(n__gt=3))
        assert [each["name"] for each in made["outputs"]] == ["company_id", "n"]
        assert [brief(each) for each in made["group_by"]] == ["q_person.company_id"]
        assert brief(made["having"]) == ("gt", ("count",), "$0")


def test_aggregates_have_no_place_in_a_filter() -> None:
    with pytest.raises(FieldError, match="having"):
        Person.objects.filter(Count("*") > 3)
    grouped = Person.objects.values("age").annotate(n=Count("*"))
    made = select(grouped.filter(n__gt=3, age__gt=1))
    assert brief(made["having"]) == ("gt", ("count",), "$1")
    assert brief(made["filter"]) == ("gt", "q_person.age", "$0")
    with pytest.raises(FieldError, match="group_by"):
        select(Person.objects.annotate(oldest=Max("age")))


def test_aggregates_over_relations_do_not_multiply() -> None:
    query = Person.objects.annotate(n=Count("posts"), views=Sum("posts__views"))
    made = select(query.filter(n__gt=1).order_by("-n"))
    (grouped,) = made["joins"]
    inner = grouped["source"]["subquery"]["select"]
    assert [brief(each["expr"]) for each in inner["outputs"][1:]] == [
        ("count",),
        ("sum", "posts.views"),
    ]
    assert brief(made["filter"]) == ("gt", "posts_grouped.value_0", "$0")


@pytest.mark.parametrize(
    "few",
    [
        lambda query: query.filter(id=1),
        lambda query: query.filter(id__in=[1, 2]),
        lambda query: query.order_by("name").limit(3),
    ],
)
def test_aggregates_over_relations_of_few_rows_are_of_each(few: Any) -> None:
    query = few(Person.objects.annotate(n=Count("posts")))
    made = select(query)
    assert made["joins"] == []
    assert brief(made["outputs"][-1]["expr"])[0] == "subquery"


def test_locks() -> None:
    made = select(Post.objects.join("author").for_update(nowait=True, of=("self", "author")))
    assert made["lock"] == {"strength": "update", "wait": "no_wait", "of": ["q_post", "author"]}
    with pytest.raises(OxydeError):
        Post.objects.for_update(nowait=True, skip_locked=True)


def test_unions() -> None:
    one, other = Person.objects.filter(age=1), Person.objects.filter(age=2)
    made = select(one.union(other).order_by("-age").limit(3))
    assert [each["operator"] for each in made["compounds"]] == ["union"]
    assert made["order_by"][0]["expr"] == {
        "column": {"table": "", "name": "age", "type": "big_int"}
    }
    assert made["limit"] is not None
    with pytest.raises(FieldError):
        one.union(Company.objects.filter(id=1))
    with pytest.raises(FieldError):
        one.values_list("id").union(other.values_list("id", "age"))
    with pytest.raises(OxydeError):
        one.limit(1).union(other)


def test_a_query_is_no_list() -> None:
    query = Label.objects.filter(id=1)
    with pytest.raises(TypeError, match="await"):
        list(query)
    with pytest.raises(TypeError, match="exists"):
        bool(query)


def test_composite_keys() -> None:
    with pytest.raises(FieldLookupValueError, match=r"give a tuple \(row, number\)"):
        Seat.objects.filter(pk=1)
    assert values(Seat.objects.filter(pk=(1, 2))) == [1, 2]
    assert values(Seat.objects.filter(row=1, number=2)) == [1, 2]


def test_annotations_of_one_shape_keep_their_own_values() -> None:
    older = Person.objects.annotate(later=F("age") + 1)
    oldest = Person.objects.annotate(later=F("age") + 2)
    assert shape(older) == shape(oldest)
    assert (values(older), values(oldest)) == ([1], [2])
    assert values(oldest.filter(later__gt=40)) == [2, 40]


def test_an_annotation_means_what_it_does_on_its_own_model_and_after_others() -> None:
    with pytest.raises(FieldError, match="aggregate"):
        Person.objects.annotate(most=Max("age")).sql()
    counted = Person.objects.values("name").annotate(most=Max("age"))
    assert counted.filter(most__gt=3)._having
    assert Person.objects.annotate(most=Value("x")).filter(most="x")._where
