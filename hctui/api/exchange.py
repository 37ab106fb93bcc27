"""One HTTP request and its answer. The only module that runs httpx; it knows no sessions, paths or structs.

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
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from hctui.api.errors import ApiError, ApiSurprise, ClusterUnreachable, ConnectionSettingWrong
from hctui.api.reason import chain_of, reason_of
from hctui.api.reply import Reply
from hctui.api.text import harmless
from hctui.api.tls import PinMismatch, Trust, explain_untrusted, fetch_fingerprint
from hctui.core.secret import Secret

ANSWER_LIMIT_BYTES = 64 * 2**20

# The whole exchange may take this many times what each step of it (connect, write, each read) may.
_OVERALL_FACTOR: Final = 4
_CONNECTIONS: Final = 8
_COOKIE: Final = "sessionID"

# Its debug messages print the headers of answers, and with them the session id.
logging.getLogger("httpcore").setLevel(logging.INFO)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no answer. `sent` is false only where the request certainly did not reach the cluster."""

    error: ApiError
    sent: bool


@dataclass(frozen=True, slots=True)
class Address:
    """Where the cluster is."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return harmless(f"{host}:{self.port}")


class _TooLargeError(Exception):
    """The answer exceeds the limit."""


class Exchange:
    """Sends requests to one address over one pool of connections."""

    def __init__(
        self,
        address: Address,
        trust: Trust,
        *,
        timeout_seconds: float,
        keepalive_seconds: float,
        secrets: tuple[Secret, ...] = (),
        answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Makes the pool; connects when something is sent.

        Args:
            address: where to.
            trust: which certificates are accepted.
            timeout_seconds: limit for connecting, for writing, for each read and for a free connection.
            keepalive_seconds: how long an idle connection is kept.
            secrets: what no answer is to be quoted with, besides the session of its request.
            answer_limit_bytes: an answer larger than that is not read to its end.
            transport: replaces the network.

        Raises:
            ConnectionSettingWrong: the address is none, or the trust cannot be established as it is written.
        """
        self._address = address
        self._trust = trust
        self._timeout_seconds = timeout_seconds
        self._secrets = secrets
        self._answer_limit_bytes = answer_limit_bytes
        self._http = httpx.AsyncClient(
            base_url=_url(address),
            transport=transport or _transport(trust, keepalive_seconds),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",  # so that the limit on the answer's size is exact
                "User-Agent": "hctui",
            },
            # The session cookie is set by hand, per request; no other is kept.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        label: str,
        session: Secret | None = None,
        body: Secret | None = None,
    ) -> Reply | Lost:
        """Sends one request, once.

        Args:
            method: HTTP method.
            path: absolute path with its query.
            label: the path as it is named in messages.
            session: goes out as the cookie.
            body: JSON. Wrapped because a login holds the password.

        Returns:
            The answer, whatever its status; or why there is none. It raises nothing but cancellation.
        """
        request = f"{method} {label}"
        try:
            async with asyncio.timeout(_OVERALL_FACTOR * self._timeout_seconds):
                return await self._exchange(method, path, request, session, body)
        except _NEVER_SENT as error:
            untrusted = _certificate_error(error)
            lost = Lost(ClusterUnreachable(self._failure(request, error)), sent=False)
        except _TooLargeError:
            size = f"{self._answer_limit_bytes / 2**20:g} MiB"
            return Lost(ApiSurprise(f"{request}: the answer is larger than {size}."), sent=True)
        # Broad on purpose: httpx lets some errors of ssl and anyio through as they are, and an error that passes
        # from here upwards has the cookie in its frames.
        except Exception as error:
            return Lost(ClusterUnreachable(self._failure(request, error)), sent=True)
        if untrusted is not None:
            return Lost(await self._explain(untrusted), sent=False)
        return lost

    async def _exchange(
        self,
        method: str,
        path: str,
        request: str,
        session: Secret | None,
        body: Secret | None,
    ) -> Reply:
        prepared = self._http.build_request(
            method, path, content=body.reveal().encode() if body else None, headers=_headers(session, body)
        )
        response = await self._http.send(prepared, stream=True)
        try:
            content = await self._read(response)
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
        )

    async def _read(self, response: httpx.Response) -> bytes:
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self._answer_limit_bytes:
            raise _TooLargeError
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > self._answer_limit_bytes:
                raise _TooLargeError
        return bytes(content)

    async def _explain(self, error: ssl.SSLCertVerificationError) -> ApiError:
        """The certificate is not to be had from a failed handshake, so it is fetched on another connection."""
        seen = None
        if not isinstance(error, PinMismatch):
            try:
                address = self._address
                seen = (
                    await fetch_fingerprint(address.host, address.port, self._timeout_seconds)
                ).fingerprint
            except ClusterUnreachable:
                seen = None
        return explain_untrusted(error, self._trust, seen)

    def _failure(self, request: str, error: Exception) -> str:
        """One sentence on a transport error; of its own text only the operating system's reason is used."""
        seconds = f"{self._timeout_seconds:g} s"
        where = f"{self._address} ({request})"
        match error:
            case httpx.ConnectTimeout():
                return f"{where}: no connection within {seconds}."
            case httpx.PoolTimeout():
                return f"{where}: no connection became free within {seconds}."
            case httpx.ConnectError():
                return f"{where}: no connection ({reason_of(error)})."
            case httpx.TimeoutException():
                return f"{where}: no answer within {seconds}."
            case httpx.RemoteProtocolError():
                return f"{where}: the connection ended before the answer was complete, or it is not HTTP."
            case TimeoutError():
                return f"{where}: the answer was not complete within {_OVERALL_FACTOR * self._timeout_seconds:g} s."
            case _:
                return f"{where}: the connection broke ({reason_of(error)})."


def _url(address: Address) -> httpx.URL:
    with contextlib.suppress(httpx.InvalidURL):
        return httpx.URL(scheme="https", host=address.host, port=address.port)
    raise ConnectionSettingWrong(f"{address} is not an address of a cluster.", hint="Check the host name.")


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


def _headers(session: Secret | None, body: Secret | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json"} if body else {}
    if session:
        headers["Cookie"] = f"{_COOKIE}={session.reveal()}"
    return headers


def _session_cookie(response: httpx.Response) -> Secret | None:
    for header in response.headers.get_list("set-cookie"):
        name, _, value = header.partition(";")[0].partition("=")
        if name.strip() == _COOKIE and value.strip():
            return Secret(value.strip().strip('"'))
    return None


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    return next((found for found in chain_of(error) if isinstance(found, ssl.SSLCertVerificationError)), None)
