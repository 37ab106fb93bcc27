"""Why a connection failed, in the words of TLS or the operating system. Knows no HTTP.

Libraries wrap the error that says it in others that do not, and their own texts carry addresses and tuples that
help nobody.
"""

from __future__ import annotations

import os
import socket
import ssl

from hctui.api.text import harmless


def reason_of(error: BaseException) -> str:
    """The innermost reason that is known, such as `Connection refused`; else the kind of error."""
    for found in reversed(chain_of(error)):
        if text := _own_reason(found):
            return harmless(text)
    return type(error).__name__


def chain_of(error: BaseException) -> list[BaseException]:
    """The error and what it came from, outermost first; of several at once the first."""
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        if isinstance(current, BaseExceptionGroup):
            current = current.exceptions[0]
        else:
            current = current.__cause__ or current.__context__
    return found


def _own_reason(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLError):
        # Only OpenSSL's own errors have the attribute, those made in Python do not.
        reason = getattr(error, "reason", None)
        return reason.replace("_", " ").lower() if reason else None
    if isinstance(error, socket.gaierror):  # its numbers are not those of the system
        return error.strerror
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return None
