"""Types as text, with the imports that they need."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

__all__ = ["Names"]


class Names:
    """The names of one stub.

    Attributes:
        module: the module of the stub, whose own names need no import.
        modules: the modules to import.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self.modules: set[str] = set()

    def text(self, annotation: Any) -> str:
        """A type as text; `Any` for what has no name."""
        origin, arguments = get_origin(annotation), get_args(annotation)
        if annotation is None or annotation is type(None):
            return "None"
        if origin is Annotated:
            return self.text(arguments[0])
        if origin is Literal:
            return f"Literal[{', '.join(map(repr, arguments))}]"
        if origin in (Union, types.UnionType):
            return " | ".join(self.text(each) for each in arguments)
        if isinstance(origin, type) and arguments:
            inner = ", ".join("..." if each is ... else self.text(each) for each in arguments)
            return f"{self._name(origin)}[{inner}]"
        return self._name(annotation) if isinstance(annotation, type) else "Any"

    def _name(self, cls: type[Any]) -> str:
        if cls.__module__ == "builtins":
            return cls.__name__
        if "<locals>" in cls.__qualname__:
            return "Any"
        if cls.__module__ == self.module:
            return cls.__qualname__
        return self.imported(cls.__module__, cls.__qualname__)

    def imported(self, module: str, name: str) -> str:
        """A name of another module."""
        self.modules.add(module)
        return f"{_alias(module)}.{name}"

    def imports(self) -> str:
        """The import statements; aliases, since the module's own names may be the same."""
        return "".join(f"import {each} as {_alias(each)}\n" for each in sorted(self.modules))


def _alias(module: str) -> str:
    return f"_{module.replace('.', '_')}"
