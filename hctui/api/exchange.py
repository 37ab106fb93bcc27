"""One HTTP request and its answer. The only module that runs httpx; it knows no sessions, routes or structs.

It sends exactly once, bounds time and size of the answer, and turns every way of failing into a value that says
whether the request can have reached the cluster. Nothing of httpx leaves it: its errors carry the request and
with it the cookie.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from dataclasses import dataclass
from typing import Final

import httpx

from hctui.api.address import Address
from hctui.api.errors import ApiError, ApiSurprise, ClusterUnreachable, ConnectionSettingWrong
from hctui.api.reason import chain_of, reason_of
from hctui.api.reply import Reply
from hctui.api.text import harmless
from hctui.api.tls import PinMismatch, Trust, explain_untrusted, fetch_fingerprint
from hctui.core.secret import Secret

ANSWER_LIMIT_BYTES = 2**20
"""How large an answer may be unless the request says otherwise."""

REFUSAL_LIMIT_BYTES = 2**16
"""So much is read of an answer that is no success. It is only quoted, so the beginning is enough."""

# The whole exchange may take this many times what each step of it (connect, write, each read) may.
_OVERALL_FACTOR: Final = 4
_CONNECTIONS: Final = 8
_COOKIE: Final = "sessionID"
_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # so that a small answer cannot grow into a large one
    "User-Agent": "hctui",
}
_MOST_WORD_CHARACTERS: Final = 40

# Its debug messages print the headers of answers, and with them the session id.
logging.getLogger("httpcore").setLevel(logging.INFO)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no answer. `sent` is false only where the request certainly did not reach the cluster."""

    error: ApiError
    sent: bool


class _UnreadableError(Exception):
    """The answer is not read to its end, for the reason given."""


