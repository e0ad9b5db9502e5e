"""What Python says of column types is what the core declares."""

from __future__ import annotations

from typing import get_args

from oxyde import _core, _ir
from oxyde._column_types import BY_CLASS, INTEGERS, MOMENTS, TEXTS
from oxyde._ir import column_types as mirrored
from oxyde.queries.types.declared_types import KINDS, NAMES, PARTS


def test_the_mirror_has_each_type() -> None:
    assert set(get_args(mirrored.ScalarType)) == set(NAMES)
    structs = [each for each in get_args(_ir.ColumnType) if hasattr(each, "__annotations__")]
    parts = {}
    for struct in structs:
        (name,) = struct.__annotations__
        details = getattr(mirrored, name.capitalize())
        parts[name] = frozenset(details.__annotations__)
    assert parts == PARTS


def test_families_and_classes_are_those_of_the_core() -> None:
    assert (KINDS["int"], KINDS["text"], KINDS["date_time"]) == (INTEGERS, TEXTS, MOMENTS)
    assert set(BY_CLASS.values()) <= {each["name"] for each in _core.COLUMN_TYPES}
    classes = list(BY_CLASS)
    for at, python in enumerate(classes):
        assert not any(issubclass(later, python) for later in classes[at + 1 :])
