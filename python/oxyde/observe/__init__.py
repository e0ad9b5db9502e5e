"""What runs: a record of each statement, the logger, hooks, and the search for repeated queries.

`oxyde.db` imports this room and reports to it; it imports only the errors. `oxyde.db` has the names
that users call (`on_query`, `on_event`, `detect_n_plus_one`); the types are public here.
"""

from __future__ import annotations

from oxyde.observe.events import Event
from oxyde.observe.hooks import Subscription
from oxyde.observe.place import Place
from oxyde.observe.repeats import NPlusOneWarning, RepeatDetector
from oxyde.observe.statement import Statement

__all__ = [
    "Event",
    "NPlusOneWarning",
    "Place",
    "RepeatDetector",
    "Statement",
    "Subscription",
]
