"""What a setting is, apart from which settings there are: its group, its name, its kind, its default and its meaning.

Knows no single setting; `schema.py` is the table of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic

from hctui.config.kinds import Kind, T


class Group(StrEnum):
    """A table of the settings file."""

    CLUSTER = "cluster"
    BALANCER = "balancer"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting.

    Attributes:
        group: the table of the file it stands in.
        key: its name there; no two groups share one.
        kind: how it is read and what is allowed.
        default: its value where no source gives one.
        meaning: what it does, in one plain sentence.
        environment: the environment variable that sets it, or empty.
        flag: the command-line flag that sets it, or empty; a switch has two, as in `--dry-run/--live`.
        secret: whether its value may hold a secret, and so is shown and exported nowhere.
    """

    group: Group
    key: str
    kind: Kind[T]
    default: T
    meaning: str
    environment: str = ""
    flag: str = ""
    secret: bool = False

    @property
    def name(self) -> str:
        """Group and key, as messages name it."""
        return f"{self.group}.{self.key}"

    @property
    def allowed(self) -> str:
        """What is allowed, in words that complete "must be ..."."""
        return self.kind.allowed

    @property
    def unit(self) -> str:
        """The unit, in the plural; empty where there is none."""
        return self.kind.unit

    def flag_for(self, value: object) -> str:
        """The flag that was used to give this value."""
        on, _, off = self.flag.partition("/")
        return off if value is False else on


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is no value of a setting: `reason` completes "The value ...", as in "must be above 0"."""

    reason: str
