"""Which address of a cluster is used: the configured one, or that of another node while nobody answers there.

Pure: a value and its transitions. Sends nothing and reads no clock; `now` is Unix seconds of whoever asks. The
addresses form a ring, the configured one first: where one does not answer the next is used, and all have had their turn
before any has another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hctui.api.address import MOST_NODES, Address, node_addresses

RETURN_SECONDS = 300.0
"""So long after the configured address was left, or tried in vain, it is tried again."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An address that is not used although somebody answers there, and why: what is wrong, in a sentence."""

    address: Address
    reason: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What people are told of the way to the cluster.

    Attributes:
        configured: host and port of the settings.
        via: those of the node that is used instead; empty while the configured address is.
        since: when the configured address was left; `None` while it is used.
        why: what was wrong there, a sentence.
        passed_over: addresses that are there but not used, and why, a sentence each.
    """

    configured: str = ""
    via: str = ""
    since: float | None = None
    why: str = ""
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The addresses, and which is in use.

    Attributes:
        configured: that of the settings.
        others: those of the nodes, as far as known.
        in_use: where requests go.
        why: what is wrong at the configured address, a sentence; empty while it answers.
        since: since when that is so.
        return_at: when it is tried again.
        passed_over: nodes that are there but must not be asked.
    """

    configured: Address
    others: tuple[Address, ...]
    in_use: Address
    why: str = ""
    since: float = 0.0
    return_at: float = 0.0
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def is_detour(self) -> bool:
        """Whether another address than the configured one is in use."""
        return self.in_use != self.configured

    @property
    def ring(self) -> tuple[Address, ...]:
        """All addresses in the order in which they have their turns."""
        return (self.configured, *self.others)

    @property
    def reach(self) -> Reach:
        """The same for people."""
        told = tuple(f"{one.address} is not used: {one.reason}" for one in self.passed_over)
        if not self.is_detour:
            return Reach(str(self.configured), passed_over=told)
        return Reach(str(self.configured), str(self.in_use), self.since, self.why, told)


def route_to(configured: Address) -> Route:
    """The way to a cluster of which nothing else is known yet."""
    return Route(configured, (), configured)


def knowing(route: Route, lan_ips: Iterable[str]) -> Route:
    """With the nodes that the cluster lists now. Of an empty list nothing is learnt."""
    found = node_addresses(lan_ips, route.configured.port)
    others = tuple(address for address in found if address != route.configured)
    if not others or others == route.others:
        return route
    return replace(route, others=others)


def moved_on(route: Route, why: str, now: float) -> Route:
    """Nobody answers at the address in use: the next one has its turn. The same route where there is no other.

    Args:
        route: as it is.
        why: what is wrong there, a sentence.
        now: Unix seconds.
    """
    following = _next(route)
    if following == route.in_use:
        return route
    if route.is_detour:
        return replace(route, in_use=following)
    since = route.since if route.why else now
    return replace(route, in_use=following, why=why, since=since, return_at=now + RETURN_SECONDS)


def passed_over(route: Route, address: Address, reason: str) -> Route:
    """Noted that this address is not to be used, for this reason; until the configured one answers."""
    others = tuple(one for one in route.passed_over if one.address != address)
    return replace(route, passed_over=(*others[1 - MOST_NODES :], PassedOver(address, reason)))


def answered(route: Route) -> Route:
    """The address in use has answered. If that is the configured one, all is forgotten that was wrong."""
    if not route.is_detour:
        return replace(route, why="", passed_over=())
    return replace(route, passed_over=tuple(one for one in route.passed_over if one.address != route.in_use))


def is_return_due(route: Route, now: float) -> bool:
    """Whether the configured address is to be tried again; a clock that was set back does not put that off."""
    return route.is_detour and not route.return_at - RETURN_SECONDS <= now < route.return_at


def kept_away(route: Route, now: float) -> Route:
    """The configured address was tried in vain."""
    return replace(route, return_at=now + RETURN_SECONDS)


def returned(route: Route) -> Route:
    """Somebody answers at the configured address again: it has its turn."""
    return replace(route, in_use=route.configured)


def _next(route: Route) -> Address:
    """The one after the one in use, which the list may not have any more."""
    ring = route.ring
    place = ring.index(route.in_use) if route.in_use in ring else -1
    return ring[(place + 1) % len(ring)]
