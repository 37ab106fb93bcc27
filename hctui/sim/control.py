"""`/sim/faults` and `/sim/state`: looking into the simulation and switching its faults with curl.

Outside the API, because no cluster has it; only for this machine. By the name localhost, since at an address nobody
is heard while `tls_broken` is set.

    curl -k https://localhost:PORT/sim/faults
    curl -k https://localhost:PORT/sim/faults -d '{"set": "node_offline", "with": {"node": 12}}'
    curl -k https://localhost:PORT/sim/faults -d '{"clear": "node_offline"}'
    curl -k https://localhost:PORT/sim/state
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from hctui.sim.cluster import Cluster
from hctui.sim.exchange import Reply, error_reply, reply_with
from hctui.sim.fault_table import FAULTS, Parameter
from hctui.sim.faults import FaultError


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"with_": "with"}):
    """What is posted: the name of a fault to set or to clear, and its parameters."""

    set: str = ""
    clear: str = ""
    with_: Mapping[str, str | int | float] = {}


def faults_reply(cluster: Cluster) -> Reply:
    """Which faults are set, and all that there are."""
    active = [
        {"name": fault.name, "with": fault.parameters, "remaining": fault.remaining, "since": fault.since}
        for fault in cluster.faults
    ]
    known = {
        kind.name: {"summary": kind.summary, "with": {key: _told(p) for key, p in kind.parameters.items()}}
        for kind in FAULTS.values()
    }
    return reply_with({"set": active, "faults": known})


def switch_reply(cluster: Cluster, body: bytes) -> Reply:
    """Set or clear a fault, and answer as `faults_reply`; 400 says what was wrong."""
    try:
        switch = msgspec.json.decode(body, type=Switch)
        if bool(switch.set) == bool(switch.clear):
            return error_reply(400, 'Name one fault, as {"set": "..."} or {"clear": "..."}')
        if switch.set:
            cluster.faults.set(switch.set, **switch.with_)
        else:
            cluster.faults.clear(switch.clear, **switch.with_)
    except (msgspec.DecodeError, FaultError) as error:
        return error_reply(400, str(error))
    return faults_reply(cluster)


def state_reply(cluster: Cluster) -> Reply:
    """The cluster in short: nodes, tasks under way, what was asked of it, what was moved."""
    return reply_with(
        {
            "scenario": cluster.scenario.name,
            "seed": cluster.world.seed,
            "elapsed_seconds": cluster.now - cluster.world.start,
            "nodes": [_node(cluster, octet) for octet in cluster.scenario.octets],
            "vm_states": Counter(vm.ui_state for vm in cluster.vms.values()),
            "faults": [fault.name for fault in cluster.faults],
            "requests": cluster.audit.requests,
            "writes": cluster.audit.writes,
            "migrations": cluster.audit.migrations,
            "open_sessions": len(cluster.open_sessions),
        }
    )


def _node(cluster: Cluster, octet: int) -> dict[str, Any]:
    node = cluster.node(octet)
    return {
        "lan_ip": node.lan_ip,
        "uuid": node.id,
        "network_status": node.network_status,
        "cpu_percent": round(cluster.statistics.node_cpu_percent[node.id], 1),
        "memory_percent": round(100 * cluster.world.memory_used(node) / node.memory_bytes, 1),
        "vms": sum(vm.node_id == node.id for vm in cluster.vms.values()),
    }


def _told(parameter: Parameter) -> dict[str, Any]:
    told: dict[str, Any] = {"is": parameter.kind.value}
    return told if parameter.default is ... else {**told, "default": parameter.default}
