"""What all steps share: folders, the environment of builds, commands, and Pythons."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/release-check"
SOURCES = WORK / "sdist"
WHEELS = WORK / "wheels"
LOG = WORK / "log"
BIN = Path(sys.executable).parent
CARGO_HOME = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


class Failed(Exception):
    """A check does not hold."""


class Unavailable(Exception):
    """A tool or system that a check needs cannot be had on this machine."""


def environment() -> dict[str, str]:
    """The variables of builds: the pinned toolchain, and no folder of this machine in programs.

    FAST=1 leaves out link-time optimization.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYO3_") and name not in ("VIRTUAL_ENV", "PYTHONPATH")
    }
    pinned = re.search(r'channel = "(.+)"', (ROOT / "rust-toolchain.toml").read_text())
    assert pinned
    made = {
        **inherited,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "RUSTUP_TOOLCHAIN": pinned[1],
        "RUSTFLAGS": f"--remap-path-prefix={CARGO_HOME}=/cargo",
        "CARGO_TARGET_DIR": str(WORK / "target"),
    }
    if os.environ.get("FAST"):
        for profile in ("RELEASE", "DIST"):
            made[f"CARGO_PROFILE_{profile}_LTO"] = "off"
            made[f"CARGO_PROFILE_{profile}_CODEGEN_UNITS"] = "16"
    return made


def run(*command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """Run a command, write its output to the log, and return it.

    Raises:
        Failed: the command failed; the message ends with its last lines.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=env or environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(words)}\n{done.stdout}\n")
    if done.returncode:
        lines = "\n".join(done.stdout.splitlines()[-30:])
        raise Failed(f"{' '.join(words)} exited with {done.returncode}\n{lines}")
    return done.stdout


def emptied(folder: Path) -> Path:
    """The folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def add_target(target: str) -> None:
    """Install Rust's standard library for a target.

    Raises:
        Unavailable: rustup cannot download it.
    """
    try:
        run("rustup", "target", "add", target)
    except (Failed, FileNotFoundError) as error:
        raise Unavailable(f"no standard library for {target}: {error}") from error


def interpreters() -> dict[str, Path]:
    """The supported Pythons of this machine by version, of PATH, pyenv and uv.

    PYTHONS names others, as paths between spaces.
    """
    given = [Path(name) for name in os.environ.get("PYTHONS", "").split()]
    folders = [Path(name) for name in os.environ["PATH"].split(os.pathsep)]
    folders += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    folders += sorted(Path.home().glob(".local/share/uv/python/*/bin"))
    found = given or [folder / f"python{version}" for version in PYTHONS for folder in folders]
    chosen: dict[str, Path] = {}
    for version, path in filter(None, map(_version, found)):
        if version in PYTHONS:
            chosen.setdefault(version, path)
    return dict(sorted(chosen.items(), key=lambda each: PYTHONS.index(each[0])))


def _version(path: Path) -> tuple[str, Path] | None:
    """The version and the real path of an interpreter that can make environments."""
    if not os.access(path, os.X_OK):
        return None
    program = "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    done = subprocess.run([path, "-c", program], capture_output=True, text=True, check=False)
    version, _, real = done.stdout.strip().partition(" ")
    return (version, Path(real)) if real else None
