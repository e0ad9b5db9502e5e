"""The models of modules as JSON: ``python -m oxyde.migrations.describe MODULE …``.

The native binary starts this; the command of the package calls `describe` itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from oxyde.exceptions import OxydeError
from oxyde.models.modules import import_models
from oxyde.models.registry import tables_by_name
from oxyde.models.tables.schema import schema_of, unmanaged_tables

__all__ = ["describe", "main"]


def describe(modules: Sequence[str], root: Path) -> str:
    """Import modules and describe the tables of all registered models as JSON.

    Args:
        modules: names of modules; a package includes the submodules that it imports.
        root: the project folder, which is added to ``sys.path``.

    Raises:
        OxydeError: a module cannot be imported, or a model cannot be described.
    """
    import_models(modules, root)
    schema = schema_of()
    unmanaged = unmanaged_tables()
    names = {model: name for name, model in tables_by_name().items()}
    loaded = [
        name
        for name in sys.modules
        if any(name == module or name.startswith(f"{module}.") for module in modules)
    ]
    return json.dumps(
        {
            "schema": schema,
            "unmanaged": unmanaged,
            "modules": {name: model.__module__ for model, name in names.items()},
            "loaded": sorted(loaded),
        }
    )


def main() -> int:
    """Print the description; on failure print `error:` and `hint:` lines and return 1."""
    try:
        text = describe(sys.argv[1:], Path.cwd())
    except OxydeError as error:
        message = str(error).split("\nhint: ", 1)[0]
        sys.stderr.write(f"error: {message}\n")
        if error.hint:
            sys.stderr.write(f"hint: {error.hint}\n")
        return 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
