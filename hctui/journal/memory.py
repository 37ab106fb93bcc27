"""What a balancer remembered when it last wrote, for commands that look at it while none runs. Reads only."""

from __future__ import annotations

from pathlib import Path

from hctui.core.state import State
from hctui.journal import encoding
from hctui.journal.reading import asked


def read_memory(path: Path) -> State:
    """The state as it was saved last, without its samples; `State()` if there is none.

    Raises:
        JournalError: the journal cannot be read, or the state has a shape of another version.
    """
    with asked(path, "state") as connection:
        row = connection.execute("SELECT body FROM state").fetchone()
        return encoding.read_state(row[0]) if row else State()
