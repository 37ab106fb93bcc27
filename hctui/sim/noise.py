"""Repeatable randomness: numbers and ids that follow from a key alone.

Nothing is drawn from a generator, because then a value would depend on how many were drawn before, that is, on
how often somebody asked. Knows no domain.
"""

from __future__ import annotations

import hashlib
import uuid
from functools import lru_cache


def unit(*key: object) -> float:
    """A number in [0, 1) that is always the same for the same key."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def between(low: float, high: float, *key: object) -> float:
    """A number in [low, high) that is always the same for the same key."""
    return low + (high - low) * unit(*key)


@lru_cache(maxsize=16_384, typed=True)  # the same few ids per VM are asked for again and again
def identifier(*key: object) -> str:
    """A lower-case version 4 uuid that is always the same for the same key, whose parts are hashable."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))
