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


def read_names(path: Path) -> dict[str, str]:
    """What VMs and nodes were called in the latest sample, by their ids; empty if there is none.

    Raises:
        JournalError: the journal cannot be read.
    """
    with asked(path, "sample") as connection:
        row = connection.execute(
            "SELECT body FROM inventories WHERE id = (SELECT inventory_id FROM samples ORDER BY id DESC LIMIT 1)"
        ).fetchone()
        if row is None:
            return {}
        inventory = encoding.read_inventory(row[0])
        return {
            **{vm.id: vm.name for vm in inventory.vms},
            **{node.id: node.name for node in inventory.nodes},
        }
