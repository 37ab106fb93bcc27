"""Which rows a table has, and which of them has the cursor. Pure; knows nothing of cells or screens."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rows:
    """Keys of rows in their order, and the key that has the cursor.

    `wanted` is remembered while there are no rows at all, so that a filter that matches nothing for a moment does
    not lose the place.
    """

    order: tuple[str, ...] = ()
    wanted: str | None = None
    _positions: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    @property
    def cursor(self) -> str | None:
        """The key of the row under the cursor; `None` when there are no rows."""
        return self.wanted if self.at is not None else None

    @property
    def at(self) -> int | None:
        """The position of the cursor; `None` when there are no rows."""
        return None if self.wanted is None else self.position(self.wanted)

    @property
    def is_at_end(self) -> bool:
        """Whether the cursor is on the last row, or there is none."""
        return not self.order or self.wanted == self.order[-1]

    def position(self, key: str) -> int | None:
        """The position of a row; `None` if there is no such row."""
        return self._positions.get(key)

    def key(self, position: int) -> str | None:
        """The key at a position; `None` if there is no such row."""
        return self.order[position] if 0 <= position < len(self.order) else None

    def step(self, rows: int) -> str | None:
        """The key so many rows below the cursor, or above, as far as there are rows."""
        return self.key(min(max((self.at or 0) + rows, 0), len(self.order) - 1))

    def moved_to(self, key: str) -> Rows:
        """The same rows with the cursor on another one."""
        return Rows(self.order, key, self._positions)

    def replaced(self, order: Sequence[str], *, to_end: bool = False) -> Rows:
        """Other rows, the cursor on the last one if it is to be, else where it was as near as can be.

        That is on the same row if it is still there, else on the nearest that followed it, else on the last.
        """
        after = Rows(tuple(order), self.wanted, {key: position for position, key in enumerate(order)})
        if not after.order:
            return after
        return after.moved_to(after.order[-1] if to_end else self._heir(after))

    def _heir(self, after: Rows) -> str:
        if self.wanted is None or (self.at is None and after.at is None):
            return after.order[0]
        if after.at is not None:
            return self.wanted
        following = itertools.islice(self.order, self.at, None)
        return next((key for key in following if after.position(key) is not None), after.order[-1])
