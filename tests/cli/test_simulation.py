"""What the command line says of the simulator without loading it."""

from __future__ import annotations

from hctui.cli.simulation import SCENARIOS
from hctui.sim import scenario_names


def test_the_help_names_every_scenario() -> None:
    assert sorted(SCENARIOS) == sorted(scenario_names())
