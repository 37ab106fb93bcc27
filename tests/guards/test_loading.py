"""What a command loads: help is quick, and a balancer on a real cluster carries no simulator and no web framework."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.test_imports import loaded_by

_PROBE = """
import sys
from hctui.cli import hctui
try:
    hctui.main(sys.argv[1:], standalone_mode=False)
except BaseException:
    pass
print("\\n".join(sys.modules), file=sys.stderr)
"""

_NETWORK = {"httpx", "ssl", "asyncio"}
_SIMULATOR = {"starlette", "uvicorn", "hctui.sim"}
_ON_REQUEST = {"tomlkit", "keyring", "textual", "plotext"}
_CONSOLE = {"hctui.tui.app", "hctui.tui.widgets", "rich"}


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], _NETWORK | _SIMULATOR | _ON_REQUEST | {"sqlite3", "cryptography"}),
        (["config", "show"], _NETWORK | _SIMULATOR | _ON_REQUEST | {"sqlite3", "cryptography"}),
        (["report", "--help"], _NETWORK | _SIMULATOR | _ON_REQUEST),
        (["approve", "--help"], _NETWORK | _SIMULATOR | _ON_REQUEST | _CONSOLE),
        (["status"], {"httpx", "cryptography"} | _SIMULATOR | _ON_REQUEST | _CONSOLE),
        (["pause"], {"httpx", "cryptography"} | _SIMULATOR | _ON_REQUEST | _CONSOLE),
        (
            ["run", "--once", "--host", "127.0.0.1:9", "--username", "nobody"],
            _SIMULATOR | _ON_REQUEST | {"cryptography"},
        ),
    ],
)
def test_a_command_loads_only_what_it_needs(tmp_path: Path, arguments: list[str], unwanted: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *arguments],
        env={"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "SC_PASSWORD": "unused"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.splitlines())
    assert "hctui.cli" in loaded
    assert loaded & unwanted == set()


@pytest.mark.parametrize(
    "module", ["hctui.cli.conversation", "hctui.cli.health", "hctui.engine.remote_client"]
)
def test_talking_to_an_engine_loads_neither_a_console_nor_a_client_of_clusters(module: str) -> None:
    loaded = loaded_by(module)
    assert module in loaded
    assert loaded & ({"httpx", "cryptography"} | _SIMULATOR | _ON_REQUEST | _CONSOLE) == set()
