"""The effective settings as one immutable value: what holds, where it came from, and whether it arms a live run.

Built by `loading.py`, which has checked every value. Reads no file and no environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import tomli_w

from hctui.config import schema
from hctui.config.console import ConsoleSettings, Glyphs, OnHangup, Theme, keymap
from hctui.config.kinds import T, Value
from hctui.config.local_time import LOCAL_TIME
from hctui.config.notify import Target, target
from hctui.config.schema import SETTINGS
from hctui.config.setting import Group, Setting
from hctui.config.source import DEFAULT, Source, SourceKind
from hctui.core.calendar import read_span
from hctui.core.model import Severity
from hctui.core.policy import Mode, NPlusOne, Policy, Strategy

_MASK = "***"
_SECONDS_PER_MINUTE = 60
_SECONDS_PER_DAY = 86_400
_BEST_FIT_COOLDOWN_SECONDS = 60.0


class LiveConsent(Enum):
    """Whether somebody who meant hctui has agreed that it changes the cluster."""

    DRY_RUN = "dry run"
    """There is nothing to agree to."""
    GIVEN = "given"
    """hctui's own file, a flag or the console says so."""
    ARMED_BY_ENVIRONMENT = "armed by environment"
    """Only the environment says so, which may have been set for another tool."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value and the source that gave it."""

    value: Value = field(repr=False)
    source: Source


Layer = Mapping[str, Given]
"""What one kind of source gives, by the key of the setting."""

