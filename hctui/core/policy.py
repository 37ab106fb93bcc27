"""Thresholds, waiting times and switches of the balancer, as one value in the core's own units.

`hctui.config` builds it from the settings and guarantees that it makes sense (lower below upper, a window of at
least one interval); the console changes it by building another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum

from hctui.core.calendar import Span
from hctui.core.model import Severity


class Mode(StrEnum):
    """Who pulls the trigger: the balancer itself, or a person for each move."""

    AUTO = "auto"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Policy:
    """How the balancer behaves. Defaults are those of `default_config.toml`; a test compares the two.

    Attributes:
        dry_run: no request that changes the cluster is ever sent; moves are imagined instead.
        mode: who pulls the trigger. Independent of `dry_run`.
        window_seconds: CPU figures are means over this time.
        interval_seconds: time between two polls of the cluster.
        ram_limit_percent: the most RAM a target may use once the VM has arrived.
        cpu_upper_percent: a node whose mean CPU is above is hot.
        cpu_lower_percent: a target's mean CPU must be below.
        cluster_cooldown_seconds: rest of the whole cluster after any migration has ended.
        vm_cooldown_seconds: rest of one VM after it has arrived somewhere.
        recovery_cooldown_seconds: rest after the cluster was not well.
        migration_limit_seconds: after this time a migration whose end cannot be seen is given up.
        proposal_limit_seconds: after this time a proposal nobody answered expires.
        excluded_node_ips: LAN addresses of nodes that are neither source nor target.
        stand_down_severity: an alert of this severity or worse stops migrations; `None`: alerts never do.
        return_ban_seconds: for so long a VM that left a node is not moved back there for load; 0: no such ban.
        most_moves_per_hour: so many moves within an hour, and the balancer makes no further one; 0: no limit.
        act_only: windows in which the balancer may move VMs; none: at any time.
        never: windows in which it may not; they prevail.
        windows_bind_rules: whether fixing a rule waits for the windows as load does.
        failures_before_pause: so many migrations that fail in a row pause the balancer; 0: they never do.
        failure_pause_seconds: how long such a pause lasts; 0: until a person ends it.
        zone: the local time that windows are meant in. No setting, so two policies may be equal without it.
    """

    dry_run: bool = True
    mode: Mode = Mode.AUTO
    window_seconds: float = 300.0
    interval_seconds: float = 30.0
    ram_limit_percent: float = 70.0
    cpu_upper_percent: float = 80.0
    cpu_lower_percent: float = 50.0
    cluster_cooldown_seconds: float = 300.0
    vm_cooldown_seconds: float = 1800.0
    recovery_cooldown_seconds: float = 900.0
    migration_limit_seconds: float = 3600.0
    proposal_limit_seconds: float = 600.0
    excluded_node_ips: frozenset[str] = frozenset()
    stand_down_severity: Severity | None = Severity.CRITICAL
    return_ban_seconds: float = 7200.0
    most_moves_per_hour: int = 12
    act_only: tuple[Span, ...] = ()
    never: tuple[Span, ...] = ()
    windows_bind_rules: bool = True
    failures_before_pause: int = 3
    failure_pause_seconds: float = 3600.0
    zone: tzinfo = field(default=UTC, compare=False)

    @property
    def keep_seconds(self) -> float:
        """How long samples are kept in memory: the window, and one poll that came late."""
        return self.window_seconds + self.interval_seconds

    @property
    def stale_after_seconds(self) -> float:
        """Data older than this is not decided on: three polls, or a minute where polls are quick."""
        return max(3 * self.interval_seconds, 60.0)
