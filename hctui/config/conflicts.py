"""Checks that take two settings: each value is fine alone, but they do not go together."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hctui.config import schema
from hctui.config.setting import Setting
from hctui.config.settings import Settings


def conflicts(settings: Settings, *, leave_out: Collection[str] = ()) -> list[str]:
    """One sentence for each conflict; it names both settings and where their values came from.

    Args:
        settings: what is checked.
        leave_out: keys whose value was wrong by itself. What holds in their place says nothing.
    """

    def told(setting: Setting[Any]) -> str:
        given = settings.given(setting)
        return f"{setting.name} = {setting.kind.to_text(given.value)} {setting.unit} ({given.source})"

    policy = settings.policy()
    lower, upper = schema.CPU_LOWER_THRESHOLD_PERCENT, schema.CPU_UPPER_THRESHOLD_PERCENT
    interval, window = schema.SAMPLE_INTERVAL_SECONDS, schema.AVG_WINDOW_MINUTES
    table = (
        (lower, "must be below", upper, policy.cpu_lower_percent < policy.cpu_upper_percent),
        (interval, "must fit into", window, policy.interval_seconds <= policy.window_seconds),
    )
    return [
        f"{told(one)} {relation} {told(other)}."
        for one, relation, other, holds in table
        if not holds and one.key not in leave_out and other.key not in leave_out
    ]
