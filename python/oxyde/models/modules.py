"""The modules with a project's models."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from oxyde.exceptions import OxydeError

__all__ = ["import_models"]


def import_models(modules: Sequence[str], root: Path) -> None:
    """Import the modules of models.

    Args:
        modules: names of modules.
        root: the project folder, which is added to ``sys.path``.

    Raises:
        OxydeError: a module cannot be imported.
    """
    where = str(root)
    if where not in sys.path:
        sys.path.insert(0, where)
    # Find modules that were added since the last import.
    importlib.invalidate_caches()
    for name in modules:
        _load(name)


def _load(name: str) -> None:
    try:
        importlib.import_module(name)
    except OxydeError:
        raise
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and (error.name or "") in (
            name,
            name.split(".", 1)[0],
        )
        hint = (
            "correct `models` in the configuration, or run the command in the project's folder"
            if missing
            else "correct the module; nothing was compared or written"
        )
        raise OxydeError(
            f"cannot import {name!r}: {_place(error, name)}{type(error).__name__}: {error}",
            hint=hint,
        ) from error


def _place(error: Exception, name: str) -> str:
    """Return the file and line of the error, if it is in the project."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename]
    if len(own) < 2 or isinstance(error, ModuleNotFoundError):
        return ""
    frame = own[-1]
    return f"{frame.filename}:{frame.lineno}: "