_DEFAULTS: Layer = {setting.key: Given(setting.default, DEFAULT) for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """How to reach the cluster and who to be there. `None` or empty means not set.

    Attributes:
        url: `https://host[:port]`, without a path.
        username: name of the cluster user.
        verify_ssl: whether the certificate must be trusted.
        ca_file: certificates (PEM) that are trusted instead of the system's.
        pins: SHA-256 fingerprints of trusted certificates, in lower-case hex.
        oidc: whether to log in at the configured OpenID Connect server.
        request_timeout_seconds: how long to wait for one answer.
        password_command: program and arguments that print the password.
        password_file: file whose first line is the password.
        password_keyring: whether the password is looked up in the system's keyring.
    """

    url: str | None
    username: str
    verify_ssl: bool
    ca_file: Path | None
    pins: tuple[str, ...]
    oidc: bool
    request_timeout_seconds: float
    password_command: tuple[str, ...] = field(repr=False)
    password_file: Path | None
    password_keyring: bool


class Shown(NamedTuple):
    """One setting as it may be shown: the value of a secret one is a mask."""

    setting: Setting[Any]
    value: Value
    source: Source

    @property
    def text(self) -> str:
        """The value as text."""
        return _MASK if self.value == _MASK else self.setting.kind.to_text(self.value)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    Attributes:
        file: the settings file, whether or not it exists.
        layers: what the sources gave, the one that prevails first: console, flags, environment, file.
    """

    file: Path
    layers: tuple[Layer, Layer, Layer, Layer] = field(repr=False)

    def given(self, setting: Setting[Any]) -> Given:
        """The value that holds, and its source."""
        return next(layer[setting.key] for layer in (*self.layers, _DEFAULTS) if setting.key in layer)

    def get(self, setting: Setting[T]) -> T:
        """The value that holds, as in `settings.get(schema.DRY_RUN)`."""
        return cast(T, self.given(setting).value)

    @property
    def cluster(self) -> ClusterSettings:
        """The settings of the group `cluster`, for the client of the cluster."""
        ca_file, password_file = self.get(schema.CA_FILE), self.get(schema.PASSWORD_FILE)
        return ClusterSettings(
            url=self.get(schema.BASE_URL) or None,
            username=self.get(schema.USERNAME),
            verify_ssl=self.get(schema.VERIFY_SSL),
            ca_file=Path(ca_file) if ca_file else None,
            pins=self.get(schema.PINNED_FINGERPRINTS),
            oidc=self.get(schema.OIDC),
            request_timeout_seconds=self.get(schema.REQUEST_TIMEOUT_SECONDS),
            password_command=self.get(schema.PASSWORD_COMMAND),
            password_file=Path(password_file) if password_file else None,
            password_keyring=self.get(schema.PASSWORD_KEYRING),
        )

    @property
    def console(self) -> ConsoleSettings:
        """The settings of the group `console`."""
        return ConsoleSettings(
            theme=Theme(self.get(schema.THEME)),
            glyphs=Glyphs(self.get(schema.GLYPHS)),
            bell=self.get(schema.BELL),
            on_hangup=OnHangup(self.get(schema.ON_HANGUP)),
            keys=keymap(self.get(schema.KEYS)),
        )

    def policy(self) -> Policy:
        """The settings of the group `balancer`, in the units of the core."""
        severity = self.get(schema.STAND_DOWN_SEVERITY)
        excluded = self.get(schema.EXCLUDE_NODE_IPS)
        return Policy(
            dry_run=self.get(schema.DRY_RUN),
            mode=Mode(self.get(schema.MODE)),
            window_seconds=self._seconds(schema.AVG_WINDOW_MINUTES),
            interval_seconds=self.get(schema.SAMPLE_INTERVAL_SECONDS),
            ram_limit_percent=self.get(schema.RAM_LIMIT_PERCENT),
            cpu_upper_percent=self.get(schema.CPU_UPPER_THRESHOLD_PERCENT),
            cpu_lower_percent=self.get(schema.CPU_LOWER_THRESHOLD_PERCENT),
            cluster_cooldown_seconds=self._cluster_cooldown_seconds(),
            vm_cooldown_seconds=self._seconds(schema.VM_MOVE_COOLDOWN_MINUTES),
            recovery_cooldown_seconds=self._seconds(schema.RECOVERY_COOLDOWN_MINUTES),
            migration_limit_seconds=self._seconds(schema.MIGRATION_LIMIT_MINUTES),
            proposal_limit_seconds=self._seconds(schema.PROPOSAL_LIMIT_MINUTES),
            excluded_node_ips=frozenset(excluded),
            stand_down_severity=None if severity == schema.NEVER else Severity(severity),
            return_ban_seconds=self._seconds(schema.RETURN_BAN_MINUTES),
            most_moves_per_hour=self.get(schema.MOST_MOVES_PER_HOUR),
            act_only=tuple(read_span(text) for text in self.get(schema.ACT_ONLY)),
            never=tuple(read_span(text) for text in self.get(schema.NEVER_ACT)),
            windows_bind_rules=self.get(schema.WINDOWS_BIND_RULES),
            failures_before_pause=self.get(schema.FAILURES_BEFORE_PAUSE),
            failure_pause_seconds=self._seconds(schema.FAILURE_PAUSE_MINUTES),
            strategy=self._strategy,
            level=self.get(schema.LEVEL),
            cpu_relief_percent=self.get(schema.CPU_RELIEF_PERCENT),
            target_margin_points=self.get(schema.TARGET_MARGIN_POINTS),
            move_cost_points=self.get(schema.MOVE_COST_POINTS),
            gib_cost_points=self.get(schema.GIB_COST_POINTS),
            ram_upper_percent=self.get(schema.RAM_UPPER_THRESHOLD_PERCENT) or None,
            most_vcpus_per_thread=self.get(schema.MOST_VCPUS_PER_THREAD) or None,
            n_plus_one=NPlusOne(self.get(schema.N_PLUS_ONE)),
            zone=LOCAL_TIME,
        )

    @property
    def notify(self) -> tuple[Target, ...]:
        """Who is told of which events."""
        return tuple(target(each) for each in self.get(schema.NOTIFY))

    @property
    def journal_keep_seconds(self) -> float:
        """How long samples and decisions are kept in the journal; never less than decisions look back."""
        days = self.get(schema.JOURNAL_KEEP_DAYS)
        return max(days * _SECONDS_PER_DAY, self.policy().keep_seconds)

    @property
    def live_consent(self) -> LiveConsent:
        """Whether a live run is wanted, and by whom.

        The environment may say `false` over a file that says `false` too: then the file has agreed.
        """
        if self.get(schema.DRY_RUN):
            return LiveConsent.DRY_RUN
        said = [layer[schema.DRY_RUN.key] for layer in self.layers if schema.DRY_RUN.key in layer]
        own = [given for given in said if given.source.kind is not SourceKind.ENVIRONMENT]
        agreed = any(given.value is False for given in own)
        return LiveConsent.GIVEN if agreed else LiveConsent.ARMED_BY_ENVIRONMENT

    def disarmed(self) -> Settings:
        """These settings as if the environment said nothing of a dry run."""
        console, flags, environment, file = self.layers
        rest = {key: given for key, given in environment.items() if key != schema.DRY_RUN.key}
        return replace(self, layers=(console, flags, MappingProxyType(rest), file))

    def values(self) -> list[Shown]:
        """Every setting with its value and source, in the order of the table; secrets are masked."""
        return [
            Shown(setting, _MASK if setting.secret and given.value else given.value, given.source)
            for setting in SETTINGS
            for given in [self.given(setting)]
        ]

    def export(self) -> str:
        """The effective settings as TOML that loads to the same values, except for secrets, which are left out."""
        tables: dict[str, dict[str, object]] = {group.value: {} for group in Group}
        left_out = []
        for setting in SETTINGS:
            value = self.get(setting)
            if setting.secret and value:
                left_out.append(f"# {setting.name} is set but left out: it may hold a secret.\n")
            else:
                tables[setting.group][setting.key] = setting.kind.to_toml(value)
        return "".join(left_out) + tomli_w.dumps(tables)

    @property
    def _strategy(self) -> Strategy:
        return Strategy(self.get(schema.STRATEGY))

    def _cluster_cooldown_seconds(self) -> float:
        """As set; where nobody did, best-fit needs a short one only, since it forgets nothing."""
        is_set = self.given(schema.MIGRATION_COOLDOWN_MINUTES).source is not DEFAULT
        if self._strategy is Strategy.BEST_FIT and not is_set:
            return _BEST_FIT_COOLDOWN_SECONDS
        return self._seconds(schema.MIGRATION_COOLDOWN_MINUTES)

    def _seconds(self, setting: Setting[float]) -> float:
        return self.get(setting) * _SECONDS_PER_MINUTE
