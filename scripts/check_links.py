"""Checks the links of the Markdown files that point into the repository, and with `--site FOLDER`
those of the built site: the file or page exists, and so does the anchor.

Links between the pages of docs/ are checked by the strict build, which knows their anchors.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = re.compile(
    r"https://(?:github\.com/mr-fatalyst/oxyde/(?:blob|tree)|raw\.githubusercontent\.com/"
    r"mr-fatalyst/oxyde)/main/([^)\s\"'>#]+)"
)
SITE = "https://mr-fatalyst.github.io/oxyde/"
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def markdown_files() -> list[Path]:
    """The pages, and the files beside the code that GitHub shows."""
    folders = (ROOT / "docs", ROOT / "examples", ROOT / "python/tests")
    inside = [path for folder in folders for path in folder.rglob("*.md")]
    return sorted([*ROOT.glob("*.md"), *inside, *ROOT.glob("oxyde-*/README.md")])


def problems_of(path: Path) -> list[str]:
    """The links of a Markdown file that lead nowhere."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    wrong = [
        f"no {name} in the repository"
        for name in REPOSITORY.findall(text)
        if not (ROOT / name).exists()
    ]
    for target in LINK.findall(text):
        if target.startswith(SITE) and not target.endswith(".txt"):
            if not page_of(target.removeprefix(SITE)).exists():
                wrong.append(f"no page for {target}")
        elif not urlsplit(target).scheme and not target.startswith("#"):
            file = unquote(urldefrag(target).url)
            if not (path.parent / file).exists():
                wrong.append(f"{target} does not exist")
    return [f"{path.relative_to(ROOT)}: {each}" for each in wrong]


def page_of(address: str) -> Path:
    """The Markdown file of an address of the site, below its version: `latest/start/`."""
    name = urldefrag(address).url.removeprefix("latest").strip("/") or "index"
    file = ROOT / f"docs/{name}.md"
    return file if file.exists() else ROOT / f"docs/{name}/index.md"


class Page(HTMLParser):
    """The links and anchors of a built page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what names or is named."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def problems_of_site(site: Path) -> list[str]:
    """The links of the built pages that lead nowhere."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    wrong: set[str] = set()
    for path, page in pages.items():
        for link in page.links:
            address, anchor = urldefrag(link)
            if urlsplit(link).scheme or link.startswith("//") or path.name == "404.html":
                continue
            target = (path.parent / unquote(address)).resolve() if address else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                wrong.add(f"{path.relative_to(site)}: {link} does not exist")
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
                wrong.add(f"{path.relative_to(site)}: {link} has no such anchor")
    return sorted(wrong) if pages else [f"{site} has no pages"]


def main() -> int:
    """Print the broken links; return 1 if there are any."""
    if "--site" in sys.argv:
        wrong = problems_of_site(Path(sys.argv[-1]).resolve())
    else:
        wrong = [each for path in markdown_files() for each in problems_of(path)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
