"""Full-text search by its index. The ORMs compared have no search that all databases share."""

from __future__ import annotations

from bench.plans.case import Case, sql
from bench.plans.tables import oxyde as o
from oxyde import Search, SearchRank

# The words are in a tenth of a percent of the notes, and in a fiftieth.
RARE, COMMON = "rare77", "word77"
_MATCH = "MATCH (note_words_words) AGAINST ('+{}' IN BOOLEAN MODE)"
_VECTOR = "to_tsvector('simple', coalesce(title, '') || ' ' || coalesce(body, ''))"


def _found(word: str) -> str:
    return f"{_VECTOR} @@ plainto_tsquery('simple', '{word}')"


CASES = (
    Case(
        "search",
        "notes with a rare word",
        oxyde=lambda: o.Note.objects.filter(Search("title", "body", query=RARE)).count(),
        sql=sql(
            f"SELECT COUNT(*) AS n FROM note WHERE {_MATCH.format(RARE)}",
            postgres=f"SELECT COUNT(*) AS n FROM note WHERE {_found(RARE)}",
            sqlite=f"SELECT COUNT(*) AS n FROM note_words WHERE note_words MATCH '{RARE}'",
        ),
    ),
    Case(
        "search_rank",
        "the ten notes that fit a word best",
        oxyde=lambda: (
            o.Note.objects.filter(Search("title", "body", query=COMMON))
            .order_by(SearchRank("title", "body", query=COMMON).desc(), "id")
            .limit(10)
            .all()
        ),
        sql=sql(
            f"SELECT id, title, body FROM note WHERE {_MATCH.format(COMMON)}"
            f" ORDER BY {_MATCH.format(COMMON)} DESC, id LIMIT 10",
            postgres=f"SELECT id, title, body FROM note WHERE {_found(COMMON)}"
            f" ORDER BY ts_rank({_VECTOR}, plainto_tsquery('simple', '{COMMON}')) DESC, id"
            " LIMIT 10",
            sqlite="SELECT n.id, n.title, n.body FROM note_words JOIN note n"
            f" ON n.id = note_words.rowid WHERE note_words MATCH '{COMMON}'"
            " ORDER BY note_words.rank, n.id LIMIT 10",
        ),
        ordered=True,
    ),
)
