"""What can go wrong between hctui and a cluster, told apart by who has to act.

Texts that came from a cluster are trimmed, harmless and without secrets before they are put in here
(`hctui.api.reply` does it). This module knows no HTTP library.
"""

from __future__ import annotations

from hctui.core.errors import HctuiError


class ApiError(HctuiError):
    """Anything that kept the cluster from answering as it should."""

    title = "The cluster did not answer as expected"


class ConnectionSettingWrong(ApiError):
    """The operator acts: the address, a CA file or a pin cannot be used as it is written."""

    title = "A connection setting cannot be used"


class ClusterUnreachable(ApiError):
    """Nobody acts yet: no connection, or it broke, or the answer did not come in time. The next poll tries again."""

    title = "The cluster cannot be reached"


class UntrustedCertificate(ApiError):
    """The operator acts: the certificate shown is not one that the settings trust. Nothing was sent.

    Attributes:
        fingerprint: SHA-256 of the certificate that was seen, 64 hex digits; `None` when it could not be had.
    """

    title = "The cluster's certificate is not trusted"

    def __init__(self, detail: str, *, hint: str = "", fingerprint: str | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.fingerprint = fingerprint


class LoginRefused(ApiError):
    """The operator acts: user name, password, or the number of sessions this account may have."""

    title = "The cluster refused the login"


class ApiRefused(ApiError):
    """The operator acts: the account lacks a permission, or its session is not accepted even when new."""

    title = "The cluster refused the request"


class ApiTrouble(ApiError):
    """Nobody acts yet: the cluster reports a fault of its own. The next poll tries again."""

    title = "The cluster reports a fault"


class LoginPending(ApiTrouble):
    """Nobody acts yet: a login has been asked for and not been answered. The next poll waits for that same login."""

    title = "The cluster is slow to answer the login"


class ApiDown(ApiTrouble):
    """Nobody acts yet: a proxy answers that the API of this node does not run. That of another node may."""


class ApiSurprise(ApiError):
    """We act: an answer makes no sense to this version of hctui."""

    title = "The cluster gave an answer that hctui does not understand"

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail, hint=hint or "If this stays, report it with the HyperCore version.")


class ForeignNode(ApiError):
    """Nobody acts: at the last known address of a node another cluster answers by now. It is asked no further."""

    title = "Another cluster answers"
