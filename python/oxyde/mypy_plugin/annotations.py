"""Names of annotations: values that `annotate()` and `values()` add to the rows of a query.

They are in the type of the query, as extra attributes of its model. A variable keeps the type of
its first value, so the names of all annotations in the file count, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from mypy.nodes import MypyFile
from mypy.plugin import MethodContext
from mypy.types import AnyType, Instance, Type, TypeOfAny, get_proper_type

__all__ = ["annotated", "names_in_file"]

_COUNT = "oxyde.queries.expressions.aggregates.Count"
# Annotations of a CTE are read by the names of its columns.
_ADDING = frozenset({"alias", "annotate", "values"})


def annotated(model: Instance, context: MethodContext) -> Instance:
    """The model of an annotate() or values() call, with what that adds."""
    if "expressions" not in context.callee_arg_names:
        return model
    at = context.callee_arg_names.index("expressions")
    for name, kind in zip(context.arg_names[at], context.arg_types[at], strict=True):
        if name is not None:
            model = model.copy_with_extra_attr(name, _type_of(context, kind))
    return model


def _type_of(context: MethodContext, kind: Type) -> Type:
    proper = get_proper_type(kind)
    if isinstance(proper, Instance) and proper.type.fullname == _COUNT:
        return context.api.named_generic_type("builtins.int", [])
    return AnyType(TypeOfAny.explicit)


class _LastFile:
    """The names of the file that mypy checks; it checks one after the other."""

    tree: MypyFile | None = None
    names: frozenset[str] = frozenset()


def names_in_file(context: MethodContext) -> frozenset[str]:
    """The names of all annotations in the file of a call."""
    tree: MypyFile = context.api.tree  # type: ignore[attr-defined]
    if _LastFile.tree is not tree:
        _LastFile.tree, _LastFile.names = tree, frozenset(_added(Path(tree.path)))
    return _LastFile.names


def _added(file: Path) -> Iterator[str]:
    # Compiled mypy lets no class of Python traverse its own tree.
    for node in ast.walk(ast.parse(file.read_bytes())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in _ADDING:
            yield from (each.arg for each in node.keywords if each.arg is not None)
            for argument in node.args:
                if isinstance(argument, ast.Lambda) and isinstance(argument.body, ast.Dict):
                    yield from _texts(argument.body.keys)


def _texts(keys: Iterable[ast.expr | None]) -> Iterator[str]:
    for key in keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value
