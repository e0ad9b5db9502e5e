"""The stub of one module: its own source without bodies, and the classes of its models."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Any

from oxyde.exceptions import OxydeError
from oxyde.models import iter_tables
from oxyde.stubs.annotations import Names
from oxyde.stubs.classes import classes_of
from oxyde.stubs.keywords import Keywords

__all__ = ["path_of", "stub_of"]

_HEAD = """\
# mypy: ignore-errors
# pyright: basic
# Written by `oxyde stubs {module}`: do not edit.
"""
_IMPORTS = """\
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeAlias, TypedDict, overload

from typing_extensions import Never, Required, Self, TypeVar, Unpack

from oxyde.db.executor import Executor
from oxyde.queries import Prefetch, Query, QueryManager
from oxyde.stubs import Clause, Computed, Expression, OrderBy
"""
# For models of `oxyde.sync`.
_PLAIN_IMPORTS = """\
from oxyde.sync import Query as _PlainQuery, QueryManager as _PlainQueryManager
"""
_QUERY = re.compile(r"\b(?=(Query|QueryManager)\[)")
# What a model's class has besides its own source.
_MANAGER = "objects: ClassVar[{model}Manager]"
_MEMBERS = """
async def save(self, *, update_fields: Iterable[_{model}Field] | None = None, \\
    using: str | None = None, client: Executor | None = None) -> Self: ...
async def refresh(self, fields: Iterable[_{model}Field] | None = None, *, \\
    using: str | None = None, client: Executor | None = None) -> Self: ...
"""
_VARIABLES = """
_S = TypeVar("_S")
_R = TypeVar("_R")
"""


def path_of(module: str) -> Path:
    """The file of a module's stub.

    Raises:
        OxydeError: the module has no source file.
    """
    file = getattr(importlib.import_module(module), "__file__", None)
    if file is None or not file.endswith(".py"):
        raise OxydeError(f"{module} has no source file", hint="name a module, like shop.models")
    return Path(file).with_suffix(".pyi")


def stub_of(module: str, depth: int) -> str:
    """The stub of a module.

    Args:
        depth: how many relations the paths in keywords may cross.

    Raises:
        OxydeError: the module has no source file, or no model with a table.
    """
    source = path_of(module).with_suffix(".py").read_text(encoding="utf-8")
    models = {model.__qualname__: model for model in iter_tables() if model.__module__ == module}
    models = {name: model for name, model in models.items() if name.isidentifier()}
    tree = ast.parse(source)
    defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    models = {name: model for name, model in models.items() if name in defined}
    if not models:
        raise OxydeError(f"{module} defines no model with a table", hint="name its module")
    names = Names(module)
    queries = {name: _query_name(name, defined) for name in models}
    made = []
    for name, model in models.items():
        text = classes_of(name, Keywords(model, names, depth), queries[name])
        made.append(_plain(text) if _is_plain(model) else text)
    body = ast.unparse(ast.fix_missing_locations(_Skeleton(models, queries).visit(tree)))
    head = _HEAD.format(module=module) + names.imports() + _IMPORTS
    if any(map(_is_plain, models.values())):
        head += _PLAIN_IMPORTS
    return "\n".join([head, body, _VARIABLES, *made])


def _query_name(model: str, defined: set[str]) -> str:
    """A name that the module does not define itself."""
    name = f"{model}Query"
    while name in defined:
        name = f"Stubbed{name}"
    return name


class _Skeleton(ast.NodeTransformer):
    """Takes out of a module what a stub does not need."""

    def __init__(self, models: dict[str, type[Any]], queries: dict[str, str]) -> None:
        self.models = models
        self.queries = queries

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Leave out statements that only do something."""
        self.generic_visit(node)
        node.body = [each for each in node.body if not _does_only(each)]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Leave out the body."""
        node.body = [ast.Expr(ast.Constant(...))]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        """Leave out the body."""
        node.body = [ast.Expr(ast.Constant(...))]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Give a model its manager, and a class of queries the keywords of its model."""
        self.generic_visit(node)
        node.bases = [self._typed_base(each) for each in node.bases]
        node.body = [each for each in node.body if not isinstance(each, ast.Expr)]
        if node.name in self.models:
            members = _MEMBERS.format(model=node.name)
            if getattr(self.models[node.name], "__oxyde_query__", None) is None:
                members = _MANAGER.format(model=node.name) + members
            added = ast.parse(
                _plain(members) if _is_plain(self.models[node.name]) else members
            ).body
            node.body = [*added, *node.body]
        node.body = node.body or [ast.Expr(ast.Constant(...))]
        return node

    def _typed_base(self, base: ast.expr) -> ast.expr:
        """`Query["Post"]` as the query with the names of `Post`."""
        if not (isinstance(base, ast.Subscript) and ast.unparse(base.value).endswith("Query")):
            return base
        model = ast.unparse(base.slice).strip("'\"")
        query = self.queries.get(model)
        return base if query is None else ast.parse(f"{query}[{model}]", mode="eval").body

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """Leave out what runs the module as a program."""
        return None if "__name__" in ast.dump(node.test) else self.generic_visit(node)


def _is_plain(model: type[Any]) -> bool:
    """Whether it is a model of `oxyde.sync`."""
    return any(base.__module__ == "oxyde.sync.model" for base in model.__mro__)


def _plain(text: str) -> str:
    """The same methods and classes without `await`."""
    return _QUERY.sub("_Plain", text.replace("async def ", "def "))


def _does_only(node: ast.stmt) -> bool:
    future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
    return future or isinstance(node, ast.Expr)
