"""From settings to a client: the address, who we are there, and what vouches for the cluster's certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hctui.api.tls import Trust
from hctui.config import ClusterSettings, Settings, SettingsError
from hctui.core.secret import Secret
from hctui.engine.clock import Clock
from hctui.engine.desk import Desk
from hctui.engine.view import Contact

if TYPE_CHECKING:
    from hctui.api.client import Client

IDLE_MARGIN_SECONDS = 60.0
"""A connection is kept this much longer than the time between two polls, so that each poll finds it open."""


def check_named(settings: Settings) -> None:
    """See that a cluster and a user are named, before anybody is asked for a password.

    Raises:
        SettingsError: there is no address or user name.
    """
    cluster = settings.cluster
    missing = [
        name for name, value in (("base_url", cluster.url), ("username", cluster.username)) if not value
    ]
    if missing:
        raise SettingsError(
            [f"cluster.{name} is not set, so there is no cluster to connect to." for name in missing],
            hint="Run `hctui config init` and edit the file it names, or set SC_HOST and SC_USERNAME.",
        )


def client_of(settings: Settings, password: Secret) -> Client:
    """A client for the configured cluster.

    Raises:
        SettingsError: there is no address or user name.
        ConnectionSettingWrong: the address, the CA file or a pin cannot be used.
    """
    from hctui.api.client import Client  # loads httpx, which a console that opens can do without for a moment

    check_named(settings)
    cluster = settings.cluster
    return Client(
        str(cluster.url),
        cluster.username,
        password,
        trust_of(cluster),
        keepalive_seconds=settings.policy().interval_seconds + IDLE_MARGIN_SECONDS,
        timeout_seconds=cluster.request_timeout_seconds,
        oidc=cluster.oidc,
    )


def desk_of(settings: Settings, clock: Clock, password_source: str) -> Desk:
    """The desk of an engine for the configured cluster, before that has answered.

    `password_source` is where the password comes from, in words that end a sentence.

    Raises:
        SettingsError: there is no address or user name.
    """
    check_named(settings)
    trust = f"TLS {trust_of(settings.cluster).kind}"
    return Desk(settings, Contact(str(settings.cluster.url), trust, password_source=password_source), clock)


def trust_of(cluster: ClusterSettings) -> Trust:
    """What vouches for the cluster's certificate."""
    return Trust(cluster.pins, cluster.verify_ssl, cluster.ca_file)
