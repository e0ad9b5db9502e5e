"""A plugin for mypy that checks the keyword form of queries: the names of fields, relations and
lookups in it, and the types of its values.

In pyproject.toml::

    [tool.mypy]
    plugins = ["oxyde.mypy_plugin"]

Models need no other declarations. Without the plugin everything still type-checks; the function
form (``lambda p: p.views > 3``) needs none.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import TypeInfo
from mypy.plugin import ClassDefContext, MethodContext, Plugin
from mypy.types import Type

from oxyde import __version__  # mypy forgets what it cached with another version
from oxyde.mypy_plugin.calls import CALLS, Call
from oxyde.mypy_plugin.declared import MODEL, note_fields
from oxyde.mypy_plugin.results import RESULTS

__all__ = ["__version__", "plugin"]

# The classes that have the methods of queries, and those of one row.
_HOMES = (
    "oxyde.queries.methods.",
    f"{MODEL}.",
)
# Methods of these may be inherited by classes of the user, under whose names mypy asks for them.
_BASES = ("oxyde.queries.compile.state.QueryState", MODEL)


class OxydePlugin(Plugin):
    """The hooks that mypy calls."""

    def get_base_class_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        """For models: what is written at their fields."""
        return note_fields if self._is_a(fullname, (MODEL,)) else None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """For methods of queries, related managers and instances."""
        home, _, method = fullname.rpartition(".")
        if method not in CALLS and method not in RESULTS:
            return None
        if fullname.startswith(_HOMES) or self._is_a(home, _BASES):
            return lambda context: _checked(method, context)
        return None

    def _is_a(self, fullname: str, bases: tuple[str, ...]) -> bool:
        found = self.lookup_fully_qualified(fullname)
        return (
            found is not None
            and isinstance(found.node, TypeInfo)
            and any(found.node.has_base(base) for base in bases)
        )


def _checked(method: str, context: MethodContext) -> Type:
    call = Call.of(method, context)
    if call is None:
        return context.default_return_type
    if method in CALLS:
        call.check(CALLS[method])
    return RESULTS[method](call) if method in RESULTS else context.default_return_type


def plugin(version: str) -> type[Plugin]:
    """The entry point that mypy looks for."""
    return OxydePlugin
