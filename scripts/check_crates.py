"""Checks the crates as they are published: packs them, prints their sizes, and runs `examples/rust`
in a fresh project outside of the repository that depends on the packed crates.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples/rust"
# What a user of a crate neither builds nor reads.
LEFT_OUT = re.compile(r"^(tests|benches)/|golden")
NEEDED = {"Cargo.toml", "LICENSE", "README.md"}


def cargo(*arguments: str, cwd: Path = ROOT) -> str:
    """Run cargo and return what it prints; its errors are shown."""
    command = ["cargo", *arguments]
    done = subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def pack() -> list[Path]:
    """The packages of the workspace that are published."""
    metadata = json.loads(cargo("metadata", "--no-deps", "--format-version=1"))
    published = [each for each in metadata["packages"] if each["publish"] is None]
    chosen = [f"--package={each['name']}" for each in published]
    cargo("package", "--quiet", "--no-verify", "--allow-dirty", *chosen)
    folder = Path(metadata["target_directory"], "package")
    return [folder / f"{each['name']}-{each['version']}.crate" for each in published]


def faults_of(package: Path, into: Path) -> list[str]:
    """Unpack a package; return what it has too much or too little."""
    with tarfile.open(package) as archive:
        files = {member.name.split("/", 1)[1]: member.size for member in archive.getmembers()}
        archive.extractall(into, filter="data")
    size, unpacked = package.stat().st_size / 1024, sum(files.values()) / 1024
    print(f"{package.name}: {len(files)} files, {size:.0f} KiB packed, {unpacked:.0f} KiB unpacked")
    wrong = [f"{package.name} contains {name}" for name in sorted(files) if LEFT_OUT.search(name)]
    return wrong + [f"{package.name} has no {name}" for name in sorted(NEEDED - files.keys())]


def project(folder: Path, crates: Path) -> None:
    """Copy the examples, with the packed crates in place of those of the repository."""
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("target"))
    manifest = folder / "Cargo.toml"
    text = manifest.read_text(encoding="utf-8") + "\n[patch.crates-io]\n"
    for crate in sorted(crates.iterdir()):
        name, version = crate.name.rsplit("-", 1)
        text = text.replace(f'path = "../../{name}"', f'version = "{version}"')
        text += f'{name} = {{ path = "{crate}" }}\n'
    manifest.write_text(text, encoding="utf-8")


def ask(url: str, body: object = None) -> tuple[int, object]:
    """The status and the answer of a GET, or of a POST with a JSON body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, None


def use(programs: Path, folder: Path) -> None:
    """Run the examples; an answer that differs is an error."""
    shown = run(programs / "dialects")
    print(shown)
    for text in ("-- postgres", "ILIKE $1", "oxyde_casefold", "ON DUPLICATE KEY UPDATE"):
        expect(text, text in shown)
    url = f"sqlite:///{folder}/notes.db"
    first, second = (run(programs / "migrate", f"{url}?mode=rwc") for _ in range(2))
    print(first + second)
    expect("two migrations", "2 migrations" in first)
    expect("no migration", "0 migrations" in second)
    command = [str(programs / "service"), url, "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            notes = f"{service.stdout.readline().strip()}/notes"
            note = {"id": 1, "text": "Buy milk", "stars": 0}
            starred = {**note, "stars": 1}
            for path, body, expected in (
                ("", {"text": note["text"]}, (201, note)),
                ("/1/stars", {}, (200, starred)),
                ("/9/stars", {}, (404, None)),
                ("", None, (200, [starred])),
            ):
                answer = ask(notes + path, body)
                print("GET" if body is None else "POST", f"/notes{path}", *answer)
                expect(f"{expected}", answer == expected)
        finally:
            service.terminate()


def run(program: Path, *arguments: str) -> str:
    """What a program prints."""
    command = [str(program), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def expect(what: str, holds: bool) -> None:
    """Stop if something is not as it must be."""
    if not holds:
        sys.exit(f"crates: expected {what}")


def main() -> int:
    """Return 1 if a package is wrong."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        crates = folder / "crates"
        faults = [fault for package in pack() for fault in faults_of(package, crates)]
        if faults:
            print("\n".join(faults), file=sys.stderr)
            return 1
        outside = folder / "project"
        project(outside, crates)
        target = ROOT / "target/check-crates"
        cargo("build", "--quiet", f"--target-dir={target}", cwd=outside)
        use(target / "debug", folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
