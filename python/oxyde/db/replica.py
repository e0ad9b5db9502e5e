"""What a router knows about a replica."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from oxyde.db.positions import GtidSet

if TYPE_CHECKING:
    from oxyde.db.positions import Position
    from oxyde.db.replication import Replication

__all__ = ["Replica"]

# The longest time for which a replica that fails is left alone, in seconds.
_LONGEST = 30.0
# How long a measured lag is relied on, and while it is being measured again.
_MEASURED = 1.0
_MEASURING = 2.0
# How long a replica that has not come to a position is not asked again.
_ASKED = 0.02
_NEVER = float("-inf")


class Replica:
    """What a router knows about a replica.

    Attributes:
        name: its name.
        rests_until: when it may be used again, by time.monotonic().
        lag: how old what it shows is, in seconds, when that was measured last; None before.
        position: the newest position to which it is known to have come.
    """

    __slots__ = (
        "_asked",
        "_cooldown",
        "_measured",
        "_measuring",
        "_pause",
        "_was_current",
        "lag",
        "name",
        "position",
        "rests_until",
    )

    def __init__(self, name: str, cooldown: float) -> None:
        self.name = name
        self.rests_until = _NEVER
        self._cooldown = self._pause = cooldown
        self.lag: float | None = None
        self._measured = self._measuring = self._was_current = _NEVER
        self.position: Position | None = None
        self._asked = _NEVER

    def failed(self) -> None:
        """Leave it alone, each time for twice as long."""
        self.rests_until = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, max(_LONGEST, self._cooldown))
        # It may come back as another server, or with another history.
        self.position = None
        self._measured = _NEVER

    def worked(self) -> None:
        """Use it again."""
        if self._pause != self._cooldown:
            self.rests_until, self._pause = _NEVER, self._cooldown

    @property
    def is_measured(self) -> bool:
        """Whether its lag was measured a moment ago."""
        return time.monotonic() - self._measured < _MEASURED

    def begin_measuring(self) -> bool:
        """Whether its lag must be measured now: not while another read does that, if what is known
        is not much older."""
        now = time.monotonic()
        if now - self._measured < (_MEASURING if now - self._measuring < _MEASURED else _MEASURED):
            return False
        self._measuring = now
        return True

    def measured(self, found: Replication | None, began: float) -> None:
        """Record what a measurement found that `began` then; None if nothing can be found."""
        self._measured = began
        if found is None:
            self.lag = math.inf
            return
        if found.position is not None:
            self.position = found.position
        if found.is_current:
            self.lag = 0.0
            self._was_current = began
        else:
            # The age of the newest transaction says little after a time without any.
            since_current = began - self._was_current
            self.lag = min(math.inf if found.seconds is None else found.seconds, since_current)

    def shows(self, wanted: Position) -> bool:
        """Whether it is known to have come to a position."""
        return self.position is not None and self.position.includes(wanted)

    @property
    def was_asked(self) -> bool:
        """Whether it was asked for its position a moment ago."""
        return time.monotonic() - self._asked < _ASKED

    def ask(self) -> None:
        """It is being asked for its position."""
        self._asked = time.monotonic()

    def doubt(self, written: Position) -> None:
        """Forget its position if the primary has not come there: that is another one now, whose
        log repeats the numbers of transactions that were lost."""
        if (
            self.position is not None
            and not isinstance(self.position, GtidSet)
            and not written.includes(self.position)
        ):
            self.position = None
