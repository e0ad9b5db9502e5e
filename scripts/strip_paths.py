"""Takes the folder of the build out of the SBOMs in wheels, and refuses a wheel that still names a
folder of the machine: `strip_paths.py FOLDER`.

maturin names each crate of this project by the path of its sources.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CRATE = re.compile(rb"path\+file://[^\"#]*/(oxyde-\w+)")
FOLDERS = re.compile(
    b"|".join(
        [
            rb"[\w./:\\-]*[/\\]\.cargo[/\\]registry",
            *(re.escape(f"{folder}/".encode()) for folder in (Path.home(), ROOT)),
        ]
    )
)


def folder_in(data: bytes) -> str | None:
    """A folder of this machine that a file names, with what follows it."""
    found = FOLDERS.search(data)
    return None if found is None else data[found.start() : found.end() + 80].decode("latin-1")


def strip(wheel: Path) -> None:
    """Write a wheel again, with crates named by their names."""
    with zipfile.ZipFile(wheel) as old:
        content = {entry: old.read(entry) for entry in old.infolist()}
    for entry in content:
        if ".dist-info/sboms/" in entry.filename:
            content[entry] = CRATE.sub(rb"path+file:///\1", content[entry])
    (record,) = (entry for entry in content if entry.filename.endswith(".dist-info/RECORD"))
    content[record] = record_of({entry.filename: data for entry, data in content.items()})
    with zipfile.ZipFile(wheel, "w") as new:
        for entry, data in content.items():
            if found := folder_in(data):
                raise SystemExit(f"{wheel.name}: {entry.filename} has {found!r}")
            new.writestr(entry, data, zipfile.ZIP_DEFLATED)


def record_of(content: dict[str, bytes]) -> bytes:
    """The RECORD of a wheel: a line for each file, with its checksum and its size."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        own = name.endswith(".dist-info/RECORD")
        writer.writerow([name, "", ""] if own else [name, f"sha256={digest}", len(data)])
    return text.getvalue().encode()


if __name__ == "__main__":
    for path in Path(sys.argv[1]).glob("*.whl"):
        strip(path)
