"""Alerts of the cluster as the API shows and filters them.

Most exist all the time and are merely not set; some are set and not meant to be seen, or not to be trusted.
Both occur on real clusters, and a client has to tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from hctui.sim import wire
from hctui.sim.cluster import Cluster
from hctui.sim.inventory import SimNode
from hctui.sim.noise import identifier

_POLL_MILLISECONDS = 10_000
_EXPIRY_MILLISECONDS = 60_000


@dataclass(frozen=True, slots=True)
class ConditionFilter:
    """What `GET /Condition/filter` may be narrowed by; the defaults let everything pass.

    Raises (`matches`):
        re.error: `name` is not a regular expression.
    """

    name: str = ""
    node_ids: Sequence[str] = ()
    only_set: bool = False
    only_not_ok: bool = False
    modified_within_seconds: float | None = None
    with_tags: Sequence[str] = ()
    without_tags: Sequence[str] = ()

    def matches(self, condition: wire.Condition, now: float) -> bool:
        """Whether the condition passes every part that is given."""
        tags = set(condition.tags)
        since_milliseconds = 1000 * now - condition.modified
        return (
            bool(re.search(self.name, condition.name))
            and (not self.node_ids or condition.nodeUUID in self.node_ids)
            and (not self.only_set or condition.value)
            and (not self.only_not_ok or not condition.isOK)
            and (
                self.modified_within_seconds is None
                or since_milliseconds <= 1000 * self.modified_within_seconds
            )
            and (not self.with_tags or bool(tags & set(self.with_tags)))
            and not tags & set(self.without_tags)
        )


def condition_views(cluster: Cluster, wanted: ConditionFilter) -> list[wire.Condition]:
    """The conditions that pass the filter.

    Raises:
        re.error: the filter's name is not a regular expression.
    """
    return [condition for condition in _all(cluster) if wanted.matches(condition, cluster.now)]


def _all(cluster: Cluster) -> Iterator[wire.Condition]:
    """Every condition there is, set or not."""
    clock = _Clock(cluster.world.start, cluster.now)
    for node in cluster.nodes.values():
        prefix, address = f"node.{node.id[:8]}", node.lan_ip
        offline = _Alert(
            f"{prefix}.offline", f"Node {address} is offline", not node.is_online, "CRITICAL", node
        )
        yield clock.condition(offline, node.online_changed)
        drive = f"A drive of node {address} is failing"
        yield clock.condition(_Alert(f"{prefix}.drive.0.unhealthy", drive, False, "ERROR", node))
        yield clock.condition(
            _Alert(f"{prefix}.heartbeat", "Heartbeat", True, "INFO", node, is_visible=False)
        )
    tunnel = "The support tunnel is open"
    yield clock.condition(_Alert("cluster.supporttunnel", tunnel, True, "NOTICE", None, is_ok=False))
    for fault in cluster.faults.active("condition_set"):
        text = fault.text("text")
        name = f"scribe.{identifier('condition', text)[:8]}"
        severity = cast(wire.Severity, fault.text("severity"))
        node_or_none = cluster.nodes.get(fault.text("node"))
        yield clock.condition(_Alert(name, text, True, severity, node_or_none), fault.since)


@dataclass(frozen=True, slots=True)
class _Alert:
    """What is particular about one condition."""

    name: str
    text: str
    is_set: bool
    severity: wire.Severity
    node: SimNode | None
    is_visible: bool = True
    is_ok: bool = True


@dataclass(frozen=True, slots=True)
class _Clock:
    """Gives alerts their times."""

    start: float
    now: float

    def condition(self, alert: _Alert, changed: float = 0.0) -> wire.Condition:
        """The alert as the API shows it; `changed` is when it was last set or cleared, if ever."""
        changed_at = int(1000 * (changed or self.start))
        polled_at = int(1000 * self.now) // _POLL_MILLISECONDS * _POLL_MILLISECONDS
        node = alert.node
        return wire.Condition(
            name=alert.name,
            description=alert.text,
            value=alert.is_set,
            nodeUUID=node.id if node else "",
            nodeLANIP=node.lan_ip if node else "",
            modified=changed_at,
            userVisible=alert.is_visible,
            techNotes="",
            pollInterval=_POLL_MILLISECONDS,
            expirationInterval=_EXPIRY_MILLISECONDS,
            setDelay=0,
            clearDelay=0,
            lastSetTime=changed_at if alert.is_set else 0,
            lastClearTime=0 if alert.is_set else changed_at,
            guaranteedValidTime=polled_at + _EXPIRY_MILLISECONDS,
            isExpired=False,
            lastPollFailed=not alert.is_ok,
            isInitialized=True,
            isOK=alert.is_ok,
            nodeBackplaneIP=node.backplane_ip if node else "",
            severity=alert.severity,
            tags=(),
        )
