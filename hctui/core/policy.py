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

LONG_WINDOW_SECONDS = 3600.0

JUDGED_SHARE = 0.4
"""Best-fit judges load by this part of the averaging window. Each minute that it waits longer is a minute of overload
for every hot spot, and saves hardly a move: the benchmark of quality tells how many."""

LEAST_JUDGED = 3
"""It judges by so many samples at least, as far as the window holds them: by fewer, a hot node could not be told from
a short burst."""


class Mode(StrEnum):
    """Who pulls the trigger: the balancer itself, or a person for each move."""

    AUTO = "auto"
    APPROVE = "approve"


class Strategy(StrEnum):
    """How load is balanced: by the documented rule, to the letter, or by weighing all moves against each other."""

    DOCUMENTED = "documented"
    BEST_FIT = "best-fit"


class NPlusOne(StrEnum):
    """What is done about a move after which the other nodes could not hold the VMs of a node that fails."""

    OFF = "off"
    WARN = "warn"
    VETO = "veto"


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
        strategy: how load is balanced. What follows up to `n_plus_one` matters under best-fit only.
        level: 1 (rules only) to 5 (evens out below the threshold too): how readily it moves VMs for load.
        cpu_relief_percent: a hot node is to come down to this, or to the mean of the cluster if that is higher.
        target_margin_points: so far below the upper threshold a target must stay once the VM has arrived.
        move_cost_points: a move must relieve a node by more percentage points of CPU than this.
        gib_cost_points: by so much more for every GiB of RAM that has to be copied.
        ram_upper_percent: a node with more RAM in use is to be relieved of RAM; `None`: RAM alone is no reason to move.
        most_vcpus_per_thread: the most vCPUs per hardware thread that a target may have; `None`: no limit.
        n_plus_one: what is done when the cluster could no longer do without one of its nodes.
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
    strategy: Strategy = Strategy.DOCUMENTED
    level: int = 3
    cpu_relief_percent: float = 60.0
    target_margin_points: float = 8.0
    move_cost_points: float = 5.0
    gib_cost_points: float = 0.2
    ram_upper_percent: float | None = None
    most_vcpus_per_thread: float | None = None
    n_plus_one: NPlusOne = NPlusOne.WARN
    zone: tzinfo = field(default=UTC, compare=False)

    @property
    def keep_seconds(self) -> float:
        """How long samples are kept in memory: the longest window in use, and one poll that came late."""
        windows = {Strategy.DOCUMENTED: self.window_seconds, Strategy.BEST_FIT: self.long_window_seconds}
        return windows[self.strategy] + self.interval_seconds

    @property
    def judged_seconds(self) -> float:
        """Under best-fit load is judged by the latest part of the window: it has no need to wait for all of it."""
        least_seconds = min(LEAST_JUDGED * self.interval_seconds, self.window_seconds)
        return max(JUDGED_SHARE * self.window_seconds, least_seconds)

    @property
    def long_window_seconds(self) -> float:
        """The second window that targets are judged by, so that a quiet moment does not pass for a quiet node."""
        return max(LONG_WINDOW_SECONDS, self.window_seconds)

    @property
    def stale_after_seconds(self) -> float:
        """Data older than this is not decided on: three polls, or a minute where polls are quick."""
        return max(3 * self.interval_seconds, 60.0)
