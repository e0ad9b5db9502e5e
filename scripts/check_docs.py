"""Checks the types of the Python blocks of README.md and docs/, and of the examples, strictly.

The blocks of a guide are one program, in which `await` may stand outside of a function. Errors
name the lines of the guide. Blocks with a title are files of a project, as the tests follow them.
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

from tests.support.project_page import blocks, write  # noqa: E402

# The pages that make a project, in order.
STEPS = "models relations pages errors transactions tests migrations"
PROJECTS = [["start"], [f"tutorial/{name}" for name in ("index", *STEPS.split())]]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# What a guide may do, and a program may not: await outside of a function, define a name again.
LOOSE = ["--allow-redefinition", "--disable-error-code=top-level-await"]
OPTIONS = ["--strict", *LOOSE, f"--cache-dir={ROOT / '.mypy_cache/docs'}"]


def program(guide: Path) -> str:
    """The Python blocks, each on its own lines, with nothing in between. A block with `async with`
    or `async for` outside of a function gets one, on the line before it."""
    lines = guide.read_text(encoding="utf-8").splitlines()
    made = [""] * len(lines)
    fences = [at for at, line in enumerate(lines) if line.startswith("```")]
    for start, end in zip(fences[::2], fences[1::2], strict=True):
        if lines[start] != "```python":
            continue
        block = lines[start + 1 : end]
        if any(map(is_asynchronous, ast.parse("\n".join(block)).body)):
            made[start] = f"async def line_{start + 1}() -> None:"
            block = [f"    {line}" for line in block]
        made[start + 1 : end] = block
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
            for block in blocks(ROOT / f"docs/{page}.md"):
                if block.title is not None:
                    write(block, Path(folder))
        files = [str(path) for path in Path(folder).rglob("*.py")]
        command = [sys.executable, "-m", "mypy", "--no-error-summary", *OPTIONS, *files]
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
