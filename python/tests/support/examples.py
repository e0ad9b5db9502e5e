"""How many examples a property test tries."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def examples(default: int) -> settings:
    """The settings of a property test; `OXYDE_TEST_EXAMPLES=2000` tries that many examples."""
    return settings(
        max_examples=int(os.environ.get("OXYDE_TEST_EXAMPLES", str(default))),
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
        ],
    )
