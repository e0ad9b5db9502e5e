"""Prints figures about the structure of the code: `python scripts/structure.py`.

Files per folder, import cycles in the Python package (including imports inside functions, excluding
type-only imports), imports inside functions, bare `Any` annotations, and long functions.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "python/oxyde"
CROWDED = 20
LONG = 60
FUNCTION = re.compile(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:const |async |unsafe )*fn (\w+)")


@dataclass
class Module:
    """Imports and annotations of one Python file."""

    name: str
    path: Path
    imports: set[str] = field(default_factory=set)
    inside_functions: int = 0
    annotations: int = 0
    bare_any: int = 0
    long: list[tuple[int, str]] = field(default_factory=list)


def tracked(*patterns: str) -> list[Path]:
    """Return the matching files, tracked or new."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in names.splitlines() if (ROOT / name).exists()]


def module_name(path: Path) -> str:
    """`python/oxyde/db/pool.py` → `oxyde.db.pool`."""
    parts = path.relative_to(ROOT / "python").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_type_checking(node: ast.AST) -> bool:
    """Whether a node is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(node: ast.AST, *, lazy: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Yield every import that runs, and whether it is inside a function."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, lazy
        inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from imports(child, lazy=lazy or inner)


def annotated(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the annotations of arguments, results and variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.returns
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation


def read(path: Path, names: set[str]) -> Module:
    """Parse one file of the package."""
    module = Module(module_name(path), path)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node, lazy in imports(tree):
        found: set[str] = set()
        if isinstance(node, ast.Import):
            found = {alias.name for alias in node.names} & names
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found |= {whole if whole in names else node.module} & names
        module.imports |= found - {module.name, "oxyde"}
        module.inside_functions += lazy
    for annotation in annotated(tree):
        module.annotations += 1
        module.bare_any += ast.unparse(annotation) in {"Any", "Any | None"}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.body[0].lineno
            if ast.get_docstring(node) and len(node.body) > 1:
                start = node.body[1].lineno
            length = (node.end_lineno or start) - start + 1
            if length > LONG:
                module.long.append((length, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"))
    return module


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one module (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                found.append(sorted(component))

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return found


def long_rust(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the functions of a formatted Rust file that are longer than LONG lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        match = FUNCTION.match(line)
        if not match:
            continue
        signature_end = next(row for row in lines[number:] if row.endswith(("{", ";", "}")))
        if not signature_end.endswith("{"):
            continue
        closing = match.group(1) + "}"
        end = next((n for n in range(number, len(lines)) if lines[n] == closing), number)
        if end - number + 1 > LONG:
            yield end - number + 1, f"{path.relative_to(ROOT)}:{number + 1} {match.group(2)}"


def show(title: str, rows: list[str]) -> None:
    """Print a heading and its rows."""
    print(f"\n{title}: {len(rows)}")
    for row in rows:
        print(f"  {row}")


def main() -> None:
    """Print every figure."""
    python = tracked(f"{PACKAGE}/*.py", f"{PACKAGE}/**/*.py")
    rust = tracked("oxyde-*/src/*.rs", "oxyde-*/src/**/*.rs")
    folders = Counter(path.parent.relative_to(ROOT).as_posix() for path in [*python, *rust])
    crowded = [f"{count:4} {name}" for name, count in folders.most_common() if count > CROWDED]
    print(f"{len(python)} Python files, {len(rust)} Rust files, {len(folders)} folders")
    show(f"folders with more than {CROWDED} files", crowded)

    names = {module_name(path) for path in python}
    modules = [read(path, names) for path in python]
    knots = circles({module.name: module.imports for module in modules})
    show("circles (imports inside functions counted)", [", ".join(knot) for knot in knots])

    lazy = {module.name: module.inside_functions for module in modules if module.inside_functions}
    print(f"\nimports inside functions: {sum(lazy.values())} in {len(lazy)} files")
    total = sum(module.annotations for module in modules)
    print(f"bare Any: {sum(module.bare_any for module in modules)} of {total} annotations")

    long = [entry for module in modules for entry in module.long]
    show(f"Python functions over {LONG} lines", [f"{n:4} {name}" for n, name in sorted(long)[::-1]])
    long = [entry for path in rust for entry in long_rust(path)]
    show(f"Rust functions over {LONG} lines", [f"{n:4} {name}" for n, name in sorted(long)[::-1]])


if __name__ == "__main__":
    main()
