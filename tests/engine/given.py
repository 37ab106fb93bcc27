"""Settings for tests that think in policies: the same values, as if a settings file had given them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from hctui.config import BY_KEY, Settings, Source, SourceKind
from hctui.config.kinds import Value
from hctui.config.schema import NEVER
from hctui.config.settings import Given
from hctui.core.policy import Policy


def settings_of(
    policy: Policy, file: Path = Path("/nowhere/config.toml"), others: Mapping[str, Value] | None = None
) -> Settings:
    """Settings whose `policy()` is the one given; `others` are settings by key, such as those of the cluster."""
    minutes = {
        "avg_window_minutes": policy.window_seconds,
        "migration_cooldown_minutes": policy.cluster_cooldown_seconds,
        "vm_move_cooldown_minutes": policy.vm_cooldown_seconds,
        "recovery_cooldown_minutes": policy.recovery_cooldown_seconds,
        "migration_limit_minutes": policy.migration_limit_seconds,
        "proposal_limit_minutes": policy.proposal_limit_seconds,
        "return_ban_minutes": policy.return_ban_seconds,
        "failure_pause_minutes": policy.failure_pause_seconds,
    }
    values: dict[str, Value] = {
        "dry_run": policy.dry_run,
        "mode": policy.mode.value,
        "sample_interval_seconds": policy.interval_seconds,
        "ram_limit_percent": policy.ram_limit_percent,
        "cpu_upper_threshold_percent": policy.cpu_upper_percent,
        "cpu_lower_threshold_percent": policy.cpu_lower_percent,
        "exclude_node_ips": tuple(sorted(policy.excluded_node_ips)),
        "stand_down_severity": policy.stand_down_severity.value if policy.stand_down_severity else NEVER,
        "most_moves_per_hour": policy.most_moves_per_hour,
        "failures_before_pause": policy.failures_before_pause,
        "strategy": policy.strategy.value,
        "level": policy.level,
        "cpu_relief_percent": policy.cpu_relief_percent,
        "target_margin_points": policy.target_margin_points,
        "move_cost_points": policy.move_cost_points,
        "gib_cost_points": policy.gib_cost_points,
        "ram_upper_threshold_percent": policy.ram_upper_percent or 0.0,
        "most_vcpus_per_thread": policy.most_vcpus_per_thread or 0.0,
        "n_plus_one": policy.n_plus_one.value,
        "act_only": tuple(span.text for span in policy.act_only),
        "never": tuple(span.text for span in policy.never),
        "windows_bind_rules": policy.windows_bind_rules,
        **{key: seconds / 60 for key, seconds in minutes.items()},
        **(others or {}),
    }
    source = Source(SourceKind.FILE, str(file))
    assert set(values) <= set(BY_KEY)
    layer = MappingProxyType({key: Given(value, source) for key, value in values.items()})
    empty: MappingProxyType[str, Given] = MappingProxyType({})
    settings = Settings(file, (empty, empty, empty, layer))
    assert settings.policy() == policy
    return settings
