"""The README's first example runs as it is written, and once more."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[3] / "README.md"


def test_the_first_example(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", blocks[0]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        assert done.returncode == 0
        assert done.stdout.splitlines() == [f"Post {number} by Ann" for number in (997, 987, 977)]
