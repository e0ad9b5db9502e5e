"""Every block of README.md and docs/ is held by a test: it runs, its output is compared, its types
are checked, or what reads it accepts it. The few others are named here, with the reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documentation.test_projects import FOLLOWED
from support.fences import Fence, fences
from support.project_page import NOT_RUN, ROOT, commands
from support.shown import OUTPUT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A program in Rust that a page includes.
PROGRAM = re.compile(r'--8<-- "(examples/rust/src/bin/\w+\.rs)"\n')
# Sections with Python of which only the types are checked (scripts/check_docs.py): what it needs.
ONLY_TYPES = {
    "docs/howto/celery#celery": "a broker",
    "docs/monitoring#sentry": "an account of Sentry",
    "docs/sync#where_a_loop_is_running": "a broker",
    "docs/testing#options": "Docker",
    "docs/values#types_of_your_own": "PostGIS",
}
# Sections with a block that nothing checks here.
EXCEPTIONS = {
    "docs/performance#where_the_time_goes_and_what_limits_it": "times that `make bench` measures",
    "docs/scaling#several_hosts_in_a_url": "addresses of clusters; the tests of scale/ start such",
    "docs/studio#studio": "a server that runs until it is stopped; integration/studio/ starts it",
}


def name_of(page: Path, fence: Fence) -> str:
    return f"{page.relative_to(ROOT).with_suffix('').as_posix()}#{fence.section}"


def is_held(page: str, fence: Fence, runs: bool) -> bool:
    """Whether a test of this folder, or `make lint`, looks at a block.

    Args:
        page: the page, without suffix.
        fence: the block.
        runs: whether a Python block stands before it, whose output it may be.
    """
    if fence.title == OUTPUT:
        return runs  # test_guides.py
    if fence.title is not None:
        return page in FOLLOWED  # test_projects.py
    if fence.language == "console":
        programs = {each.program for each in commands(fence.text)}
        return page in FOLLOWED or programs <= set(NOT_RUN)
    if fence.language == "text":
        return page == "docs/reference/commands"  # written by scripts/reference, test_reference.py
    if fence.language == "rust":
        included = PROGRAM.fullmatch(fence.text)  # `make check-crates` runs them
        return included is not None and (ROOT / included[1]).is_file()
    # test_guides.py or test_readme.py, and test_configuration.py
    return fence.language in ("python", "dockerfile", "toml", "yaml")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_is_held(page: Path) -> None:
    runs = False
    for fence in fences(page):
        name = name_of(page, fence)
        named = ONLY_TYPES if fence.language == "py" else EXCEPTIONS
        held = is_held(name.partition("#")[0], fence, runs)
        assert held or name in named, f"{page}:{fence.line}: no test looks at this block"
        runs = runs or fence.language == "python"


def test_named_sections_need_it() -> None:
    found = [(name_of(page, fence), fence) for page in PAGES for fence in fences(page)]
    assert set(ONLY_TYPES) == {name for name, each in found if each.language == "py"}
    assert set(EXCEPTIONS) == {
        name
        for name, each in found
        if each.language != "py" and not is_held(name.partition("#")[0], each, runs=True)
    }
