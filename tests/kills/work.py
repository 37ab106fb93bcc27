"""What gives the balancer something to do: an administrator who tags VMs, and VMs that come under load.

Knows the simulated cluster and the documented rules; nothing of the balancer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from hctui.sim import Cluster
from hctui.sim.inventory import SimVm

SCENE = Path(__file__).with_name("scene.toml")
RAM_LIMIT_PERCENT = 70.0

_PAIRS = 3
_SURGE = 6.0


def set_to_work(cluster: Cluster, chance: Random) -> None:
    """New rules, some of them broken as the VMs are now, and at times a node that is too busy.

    Only to be called while no balancer runs: it must not see half of it.
    """
    rest(cluster)
    vms = list(cluster.vms.values())
    chance.shuffle(vms)
    for _ in range(_PAIRS):
        pair = next(((a, b) for a in vms for b in vms if a is not b and a.node_id == b.node_id), None)
        if pair is not None:
            pair[0].tags = f"anti_{pair[1].name}"
            vms = [vm for vm in vms if vm not in pair]
    if chance.random() < 0.5:
        busy = chance.choice(list(cluster.nodes))
        for vm in cluster.vms.values():
            if vm.node_id == busy:
                cluster.faults.set("load_surge", vms=vm.name, factor=_SURGE)


def rest(cluster: Cluster) -> None:
    """No rules and no load: nothing is left to do."""
    for vm in cluster.vms.values():
        vm.tags = ""
    cluster.faults.clear("load_surge")
    cluster.world.revision += 1


def broken_by_arrival(cluster: Cluster, vm: SimVm, target_id: str) -> Iterator[str]:
    """Which rules it breaks that a VM comes to a node, in sentences. To be asked while it is on its way there."""
    node = cluster.nodes[target_id]
    for other in cluster.vms.values():
        is_apart = f"anti_{other.name}" in vm.tags.split(",") or f"anti_{vm.name}" in other.tags.split(",")
        if other is not vm and is_apart and target_id in (other.node_id, other.incoming_id):
            yield f"{vm.name} was sent to {node.lan_ip}, where {other.name} is, from which it must be apart."
    used_percent = 100.0 * cluster.world.memory_used(node) / node.memory_bytes
    if used_percent > RAM_LIMIT_PERCENT:
        yield f"{vm.name} was sent to {node.lan_ip}, whose RAM is thereby used to {used_percent:.1f} %."
