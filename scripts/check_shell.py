"""Checks the shell scripts by shellcheck, and for what bash 3.2 and BSD's programs lack (macOS)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNPORTABLE = {
    r"\b(declare|local|typeset) -[a-zA-Z]*[An]": "bash 3.2 has no such variables",
    r"\b(mapfile|readarray|coproc)\b": "bash 3.2 does not have it",
    r"\$\{[^}]*(,|\^)\}|\$\{\w+(,,|\^\^)": "bash 3.2 cannot change cases: use tr",
    r"\$\{\w+@\w\}|&>>|\|&": "bash 3.2 does not have it",
    r"\bsed\b[^|]* (-i|--in-place)\b": "BSD's sed -i takes another argument",
    r"\bsed\b[^|']* -[a-zA-Z]*r": "use sed -E",
    r"\bsed\b[^|]* '[^']*\\x": "BSD's sed has no \\x: quote by $'…'",
    r"\bsort\b[^|]* -[a-zA-Z]*V": "BSD's sort had no -V: sort numbers",
    r"\breadlink -[a-zA-Z]*f|\brealpath\b": "BSD's readlink has no -f",
    r"\bdate\b[^|]* (-d|--date)\b": "BSD's date has no -d",
    r"\bxargs\b[^|]* (-r|--no-run-if-empty|-d)\b": "BSD's xargs has no -r and -d",
    r"\bstat\b[^|]* (-c|--format)\b": "BSD's stat has no -c",
    r"\bgrep\b[^|]* -[a-zA-Z]*P": "BSD's grep has no -P",
    r"\bhead\b[^|]* -n ?-\d": "BSD's head has no negative counts",
    r"\b(nproc|tac|timeout|numfmt)\b": "macOS does not have it",
}


def scripts() -> list[Path]:
    """The tracked files that bash or sh runs, and the Makefile, whose recipes bash runs."""
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
        ".ci",
        "scripts",
    ]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    files = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in files if path.is_file() and is_shell(path)]


def is_shell(path: Path) -> bool:
    """Whether a file's first line names bash or sh."""
    with path.open("rb") as file:
        return re.match(rb"#!.*\b(bash|sh)\b", file.readline()) is not None


def main() -> int:
    """Print what is wrong; return 1 if something is."""
    files = scripts()
    faults = []
    for path in [*files, ROOT / "Makefile"]:
        name = path.relative_to(ROOT).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = "" if line.lstrip().startswith("#") else line
            for pattern, reason in UNPORTABLE.items():
                if re.search(pattern, code):
                    faults.append(f"{name}:{number}: {reason}: {line.strip()}")
    print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
    checker = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([checker, "--severity=warning", *files], cwd=ROOT, check=False)
    if not faults and done.returncode == 0:
        print(f"shell: {len(files)} scripts and the Makefile")
    return 1 if faults or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
