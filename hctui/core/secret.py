"""A string that does not show itself.

A bare password ends up in tracebacks, logs and reprs sooner or later. This type has to be asked for its
content by name, so that each place where a secret leaves it can be found by searching for `reveal`.
"""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """Wraps a password or session id. `str()`, `repr()` and formatting give a mask; pickling is refused."""

    __slots__ = ("_content",)

    def __init__(self, content: str) -> None:
        self._content = content

    def reveal(self) -> str:
        """The content itself. To be called only where it goes over the wire."""
        return self._content

    def __bool__(self) -> bool:
        return bool(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._content == other._content

    def __hash__(self) -> int:
        return hash((Secret, self._content))

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not to be copied into a file")
