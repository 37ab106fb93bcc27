"""What holds for all tests: how hypothesis behaves on a slow and busy machine, and how often garbage is looked for."""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, settings

# Nothing is judged by how long it takes here: that depends on what else the machine does. On CI the examples are
# always the same ones, so that a run can be repeated; elsewhere each run tries new ones. A run of all tests takes few
# of them; `pytest --hypothesis-profile=thorough tests/core` takes ten times as many.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("hctui", _COMMON, max_examples=30, derandomize="CI" in os.environ)
settings.register_profile("thorough", _COMMON, max_examples=300)
settings.load_profile("hctui")

# Consoles and clusters are made by the hundred, each of many objects that all live to its end: Python would look
# through all of them every few milliseconds, and a fifth of the time of the tests would go into that.
gc.set_threshold(100_000, 20, 100)
