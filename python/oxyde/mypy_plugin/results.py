"""Result types that follow from names: `values_list("title", flat=True)` is a query of strings."""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import NameExpr, StrExpr
from mypy.typeops import make_simplified_union
from mypy.types import (
    Instance,
    NoneType,
    TupleType,
    Type,
    get_proper_type,
)

from oxyde.mypy_plugin.calls import Call, check_complete
from oxyde.mypy_plugin.declared import noted
from oxyde.mypy_plugin.paths import UnknownNameError, resolve, without_none

__all__ = ["RESULTS"]


def _column(call: Call, path: str) -> Type | None:
    """The type of a column's values, if it is known."""
    try:
        found = resolve(call.model.type, path, lookups=False)
    except UnknownNameError:
        return None
    if found.type is None or found.model is not None or found.lookup != "exact":
        return None
    own = path in noted(call.model.type, "keys") or path == "pk"
    # A stored row has a key. Rows that a relation may lack have none of their own.
    if own:
        return without_none(found.type)
    if "__" in path:
        return make_simplified_union([found.type, NoneType()])
    return found.type


def _values_list(call: Call) -> Type:
    unchanged = call.context.default_return_type
    paths = [argument.expression for argument in call.arguments("fields")]
    flags = {
        name: argument.expression for name in ("flat", "named") for argument in call.arguments(name)
    }
    names = [each.value for each in paths if isinstance(each, StrExpr)]
    result = get_proper_type(unchanged)
    if not names or len(names) != len(paths) or not isinstance(result, Instance):
        return unchanged
    columns = [_column(call, name) for name in names]
    types = [each for each in columns if each is not None]
    if len(types) != len(columns):
        return unchanged
    if set(flags) == {"flat"} and len(types) == 1 and _is_true(flags["flat"]):
        return result.copy_modified(args=[result.args[0], types[0]])
    if flags:
        return unchanged
    row = TupleType(
        types, call.context.api.named_generic_type("builtins.tuple", [make_simplified_union(types)])
    )
    return result.copy_modified(args=[result.args[0], row])


def _is_true(expression: object) -> bool:
    return isinstance(expression, NameExpr) and expression.fullname == "builtins.True"


def _aggregate(call: Call) -> Type:
    unchanged = call.context.default_return_type
    result = get_proper_type(unchanged)
    named = [argument.expression for argument in call.arguments("field")]
    if len(named) != 1 or not isinstance(named[0], StrExpr) or not isinstance(result, Instance):
        return unchanged
    column = _column(call, named[0].value)
    if column is None:
        return unchanged
    bare = get_proper_type(without_none(column))
    whole = isinstance(bare, Instance) and bare.type.fullname == "builtins.int"
    if call.method == "avg" and whole:
        bare = call.context.api.named_generic_type("builtins.float", [])
    value = make_simplified_union([bare, NoneType()])
    return result.copy_modified(args=[*result.args[:2], value])


def _annotate(call: Call) -> Type:
    """The model with the annotations as attributes."""
    result = get_proper_type(call.context.default_return_type)
    if not isinstance(result, Instance) or len(result.args) != 2:
        return call.context.default_return_type
    row = get_proper_type(result.args[1])
    own = isinstance(row, Instance) and row.type is call.model.type
    return result.copy_modified(args=[call.model, call.model if own else result.args[1]])


def _create(call: Call) -> Type:
    check_complete(call)
    return call.context.default_return_type


RESULTS: dict[str, Callable[[Call], Type]] = {
    "values_list": _values_list,
    **dict.fromkeys(("sum", "avg", "min", "max"), _aggregate),
    "alias": _annotate,
    "annotate": _annotate,
    "values": _annotate,
    "create": _create,
}
