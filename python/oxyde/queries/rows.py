"""What the rows of a statement become: the recipe for hydration.

Recipes are made by the layer of the models (`oxyde.models.recipe`), which this one knows by what
it can do only: `recipe_for`, `related_recipe`, `tuple_recipe`, `dict_recipe`, `flat_recipe`,
`scalar_recipe`, `object_recipe`, `cell_for`, `cell_of` and `JoinNode`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from oxyde._core import Recipe
    from oxyde.db.executor import Executor
    from oxyde.queries.into import Into
    from oxyde.queries.names import Names
    from oxyde.queries.scope import Typed

__all__ = ["SOURCE", "Cells", "JoinTree", "from_database", "install", "recipes"]

# The name of a column behind all others that says whom a row belongs to.
SOURCE = "oxyde_source"


class JoinTree(NamedTuple):
    """A joined model: its attribute on the model before, its fields in order, and what is joined
    to it in turn."""

    attribute: str
    model: type[Any]
    fields: tuple[str, ...]
    children: tuple[JoinTree, ...]


_installed: list[Any] = []


def install(made: Any) -> None:
    """Tell how recipes are made. Called once, when `oxyde.models` is imported."""
    _installed[:] = [made]


def recipes() -> Any:
    """What `install` was given."""
    if not _installed:
        import importlib

        install(importlib.import_module("oxyde.models.recipe"))
    return _installed[0]


def from_database(rows: Iterable[Any], executor: Executor) -> None:
    """Let instances know where they are from, so that they are saved there too. Those that know
    nothing are from the default database."""
    if executor.name != "default":
        for row in rows:
            row._oxyde_from(executor.name)


class Cells:
    """The columns of a SELECT, as they are read."""

    __slots__ = ("fields", "into", "joins", "kind", "list", "names")

    def __init__(self, kind: str, names: Names) -> None:
        self.kind = kind
        self.names = names
        # For models: the fields loaded, and the joined models.
        self.fields: tuple[str, ...] = ()
        self.joins: tuple[JoinTree, ...] = ()
        # What rows of the kind "object" become.
        self.into: Into | None = None
        # All others (for models: annotations) by name.
        self.list: list[tuple[str, Typed]] = []

    def add(self, name: str, typed: Typed) -> None:
        """A further column."""
        self.list.append((name, typed))

    def recipe(self, kind: str | None = None) -> Recipe:
        """The recipe for these columns.

        Args:
            kind: "scalar" for one value, instead of the query's own kind of rows.
        """
        make = recipes()
        kind = kind or self.kind
        recipe: Recipe
        if kind == "model":
            extras = tuple((name, cell_of(typed)) for name, typed in self.list)
            joins = tuple(_node(make, join) for join in self.joins)
            if extras and extras[-1][0] == SOURCE:
                recipe = make.related_recipe(
                    self.names.model, self.fields, joins, extras[:-1], extras[-1][1]
                )
                return recipe
            if extras:
                recipe = make.recipe_for(self.names.model, self.fields, joins, extras)
                return recipe
            recipe = make.recipe_for(self.names.model, self.fields, joins)
            return recipe
        cells = [cell_of(typed) for _, typed in self.list]
        if kind == "scalar":
            recipe = make.scalar_recipe(cells[0])
            return recipe
        if kind == "flat":
            recipe = make.flat_recipe(cells[0])
            return recipe
        if kind == "dict":
            recipe = make.dict_recipe([name for name, _ in self.list], cells)
            return recipe
        if kind == "object" and self.into is not None:
            names = self.into.names if self.into.by_keyword else None
            recipe = make.object_recipe(self.into.make(), cells, names)
            return recipe
        recipe = make.tuple_recipe(cells)
        return recipe


def _node(make: Any, join: JoinTree) -> Any:
    children = tuple(_node(make, child) for child in join.children)
    return make.JoinNode(join.attribute, join.model, join.fields, children)


def cell_of(typed: Typed) -> Any:
    """How a typed expression's values are read."""
    make = recipes()
    if typed.field is not None:
        return make.cell_for(typed.field)
    return make.cell_of(typed.type)