class Exchange:
    """Sends requests over one pool of connections.

    Attributes:
        timeout_seconds: limit for connecting, for writing, for each read and for a free connection.
    """

    def __init__(
        self,
        trust: Trust,
        *,
        timeout_seconds: float,
        keepalive_seconds: float,
        secrets: tuple[Secret, ...] = (),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Makes the pool; connects when something is sent.

        Args:
            trust: which certificates are accepted.
            timeout_seconds: limit for connecting, for writing, for each read and for a free connection.
            keepalive_seconds: how long an idle connection is kept.
            secrets: what no answer is to be quoted with, besides the session of its request.
            transport: replaces the network.

        Raises:
            ConnectionSettingWrong: the trust cannot be established as it is written.
        """
        self._trust = trust
        self.timeout_seconds = timeout_seconds
        self._secrets = secrets
        # Not through a client of httpx: that would look at cookies and redirects, also where it is not to follow them.
        self._transport = transport or _transport(trust, keepalive_seconds)

    async def close(self) -> None:
        """Closes all connections."""
        await self._transport.aclose()

    async def send(
        self,
        address: Address,
        method: str,
        path: str,
        *,
        label: str,
        session: Secret | None = None,
        body: Secret | None = None,
        most_bytes: int = ANSWER_LIMIT_BYTES,
        answer_seconds: float | None = None,
    ) -> Reply | Lost:
        """Sends one request, once.

        Args:
            address: where to.
            method: HTTP method.
            path: absolute path with its query.
            label: the path as it is named in messages.
            session: goes out as the cookie.
            body: JSON. Wrapped because a login holds the password.
            most_bytes: an answer larger than that is not read to its end. Of one that is no success, only the
                beginning is read.
            answer_seconds: how long the answer is waited for, if not as long as for others.

        Returns:
            The answer, whatever its status; or why there is none. It raises nothing but cancellation.
        """
        request = f"{method} {label}"
        where = f"{address} ({request})"
        answer_seconds = answer_seconds or self.timeout_seconds
        try:
            async with asyncio.timeout(self._overall_seconds(answer_seconds)):
                prepared = self._prepared(address, method, path, session, body)
                prepared.extensions["timeout"] = httpx.Timeout(
                    self.timeout_seconds, read=answer_seconds
                ).as_dict()
                return await self._exchange(prepared, request, session, most_bytes)
        except _NEVER_SENT as error:
            untrusted = _certificate_error(error)
            lost = Lost(ClusterUnreachable(self._failure(where, error, answer_seconds)), sent=False)
        except _UnreadableError as error:
            return Lost(ApiSurprise(f"{request}: {error}."), sent=True)
        # Broad on purpose: httpx lets some errors of ssl and anyio through as they are, and an error that passes
        # from here upwards has the cookie in its frames.
        except Exception as error:
            return Lost(ClusterUnreachable(self._failure(where, error, answer_seconds)), sent=True)
        if untrusted is not None:
            return Lost(await self._explain(address, untrusted), sent=False)
        return lost

    def _prepared(
        self, address: Address, method: str, path: str, session: Secret | None, body: Secret | None
    ) -> httpx.Request:
        headers = dict(_HEADERS)
        if body:
            headers["Content-Type"] = "application/json"
        if session:
            headers["Cookie"] = f"{_COOKIE}={session.reveal()}"
        return httpx.Request(
            method,
            _url(address).copy_with(raw_path=path.encode()),
            content=body.reveal().encode() if body else None,
            headers=headers,
        )

    async def _exchange(
        self, prepared: httpx.Request, request: str, session: Secret | None, most_bytes: int
    ) -> Reply:
        response = await self._transport.handle_async_request(prepared)
        try:
            content = await _content(response, most_bytes)
        finally:
            await response.aclose()
        new_session = _session_cookie(response)
        return Reply(
            request=request,
            status=response.status_code,
            content_type=response.headers.get("content-type", "").lower(),
            body=content,
            session=new_session,
            secrets=tuple(secret for secret in (*self._secrets, session, new_session) if secret),
            location=response.headers.get("location", ""),
        )

    async def _explain(self, address: Address, error: ssl.SSLCertVerificationError) -> ApiError:
        """The certificate is not to be had from a failed handshake, so it is fetched on another connection."""
        seen = None
        if not isinstance(error, PinMismatch):
            try:
                shown = await fetch_fingerprint(address.host, address.port, self.timeout_seconds)
                seen = shown.fingerprint
            except ClusterUnreachable:
                seen = None
        return explain_untrusted(error, self._trust, seen)

    def _overall_seconds(self, answer_seconds: float) -> float:
        """How long a whole exchange may take."""
        return max(_OVERALL_FACTOR * self.timeout_seconds, answer_seconds)

    def _failure(self, where: str, error: Exception, answer_seconds: float) -> str:
        """One sentence on a transport error; of its own text only the operating system's reason is used."""
        seconds = f"{self.timeout_seconds:g} s"
        match error:
            case httpx.ConnectTimeout():
                return f"{where}: no connection within {seconds}."
            case httpx.PoolTimeout():
                return f"{where}: no connection became free within {seconds}."
            case httpx.ConnectError():
                return f"{where}: no connection ({reason_of(error)})."
            case httpx.TimeoutException():
                return f"{where}: no answer within {answer_seconds:g} s."
            case httpx.RemoteProtocolError():
                return f"{where}: the connection ended before the answer was complete, or it is not HTTP."
            case TimeoutError():
                return f"{where}: the answer was not complete within {self._overall_seconds(answer_seconds):g} s."
            case _:
                return f"{where}: the connection broke ({reason_of(error)})."


def check_address(address: Address) -> None:
    """See that requests can be made for an address.

    Raises:
        ConnectionSettingWrong: it has no host that could be.
    """
    with contextlib.suppress(httpx.InvalidURL):
        _url(address)
        return
    raise ConnectionSettingWrong(f"{address} is not an address of a cluster.", hint="Check the host name.")


def _url(address: Address) -> httpx.URL:
    return httpx.URL(scheme="https", host=address.host, port=address.port)


async def _content(response: httpx.Response, most_bytes: int) -> bytes:
    """What is read of an answer: all of it if it is a success.

    Raises:
        _UnreadableError: it is a success and too large, or packed, which could make it any size.
    """
    if not response.is_success:
        most_bytes = REFUSAL_LIMIT_BYTES
    too_large = _UnreadableError(f"the answer is larger than {_size(most_bytes)}")
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        shown = harmless(encoding, _MOST_WORD_CHARACTERS)
        raise _UnreadableError(f"the answer is compressed ({shown}), which nobody asked for")
    announced = response.headers.get("content-length", "")
    if response.is_success and announced.isdecimal() and int(announced[:20]) > most_bytes:
        raise too_large
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > most_bytes:
            if response.is_success:
                raise too_large
            break
    return bytes(content[:most_bytes])


def _size(most_bytes: int) -> str:
    return f"{most_bytes / 2**20:g} MiB" if most_bytes >= 2**20 else f"{most_bytes / 2**10:g} KiB"


def _transport(trust: Trust, keepalive_seconds: float) -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(
        verify=trust.context(),
        http1=True,
        http2=False,
        retries=0,
        trust_env=False,
        limits=httpx.Limits(
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=keepalive_seconds,
        ),
    )


def _session_cookie(response: httpx.Response) -> Secret | None:
    for header in response.headers.get_list("set-cookie"):
        name, _, value = header.partition(";")[0].partition("=")
        if name.strip() == _COOKIE and value.strip():
            return Secret(value.strip().strip('"'))
    return None


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    return next((found for found in chain_of(error) if isinstance(found, ssl.SSLCertVerificationError)), None)
