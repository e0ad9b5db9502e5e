"""The column types as the core declares them (`oxyde-sql/src/types`): families and arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from oxyde import _core
from oxyde._column_types import BY_CLASS

if TYPE_CHECKING:
    from oxyde._ir import ScalarType

__all__ = ["CLASSES", "KINDS", "KIND_FAMILIES", "NAMES", "PARTS"]

# The types without arguments.
NAMES: Final[dict[str, ScalarType]] = {
    each["name"]: each["name"] for each in _core.COLUMN_TYPES if not each["parts"]
}
# The names of the arguments of each type that has some.
PARTS: Final[dict[str, frozenset[str]]] = {
    **{each["name"]: frozenset(each["parts"]) for each in _core.COLUMN_TYPES if each["parts"]},
    "custom": frozenset(("sql", "base")),
}
# The family of each type.
KIND_FAMILIES: Final[dict[str, str]] = {each["name"]: each["family"] for each in _core.COLUMN_TYPES}
# The names of the types of each family.
KINDS: Final[dict[str, frozenset[str]]] = {
    family: frozenset(name for name in KIND_FAMILIES if KIND_FAMILIES[name] == family)
    for family in KIND_FAMILIES.values()
}
# The class for each type of a family that has one.
CLASSES: Final[dict[str, type[Any]]] = {
    kind: python for python, name in BY_CLASS.items() for kind in KINDS[KIND_FAMILIES[name]]
}
