"""How the readers of single values say no, and how a value is shown when they do.

Knows neither the setting nor where the value came from; whoever does, completes the sentence.
"""

from __future__ import annotations

_LONGEST_SHOWN = 60


class WrongValue(ValueError):
    """A value is not allowed. The message goes on from "the value ...", as in "must be above 0".

    `echo` is what to show instead of the value where the value itself may hold a secret.
    """

    def __init__(self, reason: str, *, echo: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.echo = echo


def shown(raw: object) -> str:
    """The value as an error repeats it: short, on one line, and without looking into lists and tables."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, str | int | float):
        text = repr(raw)
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    if isinstance(raw, list | tuple):
        return "a list"
    return "a table" if isinstance(raw, dict) else "a date or time"
