"""What gets loaded: a look at `sys.modules` after an import, in an interpreter of its own."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import hctui.core

CORE = ["hctui.core", *(f"hctui.core.{module.name}" for module in pkgutil.iter_modules(hctui.core.__path__))]

FORBIDDEN_TO_CORE = {"asyncio", "logging", "socket", "ssl", "sqlite3", "random", "threading"}

_PROBE = """
import importlib, json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(*modules: str) -> set[str]:
    """The modules that importing these loads, beyond what a bare interpreter has."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *modules], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def _packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("modules", [["hctui.core.balancer"], CORE], ids=["the cycle", "all of core"])
def test_core_loads_the_standard_library_and_itself_only(modules: list[str]) -> None:
    loaded = loaded_by(*modules)
    assert {name for name in loaded if name.startswith("hctui")} <= {"hctui", *CORE}
    assert _packages(loaded) - sys.stdlib_module_names == {"hctui"}
    assert not _packages(loaded) & FORBIDDEN_TO_CORE
