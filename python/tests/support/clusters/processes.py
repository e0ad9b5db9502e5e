"""Programs, folders and processes of clusters."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

__all__ = ["Process", "free_ports", "new_folder", "programs", "remove", "run_as", "wait_until"]

# The servers end with the thread that starts them: one that lives as long as the run.
_starter = ThreadPoolExecutor(1, "servers")

_SERVICES = Path(__file__).parents[4] / "scripts" / "services"


@functools.cache
def programs(*names: str) -> Mapping[str, str]:
    """Where programs are, by `scripts/services`, which installs them if they are missing."""
    done = subprocess.run(
        [str(_SERVICES), "programs", *names], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"scripts/services programs {' '.join(names)}: {done.stderr}")
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens to: below those that the system gives to
    connections, since a server may bind its port long after it was chosen."""
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        for port in random.sample(range(20_000, 32_000), 1_000):
            with contextlib.suppress(OSError):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
                found.append(port)
            if len(found) == count:
                return found
    raise OSError(f"{count} free ports were not found")


def _as_user(user: str) -> list[str]:
    """As root, a server runs as an unprivileged user: servers refuse to be root."""
    # The server is told to stop if the test run is killed.
    prefix = ["setpriv", "--pdeathsig", "KILL"]
    if os.getuid() == 0 and user != "root":
        prefix += ["--reuid", user, "--regid", user, "--init-groups"]
    return [*prefix, "--"]


def new_folder(user: str, name: str) -> Path:
    """A folder for data, which belongs to `user`."""
    root = os.getuid() == 0
    home = Path(os.environ.get("OXYDE_SERVICES_HOME", "/var/lib/oxyde-services"))
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=home if root and home.is_dir() else None))
    if root:
        folder.chmod(0o755)
        shutil.chown(folder, user, user)
    return folder


def remove(folder: Path) -> None:
    """Remove a folder with data."""
    shutil.rmtree(folder, ignore_errors=True)


def run_as(user: str, command: Sequence[str | Path], **variables: str) -> None:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed; with its output.
    """
    done = subprocess.run(
        [*_as_user(user), *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**os.environ, "LC_ALL": "C", **variables},
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def wait_until(done: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until `done` returns something true; errors of it mean not yet.

    Raises:
        TimeoutError: it took too long; with the last error.
    """
    deadline = time.monotonic() + seconds
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if done():
                return
        except Exception as error:
            last = error
        time.sleep(0.05)
    raise TimeoutError(f"{what} is not there after {seconds:.0f} s: {last}")


class Process:
    """A server.

    Args:
        command: the program and its arguments.
        user: who runs it, if the tests run as root.
        log: the file of its output.
    """

    def __init__(
        self, command: Sequence[str | Path], user: str, log: Path, **variables: str
    ) -> None:
        self._command = [*_as_user(user), *map(str, command)]
        self._variables = variables
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, *arguments: str) -> None:
        """Start it, with further arguments."""
        with self.log.open("ab") as log:
            self._process = _starter.submit(
                subprocess.Popen,
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, "LC_ALL": "C", **self._variables},
                start_new_session=True,
            ).result()

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
        """Tell it to stop, and wait; kill it if that takes too long. Nothing if it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._kill_group(process.pid)
            process.wait()
        # Processes that it left, such as workers of a server that was killed.
        self._kill_group(process.pid)

    def kill(self) -> None:
        """End it without warning, as a crash does."""
        if self._process is not None:
            self._kill_group(self._process.pid)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop all its work; its connections stay open, as those of a host that was cut off."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGCONT)

    @staticmethod
    def _kill_group(group: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])
