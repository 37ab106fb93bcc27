"""What the program sets for itself, a test of it takes back: the next test runs in the same process."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """`main` allows nobody else to read what it writes."""
    before = os.umask(0o022)
    yield
    os.umask(before)
