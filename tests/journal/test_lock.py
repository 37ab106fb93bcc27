"""Only one engine may work on the journal of a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hctui.journal import Journal, JournalError
from hctui.journal.lock import sole_engine
from tests.journal.build import ADDRESS, CLUSTER

HOLD = """
import sys
from pathlib import Path
from hctui.journal.lock import sole_engine
with sole_engine(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


async def test_a_second_engine_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    async with Journal.open(tmp_path, CLUSTER, ADDRESS) as journal:
        with pytest.raises(JournalError, match=rf"process {os.getpid()}, already balances this cluster"):
            async with Journal.open(tmp_path, CLUSTER, ADDRESS):
                pass
        assert journal.path.with_suffix(".lock").stat().st_mode & 0o077 == 0
    async with Journal.open(tmp_path, CLUSTER, ADDRESS):
        pass


def test_a_killed_holder_leaves_nothing_locked(tmp_path: Path) -> None:
    path = tmp_path / "c1.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(JournalError, match=f"process {holder.pid}"), sole_engine(path):
            pass
        holder.kill()
    with sole_engine(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "c1.lock").symlink_to(victim)
    with pytest.raises(JournalError, match="cannot be opened"), sole_engine(tmp_path / "c1.lock"):
        pass
    assert victim.read_text() == "precious"
