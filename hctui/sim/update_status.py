"""The update status file, `/update/update_status.json`: the latest update of HyperCore, running or done.

A file outside the API, in which every scalar is a text. Returned as bytes, since it may be cut off.
"""

from __future__ import annotations

import msgspec

from hctui.sim.cluster import Cluster

_COMPONENTS = 2075
_UPDATE_SECONDS = 1800.0
_FORMER_BUILD = "216011"


def update_status(cluster: Cluster) -> bytes | None:
    """The content of the file as the faults that are set let it be; `None` if it does not exist."""
    faults = cluster.faults
    if faults.active("update_status_absent"):
        return None
    preparing = next(iter(faults.active("update_preparing")), None)
    status = {
        "prepareStatus": {"state": preparing.text("state")} if preparing else "",
        "updateStatus": _latest(cluster),
    }
    content = msgspec.json.encode(status)
    return content[: len(content) // 2] if faults.active("update_status_unreadable") else content


def _latest(cluster: Cluster) -> dict[str, object]:
    settings = cluster.scenario.cluster
    running = next(iter(cluster.faults.active("update_running")), None)
    version = settings.available_update or settings.version if running else settings.version
    fraction = min(0.99, (cluster.now - running.since) / _UPDATE_SECONDS) if running else 1.0
    node = next(iter(cluster.nodes.values()))
    return {
        "masterStateID": "3" if running else "4",
        "masterState": "IN PROGRESS" if running else "COMPLETE",
        "fromBuild": _build(settings.version) if running else _FORMER_BUILD,
        "toBuild": _build(version),
        "toVersion": version,
        "currentComponent": str(int(fraction * _COMPONENTS)),
        "totalComponents": str(_COMPONENTS),
        "percent": str(int(100 * fraction)),
        "status": {
            "component": f"{int(fraction * _COMPONENTS)}/{_COMPONENTS}",
            "node": node.lan_ip,
            "statusdetails": "Installing" if running else "Update Complete.",
            "usernotes": "",
        },
    }


def _build(version: str) -> str:
    return version.rsplit(".", 1)[-1]
