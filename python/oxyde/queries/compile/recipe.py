"""What the rows of a statement become: the recipe for hydration."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from oxyde.db.slices import BETWEEN, in_slices
from oxyde.hydration.recipe import (
    JoinNode,
    cell_for,
    dict_recipe,
    flat_recipe,
    object_recipe,
    recipe_for,
    related_recipe,
    scalar_recipe,
    tuple_recipe,
)
from oxyde.hydration.recipe import cell_of as cell_of_type
from oxyde.queries.compile.row_kind import RowKind

if TYPE_CHECKING:
    from oxyde._core import Recipe
    from oxyde.db.executor import Executor
    from oxyde.db.journal import Journal
    from oxyde.hydration.cells import Cell
    from oxyde.queries.ir.nodes import Typed
    from oxyde.queries.names import Names
    from oxyde.queries.results.into import Into

__all__ = [
    "SOURCE",
    "Cells",
    "Invalid",
    "JoinTree",
    "from_database",
    "is_certain",
]

Invalid = Literal["raise", "keep", "skip"]

# The name of the last column, which holds the key of a row's owner.
SOURCE = "oxyde_source"


class JoinTree(NamedTuple):
    """A joined model: its attribute on the model before, its fields in order, and what is joined
    to it in turn."""

    attribute: str
    model: type[Any]
    fields: tuple[str, ...]
    children: tuple[JoinTree, ...]


async def from_database(rows: list[Any], executor: Executor) -> None:
    """Record on instances their database, so that they are saved there (without a record it is the
    default one), and the transaction block if it has written."""
    name = None if executor.name == "default" else executor.name
    journal = None if executor.journal is None else executor.journal.source()
    if name is not None or journal is not None:
        await in_slices(_note(rows, name, journal), len(rows))


def _note(
    rows: list[Any], name: str | None, journal: Journal | None
) -> Generator[None, None, None]:
    for at, row in enumerate(rows):
        if name is not None:
            row._oxyde_from(name)
        if journal is not None:
            row._oxyde_seen_in(journal)
        if at % BETWEEN == 0:
            yield


def is_certain(names: Names) -> bool:
    """Whether every row that the table can hold is valid for the model."""
    return recipe_for(names.model, names.fields).certain


class Cells:
    """The columns of a SELECT, and how they are read."""

    __slots__ = ("fields", "into", "invalid", "joins", "keys", "kind", "list", "names")

    def __init__(self, kind: RowKind, names: Names) -> None:
        self.kind = kind
        self.names = names
        # For models: the fields loaded, and the joined models.
        self.fields: tuple[str, ...] = ()
        self.joins: tuple[JoinTree, ...] = ()
        # How rows that the model refuses are handled.
        self.invalid: Invalid = "raise"
        # What rows of the kind OBJECT become.
        self.into: Into | None = None
        # All other columns (for models: annotations) by name.
        self.list: list[tuple[str, Typed]] = []
        # The composite keys among them: their first column, and the number of columns.
        self.keys: dict[str, tuple[int, int]] = {}

    def add(self, name: str, typed: Typed) -> None:
        """A further column."""
        self.list.append((name, typed))

    def recipe(self, kind: RowKind | None = None) -> Recipe:
        """The recipe for these columns.

        Args:
            kind: SCALAR for one value, instead of the query's own kind of rows.
        """
        kind = kind or self.kind
        if kind is RowKind.MODEL:
            extras = tuple([(name, cell_of(typed)) for name, typed in self.list])
            joins = tuple([_node(join) for join in self.joins]) if self.joins else ()
            if extras and extras[-1][0] == SOURCE:
                return related_recipe(
                    self.names.model, self.fields, joins, extras[:-1], extras[-1][1], self.invalid
                )
            return recipe_for(self.names.model, self.fields, joins, extras, self.invalid)
        cells = [cell_of(typed) for _, typed in self.list]
        if kind is RowKind.SCALAR:
            return scalar_recipe(cells[0])
        if self.keys:
            return object_recipe(self._with_tuples(kind), cells, None)
        if kind is RowKind.FLAT:
            return flat_recipe(cells[0])
        if kind is RowKind.DICT:
            return dict_recipe([name for name, _ in self.list], cells)
        if kind is RowKind.OBJECT and self.into is not None:
            names = self.into.names if self.into.by_keyword else None
            return object_recipe(self.into.make(), cells, names)
        return tuple_recipe(cells)

    def _with_tuples(self, kind: RowKind) -> Callable[..., Any]:
        """What makes a row of its values, some of which are the columns of composite keys."""
        ends = {first: (name, first + count) for name, (first, count) in self.keys.items()}
        names: list[str] = []
        places: list[int | slice] = []
        at = 0
        while at < len(self.list):
            name, end = ends.get(at, (self.list[at][0], at + 1))
            names.append(name)
            places.append(slice(at, end) if at in ends else at)
            at = end
        if kind is RowKind.FLAT:
            return lambda *values: values
        if kind is RowKind.DICT:
            return lambda *values: {
                name: values[place] for name, place in zip(names, places, strict=True)
            }
        return lambda *values: tuple([values[place] for place in places])


def _node(join: JoinTree) -> JoinNode:
    children = tuple([_node(child) for child in join.children])
    return JoinNode(join.attribute, join.model, join.fields, children)


def cell_of(typed: Typed) -> Cell:
    """How a typed expression's values are read."""
    return cell_of_type(typed.type) if typed.field is None else cell_for(typed.field)
