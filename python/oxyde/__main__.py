"""``python -m oxyde``: the `oxyde` command."""

from __future__ import annotations

import sys

from oxyde.migrations.cli import main

if __name__ == "__main__":
    sys.exit(main())
