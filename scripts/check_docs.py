"""Checks the types of the Python blocks of README.md and docs/, and of the examples, strictly.

The blocks of a guide are one program, in which `await` may stand outside of a function. Errors
name the lines of the guide. Blocks marked `py` need what the tests do not have, so that only their
types are checked. Blocks with a title are files of a project, as the tests follow them.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "python"))

from tests.support.fences import fences  # noqa: E402
from tests.support.project_page import is_file, write, write_files  # noqa: E402

# The pages that make a project, in order. That of docs/typing.md has errors, which mypy reports
# when the tests follow it.
STEPS = "models relations pages errors transactions tests migrations"
PROJECTS = [
    ["index"],
    ["start"],
    [f"tutorial/{name}" for name in ("index", *STEPS.split())],
    ["migrations"],
    ["operating"],
    ["testing"],
]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# What a guide may do, and a program may not: await outside of a function, define a name again, use
# the decorators of a package that is not installed.
LOOSE = [
    "--allow-redefinition",
    "--disable-error-code=top-level-await",
    "--disable-error-code=untyped-decorator",
]
OPTIONS = ["--strict", *LOOSE, f"--cache-dir={ROOT / '.mypy_cache/docs'}"]


def program(guide: Path) -> str:
    """The Python blocks, each on its own lines, with nothing in between. A block with `async with`
    or `async for` outside of a function gets one, on the line before it."""
    made = [""] * len(guide.read_text(encoding="utf-8").splitlines())
    for fence in fences(guide):
        if fence.language not in ("python", "py") or fence.title is not None:
            continue
        block = fence.text.splitlines()
        if any(map(is_asynchronous, ast.parse(fence.text).body)):
            made[fence.line - 1] = f"async def line_{fence.line}() -> None:"
            block = [f"    {line}" for line in block]
        made[fence.line : fence.line + len(block)] = block
    return "\n".join(made) + "\n"


def is_asynchronous(node: ast.AST) -> bool:
    """Whether a statement has `async with` or `async for` of its own, outside of functions."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.AsyncWith | ast.AsyncFor):
        return True
    return any(map(is_asynchronous, ast.iter_child_nodes(node)))


def check_project(pages: list[str]) -> int:
    """Check the files that pages make, as they are after the last one."""
    with tempfile.TemporaryDirectory() as folder:
        for page in pages:
            guide = ROOT / f"docs/{page}.md"
            write_files(guide, Path(folder))
            for fence in filter(is_file, fences(guide)):
                write(fence, Path(folder))
        files = [str(path) for path in Path(folder).rglob("*.py")]
        command = [sys.executable, "-m", "mypy", "--no-error-summary", *OPTIONS]
        command += ["--explicit-package-bases", *files]
        environment = {**os.environ, "MYPYPATH": f"{folder}:{ROOT / 'python'}"}
        done = subprocess.run(command, cwd=folder, env=environment, check=False)
    return done.returncode


def main() -> int:
    """Print the errors; return 1 if there are any."""
    failed = max(map(check_project, PROJECTS))
    with tempfile.TemporaryDirectory() as folder:
        names: dict[str, str] = {}
        for guide in GUIDES:
            source = program(guide)
            if source.strip():
                name = "_".join(guide.relative_to(ROOT).with_suffix("").parts)
                file = Path(folder, f"guide_{name}.py")
                file.write_text(source, encoding="utf-8")
                names[file.name] = guide.relative_to(ROOT).as_posix()
        programs = [*sorted(Path(folder).iterdir()), *sorted((ROOT / "examples").glob("*.py"))]
        command = [sys.executable, "-m", "mypy", "--no-error-summary", *OPTIONS]
        command += map(str, programs)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    output = re.sub(
        r"^\S*?(guide_\w+\.py)", lambda found: names[found[1]], done.stdout, flags=re.MULTILINE
    )
    print(output + done.stderr, end="")
    return done.returncode or failed


if __name__ == "__main__":
    sys.exit(main())
