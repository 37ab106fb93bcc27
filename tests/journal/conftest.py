from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hctui.journal import Journal
from tests.journal.build import ADDRESS, CLUSTER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journals"


@pytest.fixture
async def journal(folder: Path) -> AsyncIterator[Journal]:
    async with Journal.open(folder, CLUSTER, ADDRESS) as opened:
        yield opened
