"""Common table expressions: a tree of categories by recursion, against plain SQL and Python."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import F, Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError
from oxyde.queries import CTE, Sum, Value


class Category(Model):
    class Meta:
        is_table = True
        table_name = "cte_category"

    id: int = Field(db_pk=True)
    name: str
    size: int = 0
    parent: Category | None = None


#        1
#      2   3      7
#     4 5   6
PARENTS = {1: None, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: None}


@pytest.fixture
async def categories(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Category])
    for number, parent in PARENTS.items():
        await Category.objects.create(
            id=number, name=f"c{number}", size=number * 10, parent_id=parent
        )
    return database


def below(number: int) -> CTE:
    return CTE(
        "tree",
        Category.objects.filter(id=number).values("id", depth=Value(0)),
        recursive=lambda tree: Category.objects.join_cte(tree, parent_id="id").values(
            "id", depth=tree.column("depth") + 1
        ),
    )


async def test_what_is_below(categories: AsyncDatabase) -> None:
    tree = below(1)
    query = Category.objects.join_cte(tree, id="id").annotate(depth=tree.column("depth"))
    rows: Any = await query.order_by("depth", "id")
    assert [(row.id, row.depth) for row in rows] == [
        (1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2),
    ]  # fmt: skip
    assert await query.count() == 6
    assert await query.filter(depth__gte=2).exclude(id=5).count() == 2
    assert await query.filter(size__gt=20).sum("size") == 180


async def test_params_on_all_sides(categories: AsyncDatabase) -> None:
    for number, expected in ((2, [2, 4, 5]), (3, [3, 6]), (7, [7]), (99, [])):
        tree = below(number)
        query = Category.objects.join_cte(tree, id="id").filter(tree.column("depth") < 5)
        assert await query.order_by("id").values_list("id", flat=True) == expected


async def test_upwards(categories: AsyncDatabase) -> None:
    path = CTE(
        "path",
        Category.objects.filter(id=6).values("id", "parent_id"),
        recursive=lambda path: Category.objects.join_cte(path, id="parent_id").values(
            "id", "parent_id"
        ),
    )
    query = Category.objects.join_cte(path, id="id").order_by("id")
    assert await query.values_list("name", flat=True) == ["c1", "c3", "c6"]


async def test_a_circle_comes_to_an_end(categories: AsyncDatabase) -> None:
    await Category.objects.filter(id=1).update(parent_id=6)
    circle = CTE(
        "circle",
        Category.objects.filter(id=1).values("id"),
        recursive=lambda circle: Category.objects.join_cte(circle, parent_id="id").values("id"),
        distinct=True,
    )
    assert await Category.objects.join_cte(circle, id="id").count() == 6


async def test_without_recursion(categories: AsyncDatabase) -> None:
    sums = CTE(
        "sums",
        Category.objects.values("parent_id").annotate(total=Sum("size")).having(total__gt=50),
    )
    query = Category.objects.join_cte(sums, id="parent_id").annotate(total=sums.column("total"))
    rows: Any = await query.order_by("id")
    assert [(row.id, row.total) for row in rows] == [(2, 90), (3, 60)]
    left = Category.objects.join_cte(sums, left=True, id="parent_id")
    assert await left.filter(sums.column("total") == None).count() == 5  # noqa: E711


def test_what_is_refused() -> None:
    with pytest.raises(FieldError):
        CTE("no name", Category.objects.values("id"))
    with pytest.raises(FieldError):
        CTE("cte_category", Category.objects.values("id"))
    with pytest.raises(FieldError):
        CTE("tree", Category.objects.filter(id=1))
    with pytest.raises(FieldError):
        CTE("tree", Category.objects.values("id"), recursive=lambda tree: Category.objects)
    tree = below(1)
    with pytest.raises(FieldError, match="depth"):
        tree.column("depht")
    with pytest.raises(FieldError):
        Category.objects.join_cte(tree)
    with pytest.raises(FieldError):
        Category.objects.join_cte(tree, nothing="id")
    with pytest.raises(FieldError, match="join_cte"):
        Category.objects.filter(tree.column("depth") > F("size")).sql(dialect="sqlite")


async def test_rows_that_a_cte_picks_are_changed(categories: AsyncDatabase) -> None:
    tree = below(2)
    picked = Category.objects.join_cte(tree, id="id")
    assert await picked.update(name="below") == 3
    assert await named("below") == [2, 4, 5]
    assert (
        await picked.filter(tree.column("depth") > 0).update(size=F("size") + 1, name="leaf") == 2
    )
    assert await named("leaf") == [4, 5]
    swapped = picked.filter(tree.column("depth") > 0)
    assert await swapped.filter(id=4).update(size=F("parent_id"), parent=F("size") - 40) == 1
    rows = Category.objects.filter(name="leaf").order_by("id").values_list("size", "parent_id")
    assert await rows == [(2, 1), (51, 2)]
    told = await Category.objects.join_cte(below(3), id="id").update(name="told", returning=True)
    assert sorted(row.id for row in told) == [3, 6]
    await Category.objects.filter(id__in=[4, 5]).update(parent=2)
    assert await Category.objects.join_cte(below(2), id="id").filter(id__gt=2).delete() == 2
    assert await Category.objects.order_by("id").values_list("id", flat=True) == [1, 2, 3, 6, 7]


async def named(name: str) -> list[int]:
    query = Category.objects.filter(name=name).order_by("id")
    return await query.values_list("id", flat=True)  # type: ignore[no-any-return]
