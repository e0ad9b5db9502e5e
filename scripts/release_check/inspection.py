"""What wheels and archives contain, and what they must not."""

from __future__ import annotations

import re
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from scripts.release_check.builds import binary_archive
from scripts.release_check.work import ROOT, SOURCES, WHEELS, Failed, run
from scripts.strip_paths import folder_in

LICENCES = ("LICENSE", "THIRD-PARTY-LICENSES.txt")
SBOM = ".cyclonedx.json"
# The segment of an ELF program that names its loader.
PT_INTERP = 3


def wheels() -> list[Path]:
    """The wheels that were built."""
    found = sorted(WHEELS.glob("*.whl"))
    if not found:
        raise Failed("the step wheels comes first")
    return found


def check_metadata() -> str:
    """The page on PyPI is valid, of the wheels and of the source distribution."""
    run("twine", "check", "--strict", *wheels(), *SOURCES.glob("*.tar.gz"))
    return f"{len(wheels())} wheels and the source distribution"


def check_licences() -> str:
    """Licences of Oxyde and of its crates lie beside the programs; wheels have an SBOM."""
    archives: dict[str, dict[str, bytes]] = {}
    for archive, name, data in all_content():
        archives.setdefault(archive, {})[Path(name).name] = data
    for archive, content in archives.items():
        for name in LICENCES:
            if content.get(name) != (ROOT / name).read_bytes():
                raise Failed(f"{archive} lacks {name}, or has another one")
        if archive.endswith(".whl") and not any(name.endswith(SBOM) for name in content):
            raise Failed(f"{archive} has no SBOM")
    return f"in {len(archives)} archives"


def check_paths() -> str:
    """No file names a folder of the machine that built it."""
    count = 0
    for archive, name, data in all_content():
        count += 1
        if found := folder_in(data):
            raise Failed(f"{archive}: {name} contains {found!r}")
    return f"none in {count} files"


def all_content() -> Iterator[tuple[str, str, bytes]]:
    """The archive, name and bytes of every file in wheels and in the archive of the binary."""
    for wheel in wheels():
        with zipfile.ZipFile(wheel) as packed:
            for name in packed.namelist():
                yield wheel.name, name, packed.read(name)
    for name, data in binary_content():
        yield binary_archive().name, name, data


def binary_content() -> list[tuple[str, bytes]]:
    """The name and bytes of every file in the archive of the binary."""
    with tarfile.open(binary_archive()) as packed:
        files = [(entry.name, packed.extractfile(entry)) for entry in packed if entry.isfile()]
        return [(name, file.read()) for name, file in files if file is not None]


def is_static(program: bytes) -> bool:
    """Whether a 64-bit ELF program needs neither a loader nor libraries."""
    offset, size, count = (
        struct.unpack_from("<Q", program, 0x20)[0],
        *struct.unpack_from("<HH", program, 0x36),
    )
    kinds = {struct.unpack_from("<I", program, offset + size * n)[0] for n in range(count)}
    return PT_INTERP not in kinds


def readme_program() -> str:
    """The program of README.md."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found
    return found[1]
