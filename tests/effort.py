"""How hard the tests that search may try: ``EFFORT=20 make test`` plays twenty times as many stories.

They are other ones each time; without it everybody plays the same, so that a red test means a change and not luck.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EFFORT = int(os.environ.get("EFFORT", "1"))


def searched(stories: int, **more: int) -> settings:
    """Settings of a search through so many stories."""
    return settings(
        max_examples=stories * EFFORT,
        derandomize=EFFORT == 1,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        **more,
    )
