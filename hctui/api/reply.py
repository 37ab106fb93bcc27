"""One answer of the cluster, before it is understood: status, body, and how to quote it in an error.

A body may hold a session id or echo a password, so it is never part of a repr, and what is quoted of it is
stripped of the secrets that went out with the request. Knows no HTTP library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import msgspec

from hctui.api.errors import ApiDown, ApiError, ApiRefused, ApiSurprise, ApiTrouble
from hctui.api.text import harmless
from hctui.core.secret import Secret

API_ROOT = "/rest/v1"
QUOTE_CHARACTERS = 200


class _ErrorBody(msgspec.Struct):
    error: str


_ERROR_BODY = msgspec.json.Decoder(_ErrorBody)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one request.

    Attributes:
        request: what was asked, for messages, such as `GET /Node`.
        status: HTTP status.
        content_type: as sent, lower case, may be empty.
        body: all of it; of an answer that is no success, the beginning.
        session: the session id in a `Set-Cookie` header.
        secrets: what must not be quoted if the body repeats it.
        location: where a redirect points to, as sent.
    """

    request: str
    status: int
    content_type: str
    body: bytes = field(repr=False)
    session: Secret | None = None
    secrets: tuple[Secret, ...] = ()
    location: str = field(default="", repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 2xx."""
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        """Whether it would have us ask somewhere else."""
        return 300 <= self.status < 400

    @property
    def says_nobody_is_there(self) -> bool:
        """Whether a proxy says of this node that its API does not run. Another node's may."""
        return self.status in (502, 503, 504) and not self.says_session_ended

    @property
    def is_html(self) -> bool:
        """Whether it is a page for people: a proxy in front of the API wrote it, not the API."""
        start = self.body[:256].lstrip().lower()
        return "html" in self.content_type or start.startswith((b"<!doctype", b"<html"))

    @property
    def says_session_ended(self) -> bool:
        """Whether the session is over: 401, or 503 with an error that mentions the session.

        Official clients see the one, the API's own schema promises the other.
        """
        if self.status == 401:
            return True
        return self.status == 503 and "session" in (_error_text(self.body) or "").lower()

    def quote(self) -> str:
        """What the cluster said, in one harmless line of at most 200 characters."""
        if self.is_redirect and self.location:
            return f"a redirect to {self._line(self.location)}"
        if self.is_html:
            return "an HTML page"
        text = _error_text(self.body)
        if text is None:
            text = self.body[: 64 * QUOTE_CHARACTERS].decode("utf-8", "replace")
        return self._line(text) or "no text"

    def _line(self, text: str) -> str:
        for secret in self.secrets:
            text = _without(text, secret)
        line = harmless(" ".join(text.split()))
        return line if len(line) <= QUOTE_CHARACTERS else line[: QUOTE_CHARACTERS - 1] + "…"


def refusal(reply: Reply) -> ApiError:
    """The error that a reply other than 2xx to a read stands for."""
    said = f"{reply.request} gave HTTP {reply.status} ({reply.quote()})."
    if reply.status == 401:
        return ApiRefused(
            said, hint="A new session was not accepted either; check the account on the cluster."
        )
    if reply.status == 403:
        return ApiRefused(said, hint="The account needs the role Read, and VM Power Controls to migrate.")
    if reply.says_nobody_is_there:
        return ApiDown(said, hint="It is asked again at the next poll.")
    if reply.status == 429 or reply.status >= 500:
        return ApiTrouble(said, hint="It is asked again at the next poll.")
    if reply.is_redirect:
        return ApiSurprise(said, hint="Redirects are not followed; use the address of a node itself.")
    return ApiSurprise(said, hint="Check that the address is that of a HyperCore cluster.")


def _error_text(body: bytes) -> str | None:
    """The text of an error body of the usual form, `None` for any other."""
    try:
        return _ERROR_BODY.decode(body).error
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _without(text: str, secret: Secret) -> str:
    """The text with a mask wherever the secret stands in it, plainly or escaped as in JSON."""
    plain = secret.reveal()
    for form in {plain, json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]} - {""}:
        text = text.replace(form, str(secret))
    return text
