"""`oxyde stubs MODULE…`, or `python -m oxyde.stubs MODULE…`: writes stubs beside models."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from oxyde.exceptions import OxydeError
from oxyde.stubs.module import path_of, stub_of


def main(given: Sequence[str]) -> int:
    """Write or check the stubs; the exit code."""
    parser = argparse.ArgumentParser(
        prog="oxyde stubs", description="Write .pyi files beside modules of models."
    )
    parser.add_argument("modules", nargs="+", metavar="MODULE", help="like shop.models")
    parser.add_argument(
        "--depth", type=int, default=1, help="relations that keywords may cross (default: 1)"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a stub is out of date"
    )
    arguments = parser.parse_args(given)
    sys.path.insert(0, os.getcwd())
    stale = False
    try:
        for module in arguments.modules:
            importlib.import_module(module)
        for module in arguments.modules:
            path, stub = path_of(module), stub_of(module, arguments.depth)
            known = path.read_text(encoding="utf-8") if path.exists() else None
            if known == stub:
                continue
            stale = True
            print(f"{'out of date' if arguments.check else 'wrote'} {path}")  # noqa: T201
            if not arguments.check:
                path.write_text(stub, encoding="utf-8")
    except (ImportError, OxydeError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 1 if stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
