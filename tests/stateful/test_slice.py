"""A few sequences for every change, always the same ones; `python -m tests.stateful` lives the rest."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.machine import Machine

FEW = settings(
    max_examples=8,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_whatever_happens_in_whatever_order_no_invariant_breaks() -> None:
    run_state_machine_as_test(Machine, settings=FEW)
