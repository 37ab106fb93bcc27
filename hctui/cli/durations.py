"""Lengths of time as people type them: `90s`, `30m`, `2h`, `7d`."""

from __future__ import annotations

import re

import click

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(click.ParamType[float]):
    """A positive number and a unit; arrives as seconds."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds, or a usage error that says what is allowed."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", str(value).strip())
        seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
        if seconds <= 0:
            self.fail(
                f"{value!r} is no length of time: write a number and s, m, h or d, as in 30m.", param, ctx
            )
        return seconds


DURATION = Duration()
