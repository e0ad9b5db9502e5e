"""Names inside annotations like `list["Post"]` on Python 3.10.

There, `typing` evaluates `"Post"` and `List["Post"]`, but not a string inside `list[…]`. Pydantic
resolves it when it builds a validator; models need the class, too.
"""

from __future__ import annotations

import sys
import types
from typing import Any, ForwardRef, Literal, get_args, get_origin

from pydantic._internal._model_construction import unpack_lenient_weakvaluedict
from pydantic.errors import PydanticUndefinedAnnotation

from oxyde.models import registry

__all__ = ["evaluated"]


def evaluated(cls: type[Any], annotation: object) -> Any:
    """An annotation with its strings replaced by the objects that they name.

    Raises:
        PydanticUndefinedAnnotation: a name is not defined yet.
    """
    if sys.version_info >= (3, 11):
        return annotation
    return _evaluated(cls, annotation)


def _evaluated(cls: type[Any], annotation: Any) -> Any:
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return _evaluated(cls, _lookup(cls, annotation))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if not arguments or origin is Literal:
        return annotation
    if isinstance(annotation, types.GenericAlias):
        made = tuple(_evaluated(cls, each) for each in arguments)
        made_of: Any = annotation.__origin__
        return annotation if made == arguments else made_of[made]
    if hasattr(annotation, "copy_with") and not hasattr(annotation, "__metadata__"):
        made = tuple(_evaluated(cls, each) for each in annotation.__args__)
        return annotation if made == annotation.__args__ else annotation.copy_with(made)
    if isinstance(annotation, types.UnionType):
        made = tuple(_evaluated(cls, each) for each in arguments)
        if made == arguments:
            return annotation
        union = made[0]
        for each in made[1:]:
            union |= each
        return union
    return annotation


def _lookup(cls: type[Any], name: str) -> Any:
    around = unpack_lenient_weakvaluedict(getattr(cls, "__pydantic_parent_namespace__", None)) or {}
    tables = registry.namespace_of(cls)
    module = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    names = {**tables, **around, cls.__name__: cls}
    try:
        return eval(name, dict(module), names)
    except NameError as error:
        raise PydanticUndefinedAnnotation(
            name=error.name or name, message=f"name {name!r} is not defined"
        ) from error
