"""Sizes and durations as people write them in scenario files: `"8GiB"`, `"12m"`, `"1h30m"`.

Knows text and numbers, no domain.
"""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(MiB|GiB|TiB)")
_SIZE_UNITS = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*[smhd]\s*)+")
_DURATION_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Bytes(int):
    """A size in bytes, written with a unit."""

    @classmethod
    def parse(cls, text: object) -> Bytes:
        """Read `"8GiB"`.

        Raises:
            ValueError: the text is not a number followed by MiB, GiB or TiB.
        """
        found = _SIZE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"{text!r} is not a size; write a number with MiB, GiB or TiB, such as '8GiB'")
        return cls(float(found[1]) * _SIZE_UNITS[found[2]])


class Seconds(float):
    """A duration in seconds, written with units, or as a bare number of seconds."""

    @classmethod
    def parse(cls, value: object) -> Seconds:
        """Read `"12m"`, `"1h30m"` or `45`.

        Raises:
            ValueError: the value is neither a number from 0 up nor numbers followed by s, m, h or d.
        """
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return cls(value)
        if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
            return cls(sum(float(n) * _DURATION_UNITS[unit] for n, unit in _DURATION_PART.findall(value)))
        raise ValueError(
            f"{value!r} is not a duration; write numbers with s, m, h or d, such as '12m' or '1h30m'"
        )
