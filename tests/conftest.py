"""What holds for all tests: how hypothesis behaves on a slow and busy machine."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Nothing is judged by how long it takes here: that depends on what else the machine does. On CI the examples are
# always the same ones, so that a run can be repeated; elsewhere each run tries new ones.
settings.register_profile(
    "hctui", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("hctui")
