"""The managers that a class body declares, which Pydantic must not take for fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, get_origin

from oxyde._manager import ManagerDescriptor
from oxyde.exceptions import FieldError

__all__ = ["give_managers", "refuse_hidden_managers", "take_managers"]


def take_managers(model: str, namespace: dict[str, Any]) -> dict[str, ManagerDescriptor]:
    """Remove the managers from a class body.

    Raises:
        FieldError: one is annotated as a field, or is the class of queries itself.
    """
    found: dict[str, ManagerDescriptor] = {}
    annotations = namespace.get("__annotations__", {})
    for name, value in namespace.items():
        if isinstance(value, ManagerDescriptor):
            if not _is_class_variable(annotations.get(name, ClassVar)):
                raise FieldError(
                    f"{model}.{name} is a manager, and its annotation makes it a field",
                    hint=f"leave the annotation out: {name} = …as_manager()",
                )
            found[name] = value
        elif isinstance(value, type) and hasattr(value, "as_manager"):
            raise FieldError(
                f"{model}.{name} is {value.__name__}, a class of queries, not a manager",
                hint=f"{name} = {value.__name__}.as_manager()",
            )
    for name in found:
        del namespace[name]
    return found


def give_managers(cls: type[Any], managers: dict[str, ManagerDescriptor]) -> None:
    """Give a class the managers that its body declares."""
    for name, manager in managers.items():
        manager.__set_name__(cls, name)
        type.__setattr__(cls, name, manager)
    if "objects" in managers:
        # The class of queries that relations to this model start.
        type.__setattr__(cls, "__oxyde_query__", managers["objects"].query)


def refuse_hidden_managers(model: str, bases: Iterable[type[Any]], fields: Iterable[str]) -> None:
    """Refuse fields with the names of managers that a model inherits.

    Raises:
        FieldError: a field has such a name.
    """
    inherited = {
        name
        for base in bases
        for each in base.__mro__[:-1]
        for name, value in vars(each).items()
        if isinstance(value, ManagerDescriptor)
    }
    for name in fields:
        if name in inherited:
            raise FieldError(f"{model}.{name} hides the manager {name}", hint="rename one of them")


def _is_class_variable(annotation: object) -> bool:
    if isinstance(annotation, str):
        return annotation.replace("typing.", "").replace("t.", "").startswith("ClassVar")
    return annotation is ClassVar or get_origin(annotation) is ClassVar
