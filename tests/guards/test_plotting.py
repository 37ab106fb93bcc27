"""What draws charts is large and is loaded when the first chart is drawn, never by the console's start."""

from __future__ import annotations

import pytest

from tests.guards.test_imports import loaded_by


@pytest.mark.parametrize("module", ["hctui.tui.app", "hctui.tui.screens.charts"])
def test_plotext_is_not_loaded_before_a_chart_is_drawn(module: str) -> None:
    loaded = loaded_by(module)
    assert module in loaded
    assert not {name for name in loaded if "plotext" in name}


def test_the_console_loads_neither_charts_nor_history_before_they_are_opened() -> None:
    assert not loaded_by("hctui.tui.app") & {"hctui.tui.screens.charts", "hctui.tui.screens.history"}
