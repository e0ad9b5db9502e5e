"""The Python side of the command in Rust: output, questions, importing models, running steps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oxyde._core import Transaction

__all__ = ["Host"]


class Host:
    """The Python process as a host of the command."""

    __slots__ = ()

    def out(self, text: str) -> None:
        """Write to standard output. A closed pipe ends the output, not the command."""
        self._write(sys.stdout, text)

    def err(self, text: str) -> None:
        """Write to standard error."""
        self._write(sys.stderr, text)

    @staticmethod
    def _write(stream: object, text: str) -> None:
        buffer = getattr(stream, "buffer", None)
        try:
            if buffer is None:
                stream.write(text)  # type: ignore[attr-defined]
            else:
                # The same bytes as the native binary writes, whatever the locale.
                buffer.write(text.encode())
            stream.flush()  # type: ignore[attr-defined]
        except BrokenPipeError:
            pass

    def is_terminal(self) -> bool:
        """Whether standard output is a terminal."""
        return sys.stdout.isatty()

    def ask(self, question: str) -> str | None:
        """Ask at the terminal and return the answer; None without a terminal."""
        if not sys.stdin.isatty():
            return None
        self.out(question)
        line = sys.stdin.readline()
        return line.strip() if line else None

    def models(self, modules: list[str], root: Path) -> str:
        """Import the modules and describe their models as JSON."""
        from oxyde.migrations.describe import describe

        return describe(modules, root)

    def run_step(
        self,
        function: str,
        schema: bytes,
        transaction: Transaction,
        root: Path,
        keys: tuple[str, str, str, str] | None,
    ) -> None:
        """Run the function of a `run_python` step inside the migration's transaction.

        `keys` has the table, the column, and the first and last key as JSON, if the function
        runs for ranges of keys.
        """
        # Imported here so that commands without such steps load no databases.
        from oxyde.migrations.steps import run_step

        run_step(function, schema, transaction, root, keys)

    def stop_step(self) -> None:
        """Cancel the running steps of `run_python`."""
        from oxyde.migrations.steps import stop_steps

        stop_steps()
