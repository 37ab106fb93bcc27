"""The console knows an engine by its views, commands and questions, and nothing of what is behind them.

This looks at what is written, not at what gets loaded: an import inside a function or for types alone counts as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hctui.tui

ALLOWED = (
    "hctui.config",
    "hctui.core",
    "hctui.outlet",
    "hctui.tui",
    "hctui.engine.commands",
    "hctui.engine.probes",
    "hctui.engine.queries",
    "hctui.engine.view",
    "hctui.replay",
)

FOLDER = Path(hctui.tui.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))


def imported(source: str) -> Iterator[str]:
    """The modules of ours that a source names in an import; relative ones as they are written."""
    for each in ast.walk(ast.parse(source)):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names if alias.name.split(".")[0] == "hctui")
        elif isinstance(each, ast.ImportFrom) and each.level:
            yield "." * each.level + (each.module or "")
        elif isinstance(each, ast.ImportFrom) and (each.module or "").split(".")[0] == "hctui":
            # `from hctui.engine import view` names a module only as what is taken from it.
            is_package = each.module in ("hctui", "hctui.engine")
            yield from (
                f"{each.module}.{alias.name}" if is_package else str(each.module) for alias in each.names
            )


def forbidden(source: str) -> list[str]:
    """What a source imports of ours that the console may not know."""
    names = imported(source)
    return [name for name in names if not any(f"{name}.".startswith(f"{each}.") for each in ALLOWED)]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_the_console_imports_only_what_it_may_know(module: Path) -> None:
    assert forbidden(module.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import hctui.engine.engine", ["hctui.engine.engine"]),
        ("from hctui.engine import desk", ["hctui.engine.desk"]),
        ("from hctui import journal", ["hctui.journal"]),
        ("def f():\n    from hctui.api.client import Client", ["hctui.api.client"]),
        ("if TYPE_CHECKING:\n    from hctui.sim.world import World", ["hctui.sim.world"]),
        ("from ..engine import engine", ["..engine"]),
        ("from hctui.engine.viewer import View", ["hctui.engine.viewer"]),
        ("from hctui.engine import view\nfrom hctui.core import checks\nimport hctui.config, textual", []),
    ],
)
def test_it_would_be_seen(source: str, found: list[str]) -> None:
    assert forbidden(source) == found
