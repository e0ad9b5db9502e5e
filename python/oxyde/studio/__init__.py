"""`oxyde studio`: a local web page over a project's models; needs ``pip install 'oxyde[studio]'``.

`create_app` makes the page as a Starlette application, for tests and for a server of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oxyde.studio.application import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> object:
    # Imported on first use: the command says which package is missing.
    if name == "create_app":
        from oxyde.studio.application import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
