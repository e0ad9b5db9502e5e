"""`oxyde studio`, or `python -m oxyde.studio`: a web page over the project's models."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from oxyde.exceptions import OxydeError

__all__ = ["main"]

_EXAMPLES = """examples:
  oxyde studio                                      read the configured database
  oxyde studio --write                              change rows, too
  oxyde studio --models shop.models --url sqlite:///shop.db
"""
_PACKAGES = {"starlette", "uvicorn", "jinja2", "tomli"}


def main(given: Sequence[str]) -> int:
    """Serve the page until it is interrupted; the exit code."""
    arguments = _parser().parse_args(given)
    try:
        # These need the packages of the extra.
        from oxyde.models.modules import import_models
        from oxyde.studio.project import find_project
        from oxyde.studio.server import check_host, serve
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _PACKAGES:
            raise
        return _failed(
            OxydeError(
                f"`oxyde studio` needs the package {package}",
                hint="pip install 'oxyde[studio]'",
            )
        )
    try:
        check_host(arguments.host, allow_remote=arguments.allow_remote)
        project = find_project(
            config=arguments.config,
            database=arguments.database,
            url=arguments.url,
            models=tuple(arguments.models),
        )
        import_models(project.modules, project.root)
        serve(
            project.url,
            host=arguments.host,
            port=arguments.port,
            write=arguments.write,
            remote=arguments.allow_remote,
            timeout=arguments.timeout,
            browser=arguments.open,
        )
    except OxydeError as error:
        return _failed(error)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oxyde studio",
        description="Show the rows of the project's models on a local web page. It only reads, "
        "unless --write is passed.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--write", action="store_true", help="insert, change and delete rows")
    parser.add_argument(
        "--models", nargs="+", default=[], metavar="MODULE", help="instead of the configured ones"
    )
    parser.add_argument("--url", default=os.environ.get("OXYDE_URL"), help="the database")
    parser.add_argument("--database", default="default", metavar="NAME", help="a configured one")
    parser.add_argument(
        "--config", default=os.environ.get("OXYDE_CONFIG"), metavar="FILE", help="configuration"
    )
    parser.add_argument("--port", type=int, default=7430, help="0 takes a free one (default: 7430)")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument(
        "--allow-remote", action="store_true", help="let --host be reached from other machines"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=15.0,
        metavar="SECONDS",
        help="of a statement (default: 15)",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    return parser


def _failed(error: OxydeError) -> int:
    message, _, hint = str(error).partition("\nhint: ")
    print(f"error: {message}", file=sys.stderr)  # noqa: T201
    if hint:
        print(f"hint: {hint}", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main(sys.argv[1:]))
