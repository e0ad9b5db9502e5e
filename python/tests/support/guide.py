"""Runs the Python blocks of a guide one after the other: `python guide.py GUIDE.md`, in an event
loop unless the guide is about programs without one (`WITHOUT_LOOP`).

A block may `await` outside of a function. What stands behind `# →` on the last line of an
expression is what it gives; the number of those that were right is printed. A block with the title
`output` is what the block before it printed and logged, `…` being any text.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
from collections.abc import Coroutine
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from fences import fences  # type: ignore[import-not-found]
from shown import OUTPUT, agrees  # type: ignore[import-not-found]

# Pages about `oxyde.sync`.
WITHOUT_LOOP = ("sync", "celery", "free_threading")
RESULT = re.compile(r"#\s→ (.*)$")


class Told(ast.NodeTransformer):
    """Compares the results of expressions, at any depth, with what stands behind them.

    Args:
        block: the source.
    """

    def __init__(self, block: str) -> None:
        self.lines = block.splitlines()

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        """Hand the value of the expression to `compare`."""
        assert node.end_lineno is not None
        told = RESULT.search(self.lines[node.end_lineno - 1])
        if told is not None:
            name = ast.copy_location(ast.Name("compare", ast.Load()), node)
            node.value = ast.Call(name, [node.value, ast.Constant(told[1])], [])
        return ast.fix_missing_locations(node)


right = 0


def compare(value: object, told: str) -> None:
    """Count a result that is as told."""
    global right
    if repr(value) != told:
        raise SystemExit(f"# → {told}\nbut it is {value!r}")
    right += 1


async def run_block(block: str) -> None:
    """Run a block in this module, whose names the models find."""
    tree = Told(block).visit(ast.parse(block))
    code: Any = compile(tree, "guide", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    done = eval(code, globals())
    if inspect.isawaitable(done):
        await done


async def main(guide: Path) -> int:
    """Run all blocks; how many results and outputs were as told."""
    global right
    begin = 0
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        for fence in fences(guide):
            if fence.language == "python" and fence.title is None:
                begin = printed.tell()
                await run_block(fence.text)
            elif fence.title == OUTPUT:
                text = printed.getvalue()[begin:]
                if not agrees(fence.text, text):
                    raise SystemExit(f"line {fence.line}: it prints\n{text}")
                right += 1
    return right


def without_loop(guide: Coroutine[Any, Any, int]) -> int:
    """Run the blocks of a guide that awaits nothing."""
    try:
        guide.send(None)
    except StopIteration as ended:
        return int(ended.value)
    raise SystemExit("the guide awaits something")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    run = without_loop if path.stem in WITHOUT_LOOP else asyncio.run
    print(run(main(path)))
