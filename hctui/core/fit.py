"""Where a new VM would fit best, and why not elsewhere. Looks at one moment: there may be no history."""

from __future__ import annotations

from dataclasses import dataclass

from hctui.core import checks, relief
from hctui.core.checks import up_to_failure
from hctui.core.decision import Check, Verdict
from hctui.core.model import Node, Vm, VmId, VmState
from hctui.core.situation import Situation
from hctui.core.wording import percent


@dataclass(frozen=True, slots=True)
class Place:
    """A node, tried for a new VM.

    Attributes:
        verdicts: its checks, up to the first that fails.
        cpu_percent: what it has to do now; `None` if it does not say.
        ram_percent: RAM in use with the VM; `None` where that is not known.
        vcpus_per_thread: with the VM.
    """

    node: Node
    verdicts: tuple[Verdict, ...]
    cpu_percent: float | None
    ram_percent: float | None
    vcpus_per_thread: float | None

    @property
    def ok(self) -> bool:
        """Whether the VM fits."""
        return self.verdicts[-1].ok


def places(s: Situation, mem_bytes: int, vcpus: int) -> tuple[Place, ...]:
    """Every node for a new VM of that size, the best first: those it fits on, cool ones first, then by RAM left."""
    new = Vm(VmId(""), "the new VM", None, VmState.SHUTOFF, VmState.SHUTOFF, mem_bytes, vcpus)
    tried = [_place(s, new, node) for node in s.snapshot.nodes.values()]
    return tuple(sorted(tried, key=lambda place: _order(s, place)))


def _place(s: Situation, new: Vm, node: Node) -> Place:
    verdicts = up_to_failure(
        (
            checks.usable(s, new.mem_bytes, node),
            checks.ram(s, new.mem_bytes, node),
            checks.vcpus(s, new, node),
            checks.n_plus_one(s, new, node),
            _cool(s, node),
        )
    )
    used = s.mem_used_bytes[node.id]
    ram = None if used is None or not node.mem_bytes else 100.0 * (used + new.mem_bytes) / node.mem_bytes
    ratio = (sum(vm.vcpus for vm in s.placed[node.id]) + new.vcpus) / node.threads if node.threads else None
    return Place(node, verdicts, node.cpu_percent, ram, ratio)


def _cool(s: Situation, node: Node) -> Verdict:
    """Its CPU now is not above what counts as hot; not known is not cool."""
    limit, now = relief.hot_above_percent(s.policy), node.cpu_percent
    if now is None:
        return Verdict(Check.TARGET_CPU, False, f"CPU of {node.name} is not known.", None, limit)
    told = "not above" if now <= limit else "above"
    return Verdict(
        Check.TARGET_CPU, now <= limit, f"CPU {percent(now)} now, {told} {percent(limit)}.", now, limit
    )


def _order(s: Situation, place: Place) -> tuple[bool, bool, float, str]:
    takes = relief.takes_below_percent(s.policy)
    busy = place.cpu_percent is None or place.cpu_percent >= takes
    ram = float("inf") if place.ram_percent is None else place.ram_percent
    return not place.ok, busy, ram, place.node.id
