"""Where the value of a setting came from, and which source prevails over which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class SourceKind(IntEnum):
    """The kinds of sources; the higher one prevails. `CONSOLE` is whatever was changed while hctui ran."""

    DEFAULT = 0
    FILE = 1
    ENVIRONMENT = 2
    FLAG = 3
    CONSOLE = 4


@dataclass(frozen=True, slots=True)
class Source:
    """One source.

    `where` is the path of the file, the name of the variable or the flag; of what was changed while hctui ran, who did
    that, such as `hctui dry-run`. Empty if there is no more to say.
    """

    kind: SourceKind
    where: str = ""

    def __str__(self) -> str:
        if self.kind is SourceKind.CONSOLE and self.where:
            return self.where
        return f"{self.kind.name.lower()} {self.where}".rstrip()


DEFAULT = Source(SourceKind.DEFAULT)
CONSOLE = Source(SourceKind.CONSOLE)
EARLIER = Source(SourceKind.CONSOLE, "the last run")
