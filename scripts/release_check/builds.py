"""The source distribution, the wheels, and the archive of the `oxyde` command."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

from scripts.release_check.work import (
    BIN,
    ROOT,
    SOURCES,
    WHEELS,
    WORK,
    Failed,
    Unavailable,
    add_target,
    emptied,
    environment,
    interpreters,
    run,
)

# The targets of wheels on Linux, each with its oldest system. Others need that system.
TARGETS = {
    "x86_64-unknown-linux-gnu": "manylinux_2_28",
    "x86_64-unknown-linux-musl": "musllinux_1_2",
    "aarch64-unknown-linux-gnu": "manylinux_2_28",
    "aarch64-unknown-linux-musl": "musllinux_1_2",
}
BINARY_TARGET = f"{os.uname().machine}-unknown-linux-musl"
# dist writes beside the sources, whatever the folder of builds is.
BINARIES = ROOT / "target/distrib"


def build_sdist() -> str:
    """Pack the sources, and unpack them for the wheels."""
    emptied(SOURCES)
    run("maturin", "sdist", "--out", SOURCES)
    (archive,) = SOURCES.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = packed.getnames()
        packed.extractall(SOURCES, filter="data")
    inside = {name.split("/", 1)[-1] for name in names}
    for name in ("LICENSE", "THIRD-PARTY-LICENSES.txt", ".cargo/config.toml", "Cargo.lock"):
        if name not in inside:
            raise Failed(f"{archive.name} lacks {name}")
    tests = sorted(name for name in inside if name.startswith(("python/tests", "bench", "target")))
    if tests:
        raise Failed(f"{archive.name} contains {tests[0]}")
    return f"{archive.name}, {len(names)} files"


def unpacked_sources() -> Path:
    """The folder with the content of the source distribution."""
    for folder in SOURCES.glob("oxyde-*/"):
        return folder
    raise Failed("the step sdist comes first")


def build_wheels() -> str:
    """Build wheels from the source distribution with zig's linker, for each Python of this machine,
    and for the newest one on targets that cannot run here; `ALL=1` builds all."""
    folder = unpacked_sources()
    emptied(WHEELS)
    found = interpreters()
    without: list[str] = []
    for target in os.environ.get("TARGETS", " ".join(TARGETS)).split():
        try:
            add_target(target)
        except Unavailable:
            without.append(target)
            continue
        runs_here = target == f"{os.uname().machine}-unknown-linux-gnu"
        versions = list(found) if runs_here or os.environ.get("ALL") else list(found)[-1:]
        names = [str(found[version]) if runs_here else f"python{version}" for version in versions]
        options = [
            "--release",
            "--locked",
            "--target",
            target,
            "--zig",
            "--compatibility",
            TARGETS[target],
        ]
        run("maturin", "build", *options, "--out", WHEELS, "--interpreter", *names, cwd=folder)
    run("python", ROOT / "scripts/strip_paths.py", WHEELS)
    if without:
        raise Unavailable(f"no wheels for {', '.join(without)}: rustup cannot download the target")
    return f"{len(list(WHEELS.glob('*.whl')))} wheels"


def build_binary() -> str:
    """Build the archive of the static binary as the workflow does."""
    add_target(BINARY_TARGET)
    dist = ["dist", "build", "--artifacts=local", f"--target={BINARY_TARGET}"]
    run(*dist, env={**environment(), **compiler()})
    archive = binary_archive()
    return f"{archive.name}, {archive.stat().st_size / 1e6:.1f} MB"


def binary_archive() -> Path:
    """The archive of the static binary."""
    for archive in BINARIES.glob(f"*-{BINARY_TARGET}.tar.gz"):
        return archive
    raise Failed("the step binary comes first")


def compiler() -> dict[str, str]:
    """The variable that has zig compile C for musl, so that no other compiler must be installed."""
    script = WORK / "zig-cc"
    target = BINARY_TARGET.replace("unknown-", "")
    script.write_text(f'#!/bin/sh\nexec {BIN}/cargo-zigbuild zig cc -- -target {target} "$@"\n')
    script.chmod(0o755)
    return {f"CC_{BINARY_TARGET.replace('-', '_')}": str(script)}
