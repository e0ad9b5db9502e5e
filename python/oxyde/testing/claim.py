"""Which runs on this machine use which names of databases."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from pathlib import Path
from typing import IO

__all__ = ["Claim"]


class Claim:
    """A number that no other living run has for the same database; 1 as a rule.

    The system frees it when the process ends, however that happens.

    Attributes:
        number: the number.
    """

    def __init__(self, key: str) -> None:
        self._file: IO[str] | None = None
        self.number = 1
        digest = hashlib.sha256(key.encode()).hexdigest()[:20]
        for number in itertools.count(1):
            path = Path(tempfile.gettempdir(), f"oxyde-test-{digest}-{number}.lock")
            file = path.open("a")
            if _lock(file):
                self._file, self.number = file, number
                return
            file.close()

    def release(self) -> None:
        """Free the number."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _lock(file: IO[str]) -> bool:
    """Lock a file; False if another process holds it."""
    try:
        import fcntl  # here, since Windows has none: two runs at once are not told apart there
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
