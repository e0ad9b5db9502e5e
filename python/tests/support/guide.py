"""Runs the Python blocks of a guide one after the other: `python guide.py GUIDE.md`, in an event
loop unless the guide is about programs without one (`WITHOUT_LOOP`).

A block may `await` outside of a function. What stands behind `# →` on the last line of an
expression is what it gives; the number of those that were right is printed.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

# Pages about `oxyde.sync`.
WITHOUT_LOOP = ("sync", "celery")
RESULT = re.compile(r"#\s→ (.*)$")


async def evaluate(code: ast.AST, mode: str) -> Any:
    """Run a piece of a program in this module, whose names the models find."""
    compiled: Any = compile(code, "guide", mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)  # type: ignore[call-overload]
    value = eval(compiled, globals())
    return await value if inspect.isawaitable(value) else value


async def main(guide: str) -> int:
    """Run all blocks; how many results were as told."""
    right = 0
    for block in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        lines = block.splitlines()
        for statement in ast.parse(block).body:
            assert statement.end_lineno is not None
            last = lines[statement.end_lineno - 1]
            told = RESULT.search(last)
            if told is None or not isinstance(statement, ast.Expr):
                await evaluate(ast.Module([statement], []), "exec")
                continue
            value = await evaluate(ast.Expression(statement.value), "eval")
            if repr(value) != told[1]:
                raise SystemExit(f"{last}\nbut it gives {value!r}")
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
    print(run(main(path.read_text())))
