"""Where the nodes of a cluster were when it was last read, for a start while the configured one is down. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hctui.journal import encoding
from hctui.journal.finding import find
from hctui.journal.reading import asked


@dataclass(frozen=True, slots=True)
class LastNodes:
    """The cluster, and the LAN addresses of its nodes in its latest sample; those without one are left out."""

    cluster_id: str
    lan_ips: tuple[str, ...]


def last_nodes(folder: Path, address: str) -> LastNodes | None:
    """Those of the cluster that was reached at an address, as the settings write it; `None` if no sample is known.

    Raises:
        JournalError: a journal, which may be the one, cannot be read.
    """
    info = find(folder, address)
    if info is None:
        return None
    with asked(info.path, "sample") as connection:
        row = connection.execute(
            "SELECT body FROM inventories WHERE id = (SELECT inventory_id FROM samples ORDER BY id DESC LIMIT 1)"
        ).fetchone()
        if row is None:
            return None
        nodes = encoding.read_inventory(row[0]).nodes
        return LastNodes(info.cluster_id, tuple(node.lan_ip for node in nodes if node.lan_ip))
