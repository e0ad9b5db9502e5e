"""The programs in examples/ run on every database and print what they say they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"

PRINTED = {
    "blog": """\
Published, newest first, with their authors in the same query:
  Joins by Ann
  How fast? by Ann
About Python, each post once, though some have several tags:
  How fast?
  Joins
Never commented by Bo:
  Norway
Posts with the number of their comments and tags, which do not multiply each other:
  How fast?: 2 comments, 2 tags
  Joins: 1 comments, 2 tags
  Norway: 0 comments, 1 tags
Everything about the newest, in four queries:
  Joins by Ann, on python, sql
  Bo: And full joins?
Found by a word, in title or text, whatever its case:
  Joins
  Norway
How fast? was read 10 times.
The tag rust was there already.
Without Bo: 2 posts, 3 comments without an author.
""",
    "categories": """\
The whole tree:
  Shop
    Books
      Novels
        Crime
        Love
      Poems
    Music
      Records
        Jazz
      Sheets
The path to Crime: Shop > Books > Novels > Crime
Items in Books and below: 25
Items in Music and below: 22
Items in Poems and below: 5
Categories with others below: Shop, Books, Novels, Music, Records
Below Music now: Poems, Music, Records, Jazz, Sheets
Left without Novels: 7
""",
    "report": """\
Region  Month    Sales     Total
north   2024-01     31   7216.25
north   2024-02     29   7296.25
north   2024-03     31   8036.25
north   2024-04     29   7676.25
south   2024-01     31   7347.25
south   2024-02     29   7225.25
south   2024-03     31   8167.25
south   2024-04     29   7105.25
The best seller of the north: Bo
The best seller of the south: Dot
Day         Amount    So far    Week  Change  Rank
2024-01-01    0.00      0.00    0.00           120
2024-01-02   37.25     37.25   18.62   +37.25  111
2024-01-03   74.50    111.75   37.25   +37.25  102
2024-01-04  111.75    223.50   55.88   +37.25   93
2024-01-05  148.00    371.50   74.30   +36.25   84
146 middling sales
47 large sales
47 small sales
""",
}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_runs(url: str, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), url],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout == PRINTED[name]


def test_every_example_is_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_needs_no_server(name: str) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == PRINTED[name]
