"""A string that does not show itself.

A bare password ends up in tracebacks, logs and reprs sooner or later. This type has to be asked for its
content by name, so that each place where a secret leaves it can be found by searching for `reveal`.

What an unforeseen error says was written by others, who may have put a secret into it: `without_secrets` masks every
secret of this process in such a text, in all the forms in which they usually appear.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NoReturn
from weakref import WeakValueDictionary

MASK = "***"

LEAST_CHARACTERS = 4
"""A shorter secret is not looked for: the mask in place of each of its letters would tell more than it hides."""


class Secret:
    """Wraps a password or session id. `str()`, `repr()` and formatting give a mask; pickling is refused."""

    __slots__ = ("__weakref__", "_content")

    def __init__(self, content: str) -> None:
        self._content = content
        _alive[id(self)] = self
        _latest.append(content)

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
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not to be copied into a file")


_alive: WeakValueDictionary[int, Secret] = WeakValueDictionary()
_latest: deque[str] = deque(maxlen=64)  # an error may outlive the session that it speaks of


def without_secrets(text: str) -> str:
    """The text with a mask wherever a secret of this process stands in it, plainly or in another usual form."""
    contents = {*_latest, *(secret.reveal() for secret in list(_alive.values()))}
    forms = {form for content in contents if len(content) >= LEAST_CHARACTERS for form in _forms(content)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(content: str) -> Iterator[str]:
    """Plainly, and as Python, JSON, URLs and base64 write it. Loads what it needs only once something has fallen."""
    import base64
    from urllib.parse import quote, quote_plus

    raw = content.encode("utf-8", "surrogatepass")
    yield from (content, quote(raw), quote(raw, safe=""), quote_plus(raw))
    for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield encoded.decode().rstrip("=")
    once = set(_escaped(content))
    yield from once
    for form in once:  # an error may quote what another one said
        yield from _escaped(form)


def _escaped(text: str) -> Iterator[str]:
    import json

    yield from (repr(text)[1:-1], repr(text.encode("utf-8", "surrogatepass"))[2:-1])
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
