"""A tree of categories of any depth: the branch below one, the path above one, sums over branches.

python examples/categories.py                        # on a temporary SQLite file
python examples/categories.py postgresql://…/mydb    # on a server
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from oxyde import CTE, Field, Model, Query, Sum, Value, db
from oxyde.queries.subqueries.cte import Rows


class Category(Model):
    """A node of the tree; the root has no parent."""

    class Meta:
        is_table = True
        table_name = "tree_category"

    id: int = Field(db_pk=True)
    name: str = Field(max_length=40)
    items: int = Field(default=0, ge=0)
    parent: Category | None = Field(default=None, db_on_delete="CASCADE")
    children: list[Category] = Field(db_reverse_fk="parent")


TREE: dict[str, Any] = {
    "Shop": {
        "Books": {"Novels": {"Crime": {}, "Love": {}}, "Poems": {}},
        "Music": {"Records": {"Jazz": {}}, "Sheets": {}},
    }
}


def rows(tree: dict[str, Any], parent: int | None = None, start: int = 1) -> list[Category]:
    """Return the tree as rows, parents before their children."""
    made: list[Category] = []
    for name, below in tree.items():
        key = start + len(made)
        made.append(Category(id=key, name=name, items=len(name), parent_id=parent))  # type: ignore[call-arg]
        made += rows(below, key, key + 1)
    return made


def branch(name: str) -> CTE:
    """Return the named category and its descendants, with their depth."""
    first = Category.objects.filter(name=name).values("id", depth=Value(0))

    def below(found: Rows) -> Query[Any, Any]:
        return Category.objects.join_cte(found, parent_id="id").values(
            "id", depth=found.column("depth") + 1
        )

    return CTE("branch", first, recursive=below)


def path(name: str) -> CTE:
    """Return the named category and its ancestors, with their distance."""
    first = Category.objects.filter(name=name).values("id", "parent_id", distance=Value(0))

    def above(found: Rows) -> Query[Any, Any]:
        return Category.objects.join_cte(found, id="parent_id").values(
            "id", "parent_id", distance=found.column("distance") + 1
        )

    return CTE("path", first, recursive=above)


async def show() -> None:
    """Print the tree, a path, and sums."""
    tree = branch("Shop")
    ordered = Category.objects.join_cte(tree, id="id").order_by("id")
    print("The whole tree:")
    for name, depth in await ordered.annotate(depth=tree.column("depth")).values_list(
        "name", "depth"
    ):
        print(f"  {'  ' * depth}{name}")

    up = path("Crime")
    names = await (
        Category.objects.join_cte(up, id="id")
        .annotate(distance=up.column("distance"))
        .order_by("-distance")
        .values_list("name", "distance")
    )
    print("The path to Crime:", " > ".join(name for name, _ in names))

    for name in ("Books", "Music", "Poems"):
        below = branch(name)
        total = await Category.objects.join_cte(below, id="id").aggregate(items=Sum("items"))
        print(f"Items in {name} and below: {total['items']}")

    parents = Category.objects.filter(children__isnull=False).order_by("id")
    print("Categories with others below:", ", ".join(await parents.values_list("name", flat=True)))


async def change() -> None:
    """Move a branch, and delete one: the database deletes its descendants."""
    music = await Category.objects.get(name="Music")
    await Category.objects.filter(name="Poems").update(parent=music)
    below = branch("Music")
    moved = (
        await Category.objects.join_cte(below, id="id")
        .order_by("id")
        .values_list("name", flat=True)
    )
    print("Below Music now:", ", ".join(moved))
    await Category.objects.filter(name="Novels").delete()
    print("Left without Novels:", await Category.objects.count())


async def main(url: str) -> None:
    """Create the table, run the example, drop the table again."""
    async with db.connect(url):
        await db.create_tables(models=[Category])
        try:
            await Category.objects.bulk_create(rows(TREE))
            await show()
            await change()
        finally:
            await db.drop_tables(models=[Category])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            main(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'tree.db'}")
        )
